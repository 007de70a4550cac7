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
        auto& cell = cells_[hash % kCells];
        const auto old = cell.load(std::memory_order_relaxed);
        const auto minute = static_cast<std::uint64_t>(std::chrono::floor<std::chrono::minutes>(now.time_since_epoch()).count()) & kMinutes;
        const auto since = (minute - (old >> kMinuteShift)) & kMinutes;  // the mark above falls away
        const bool is_known = old != 0 && (old & kMark) == (hash & kMark) && since <= kMinutesKept;
        const auto count = is_known ? std::min<std::uint64_t>((old & kCountMax) + 1, kCountMax) : 1;
        cell.store((hash & kMark) | ((minute << kMinuteShift) & ~kMark) | count, std::memory_order_relaxed);
        return static_cast<unsigned>(count);
    }

private:
    // Mark of the key, minute of the last use, count.
    static constexpr std::uint64_t kMark = 0xffffffff00000000U;
    static constexpr unsigned kMinuteShift = 8;
    static constexpr std::uint64_t kMinutes = 0xffffffU;

    std::array<std::atomic<std::uint64_t>, kCells> cells_{};
};

}  // namespace weir::cache
