#include "observe/log_bell.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace weir::observe {
namespace {

// std::atomic::wait has no time limit; a futex has.
long futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value, const timespec* limit) {
    static_assert(sizeof(word) == sizeof(std::uint32_t));
    return ::syscall(SYS_futex, &word, operation, value, limit, nullptr, 0);
}

}  // namespace

void LogBell::ring() {
    if (rung_.exchange(1, std::memory_order_release) == 0) futex(rung_, FUTEX_WAKE_PRIVATE, 1, nullptr);
}

void LogBell::wait(Duration at_most) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at_most);
    const timespec limit{.tv_sec = seconds.count(), .tv_nsec = (at_most - seconds).count()};
    // A signal or a wake without cause only makes one more pass: no loop.
    if (rung_.load(std::memory_order_acquire) == 0) futex(rung_, FUTEX_WAIT_PRIVATE, 0, &limit);
    rung_.exchange(0, std::memory_order_acquire);
}

}  // namespace weir::observe
