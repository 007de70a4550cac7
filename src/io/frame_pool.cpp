#include "io/frame_pool.h"

#include <array>
#include <new>
#include <utility>

namespace weir::io {
namespace {

struct FreeFrame {
    FreeFrame* next;
};

struct SizeClass {
    FreeFrame* head = nullptr;
    std::size_t count = 0;
};

class Pool {
public:
    Pool() = default;
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() {
        for (auto& size_class : classes)
            while (size_class.head != nullptr) ::operator delete(std::exchange(size_class.head, size_class.head->next));
    }

    std::array<SizeClass, FramePool::kPooledMax / FramePool::kStep> classes{};
    std::size_t in_use = 0;
};

thread_local Pool tls_pool;

constexpr std::size_t class_of(std::size_t octets) { return (octets - 1) / FramePool::kStep; }

}  // namespace

void* FramePool::take(std::size_t octets) {
    auto& pool = tls_pool;
    ++pool.in_use;
    if (octets > kPooledMax) return ::operator new(octets);
    auto& size_class = pool.classes[class_of(octets)];
    if (size_class.head == nullptr) return ::operator new((class_of(octets) + 1) * kStep);
    --size_class.count;
    return std::exchange(size_class.head, size_class.head->next);
}

void FramePool::give(void* memory, std::size_t octets) noexcept {
    auto& pool = tls_pool;
    --pool.in_use;
    auto* size_class = octets > kPooledMax ? nullptr : &pool.classes[class_of(octets)];
    if (size_class == nullptr || size_class->count >= kFreeFramesMax) {
        ::operator delete(memory);
        return;
    }
    ++size_class->count;
    size_class->head = new (memory) FreeFrame{size_class->head};
}

std::size_t FramePool::in_use() { return tls_pool.in_use; }

}  // namespace weir::io
