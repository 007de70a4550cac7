// UseCounts: how often a key was asked for of late, for `min_uses`: what is wanted once takes no room from what is wanted again. A fixed
// table of atomics that a keyed hash leads to; a count that shares its cell with another key's is begun anew, which costs a fetch or two.
// Any thread.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace weir::cache {

class UseCounts {
public:
    static constexpr std::size_t kCells = std::size_t{1} << 14U;
    static constexpr unsigned kCountMax = 0xff;
    static constexpr std::uint64_t kMinutesKept = 10;  // since the last use

    // With this one. Two at the same moment may count as one.
    unsigned note(std::uint64_t hash, TimePoint now) {
        const auto count = std::min(count_of(hash, now) + 1, kCountMax);
        cells_[hash % kCells].store((hash & kMark) | ((minute_of(now) << kMinuteShift) & ~kMark) | count, std::memory_order_relaxed);
        return count;
    }
    unsigned count_of(std::uint64_t hash, TimePoint now) const {
        const auto cell = cells_[hash % kCells].load(std::memory_order_relaxed);
        const auto since = (minute_of(now) - (cell >> kMinuteShift)) & kMinutes;  // the mark above falls away
        const bool is_known = cell != 0 && (cell & kMark) == (hash & kMark) && since <= kMinutesKept;
        return is_known ? static_cast<unsigned>(cell & kCountMax) : 0;
    }

private:
    static std::uint64_t minute_of(TimePoint at) {
        return static_cast<std::uint64_t>(std::chrono::floor<std::chrono::minutes>(at.time_since_epoch()).count()) & kMinutes;
    }
    // Mark of the key, minute of the last use, count.
    static constexpr std::uint64_t kMark = 0xffffffff00000000U;
    static constexpr unsigned kMinuteShift = 8;
    static constexpr std::uint64_t kMinutes = 0xffffffU;

    std::array<std::atomic<std::uint64_t>, kCells> cells_{};
};

}  // namespace weir::cache
