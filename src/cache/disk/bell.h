// Bell: what a thread of the disk store sleeps on while there is nothing to do. Any thread rings; one waits.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::cache {

class Bell {
public:
    void ring() {
        if (rung_.exchange(1, std::memory_order_acq_rel) == 0) rung_.notify_one();
    }
    // Until rung. Rings that came before count.
    void wait() {
        rung_.wait(0, std::memory_order_acquire);
        rung_.store(0, std::memory_order_release);
        std::atomic_thread_fence(std::memory_order_seq_cst);
    }

private:
    std::atomic<std::uint32_t> rung_{0};
};

}  // namespace weir::cache
