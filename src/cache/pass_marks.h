// PassMarks: short notes that the answers to a key can't be stored, so that its requests go to the origin side by side and nobody waits for
// another's fetch in vain (hit-for-miss). A fixed table of atomics that a keyed hash leads to; a note that shares its cell with a newer one
// is forgotten, which costs one fetch that others wait for. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "base/prefetch.h"

namespace weir::cache {

class PassMarks {
public:
    static constexpr std::size_t kCells = std::size_t{1} << 14U;

    void set(std::uint64_t hash, TimePoint until) { cell_of(hash).store(mark_of(hash) | seconds_of(until), std::memory_order_relaxed); }
    void clear(std::uint64_t hash) {
        auto& cell = cell_of(hash);
        if (is_of(cell.load(std::memory_order_relaxed), hash)) cell.store(0, std::memory_order_relaxed);
    }
    // It is set, cleared or looked at in a moment.
    void expect(std::uint64_t hash) const { prefetch(&cells_[hash % kCells], sizeof cells_[0]); }
    void clear_all() {
        for (auto& cell : cells_) cell.store(0, std::memory_order_relaxed);
    }
    bool is_set(std::uint64_t hash, TimePoint now) const { return left(hash, now) != std::chrono::seconds::zero(); }
    // How much longer it is set.
    std::chrono::seconds left(std::uint64_t hash, TimePoint now) const {
        const auto cell = cells_[hash % kCells].load(std::memory_order_relaxed);
        const auto second = seconds_of(now), until = cell & kSeconds;
        return std::chrono::seconds(cell != 0 && is_of(cell, hash) && until > second ? until - second : 0);
    }

private:
    static constexpr std::uint64_t kSeconds = 0xffffffffU;
    static std::uint64_t mark_of(std::uint64_t hash) { return hash & ~kSeconds; }
    static bool is_of(std::uint64_t cell, std::uint64_t hash) { return (cell & ~kSeconds) == mark_of(hash); }
    static std::uint64_t seconds_of(TimePoint at) {
        return static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(at.time_since_epoch()).count()) & kSeconds;
    }
    std::atomic<std::uint64_t>& cell_of(std::uint64_t hash) { return cells_[hash % kCells]; }

    std::array<std::atomic<std::uint64_t>, kCells> cells_{};
};

}  // namespace weir::cache
