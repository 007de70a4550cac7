#include "io/frame_pool.h"

#include <new>

#include "base/sanitizers.h"

namespace weir::io {
// Empties the thread's lists when the thread ends; what is given back after that goes straight to the allocator.
class FrameReaper {
public:
    FrameReaper() { FramePool::tls_lists_.pooled_octets_max = kHasAddressSanitizer ? 0 : FramePool::kPooledOctetsMax; }
    FrameReaper(const FrameReaper&) = delete;
    FrameReaper& operator=(const FrameReaper&) = delete;
    ~FrameReaper() {
        auto& lists = FramePool::tls_lists_;
        lists.pooled_octets = lists.pooled_octets_max = 0;
        for (auto*& head : lists.free)
            while (head != nullptr) ::operator delete(std::exchange(head, head->next));
    }
    void touch() {}
};

void* FramePool::take_slowly(std::size_t octets) {
    thread_local FrameReaper reaper;
    reaper.touch();
    return ::operator new(octets > kPooledMax ? octets : rounded(octets));
}

void FramePool::give_back(void* memory) noexcept { ::operator delete(memory); }

}  // namespace weir::io
