#include "io/frame_pool.h"

#include <array>
#include <new>
#include <utility>

namespace weir::io {
namespace {

struct FreeFrame {
    FreeFrame* next;
};

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kIsPooling = false;
#elif defined(__has_feature)
constexpr bool kIsPooling = !__has_feature(address_sanitizer);
#else
constexpr bool kIsPooling = true;
#endif

class Pool {
public:
    Pool() = default;
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() {
        for (auto*& head : free)
            while (head != nullptr) ::operator delete(std::exchange(head, head->next));
    }

    std::array<FreeFrame*, FramePool::kPooledMax / FramePool::kStep> free{};
    std::size_t pooled_octets = 0;
    std::size_t in_use = 0;
};

thread_local Pool tls_pool;

constexpr std::size_t class_of(std::size_t octets) { return (octets - 1) / FramePool::kStep; }
constexpr std::size_t rounded(std::size_t octets) { return (class_of(octets) + 1) * FramePool::kStep; }

}  // namespace

void* FramePool::take(std::size_t octets) {
    auto& pool = tls_pool;
    ++pool.in_use;
    if (!kIsPooling || octets > kPooledMax) return ::operator new(octets);
    auto*& head = pool.free[class_of(octets)];
    if (head == nullptr) return ::operator new(rounded(octets));
    pool.pooled_octets -= rounded(octets);
    return std::exchange(head, head->next);
}

void FramePool::give(void* memory, std::size_t octets) noexcept {
    auto& pool = tls_pool;
    --pool.in_use;
    if (!kIsPooling || octets > kPooledMax || pool.pooled_octets + rounded(octets) > kPooledOctetsMax) {
        ::operator delete(memory);
        return;
    }
    pool.pooled_octets += rounded(octets);
    auto*& head = pool.free[class_of(octets)];
    head = new (memory) FreeFrame{head};
}

std::size_t FramePool::in_use() { return tls_pool.in_use; }

}  // namespace weir::io
