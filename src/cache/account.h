// Account: how many octets of memory a zone's things take, those included that have left its index and are still being sent. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/ref.h"

namespace weir::cache {

// What an allocation of so many octets really takes: the allocator's own head and its rounding (glibc: 8 octets, to 16).
constexpr std::size_t footprint(std::size_t octets) {
    constexpr std::size_t kHead = 8, kRound = 16, kLeast = 32;
    const auto rounded = (octets + kHead + kRound - 1) & ~(kRound - 1);
    return rounded < kLeast ? kLeast : rounded;
}

class Account : public Counted {
public:
    void take(std::size_t octets) { used_.fetch_add(static_cast<std::int64_t>(octets), std::memory_order_relaxed); }
    void give(std::size_t octets) { used_.fetch_sub(static_cast<std::int64_t>(octets), std::memory_order_relaxed); }
    std::uint64_t used() const {
        const auto used = used_.load(std::memory_order_relaxed);
        return used < 0 ? 0 : static_cast<std::uint64_t>(used);
    }

private:
    std::atomic<std::int64_t> used_{0};
};

}  // namespace weir::cache
