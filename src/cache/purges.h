// Purges: what was purged when, by tag, host or altogether, in constant time however much is stored: a purge raises a number, and what was
// fetched before it is void the next time somebody looks. A hard purge makes it absent, a soft one stale. Tags share a fixed number of
// cells that a keyed hash leads to: two tags of one cell are purged together, which costs a fetch and is never wrong. Any thread.
#pragma once

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
    void purge(std::string_view tag, bool is_soft);
    void purge_all(bool is_soft);
    // The number of the last purge: what is asked for now and arrives later was born at it.
    std::uint64_t now() const { return last_.load(std::memory_order_acquire); }
    // The gravest purge since then of any of these.
    Verdict since(std::uint64_t born, std::span<const TagCell> cells) const;

private:
    struct Cell {
        std::atomic<std::uint64_t> hard{0}, soft{0};
    };
    void raise(Cell& cell, bool is_soft);

    std::uint64_t key_;
    SpinLock lock_;  // of those who purge
    std::atomic<std::uint64_t> last_{1};
    Cell all_;
    std::array<Cell, kCells> cells_{};
};

}  // namespace weir::cache
