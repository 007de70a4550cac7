// Purges: what was purged when, by tag, host or altogether, in constant time however much is stored: a purge raises a number, and what was
// fetched before it is void the next time somebody looks. A hard purge makes it absent, a soft one stale. Tags share a fixed number of
// cells that a keyed hash leads to: two tags of one cell are purged together, which costs a fetch and is never wrong. Any thread.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/spin_lock.h"

namespace weir::cache {

using TagCell = std::uint16_t;

class Purges {
public:
    static constexpr std::size_t kCells = std::size_t{1} << 14U;
    enum class Verdict : std::uint8_t { none, soft, hard };

    explicit Purges(std::uint64_t key) : key_(key) {}

    TagCell cell_of(std::string_view tag) const;
    // Its number.
    std::uint64_t purge(std::string_view tag, bool is_soft);
    std::uint64_t purge_all(bool is_soft);
    // A number for a purge that is noted elsewhere.
    std::uint64_t raise();
    // The number of the last purge: what is asked for now and arrives later was born at it.
    std::uint64_t now() const { return last_.load(std::memory_order_acquire); }
    // As they were when an earlier process ended. Before anybody looks.
    struct Note {
        TagCell cell = 0;
        bool is_all = false;
        bool is_soft = false;
        std::uint64_t number = 0;
    };
    void restore(const Note& note);
    void restore_number(std::uint64_t last) { last_.store(std::max(last, now()), std::memory_order_release); }
    // What restore() takes: all that there is.
    template <class Visit>
    void for_each(Visit&& visit) const {
        const auto tell = [&](const Cell& cell, TagCell number, bool is_all) {
            if (const auto hard = cell.hard.load(std::memory_order_relaxed); hard != 0)
                visit(Note{.cell = number, .is_all = is_all, .is_soft = false, .number = hard});
            if (const auto soft = cell.soft.load(std::memory_order_relaxed); soft != 0)
                visit(Note{.cell = number, .is_all = is_all, .is_soft = true, .number = soft});
        };
        tell(all_, 0, true);
        for (std::size_t i = 0; i < kCells; ++i) tell(cells_[i], static_cast<TagCell>(i), false);
    }
    // The gravest purge since then of any of these.
    Verdict since(std::uint64_t born, std::span<const TagCell> cells) const;

private:
    struct Cell {
        std::atomic<std::uint64_t> hard{0}, soft{0};
    };
    std::uint64_t raise(Cell& cell, bool is_soft);

    std::uint64_t key_;
    SpinLock lock_;  // of those who purge
    std::atomic<std::uint64_t> last_{1};
    Cell all_;
    std::array<Cell, kCells> cells_{};
};

}  // namespace weir::cache
