// SpinLock: for a few instructions on memory that workers share, such as one shard of the cache's index. Whoever holds it never waits,
// never allocates and never calls out; a thread that finds it taken spins, and lets others run when that takes long (its holder may have
// been put aside by the scheduler). Not for anything that may block.
#pragma once

#include <atomic>
#include <thread>

namespace weir {

class SpinLock {
public:
    SpinLock() = default;
    SpinLock(const SpinLock&) = delete;
    SpinLock& operator=(const SpinLock&) = delete;

    void lock() {
        if (!is_held_.exchange(true, std::memory_order_acquire)) [[likely]]
            return;
        lock_slow();
    }
    void unlock() { is_held_.store(false, std::memory_order_release); }

private:
    static constexpr unsigned kSpins = 100;

    [[gnu::noinline]] void lock_slow() {
        for (unsigned spins = 0;; ++spins) {
            if (!is_held_.load(std::memory_order_relaxed) && !is_held_.exchange(true, std::memory_order_acquire)) return;
            if (spins < kSpins) relax();
            else std::this_thread::yield();
        }
    }
    static void relax() {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }

    std::atomic<bool> is_held_{false};
};

// Holds it for a block.
class Spinning {
public:
    explicit Spinning(SpinLock& lock) : lock_(lock) { lock_.lock(); }
    Spinning(const Spinning&) = delete;
    Spinning& operator=(const Spinning&) = delete;
    ~Spinning() { lock_.unlock(); }

private:
    SpinLock& lock_;
};

}  // namespace weir
