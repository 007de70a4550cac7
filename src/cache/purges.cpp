#include "cache/purges.h"

#include <algorithm>

#include "cache/hash.h"

namespace weir::cache {

TagCell Purges::cell_of(std::string_view tag) const { return static_cast<TagCell>(hash_of(tag, key_) % kCells); }

std::uint64_t Purges::raise(Cell& cell, bool is_soft) {
    const Spinning spinning(lock_);
    // First the cell, then the number: whoever sees the number sees the cell.
    const auto number = last_.load(std::memory_order_relaxed) + 1;
    (is_soft ? cell.soft : cell.hard).store(number, std::memory_order_relaxed);
    last_.store(number, std::memory_order_release);
    return number;
}

std::uint64_t Purges::purge(std::string_view tag, bool is_soft) { return raise(cells_[cell_of(tag)], is_soft); }

std::uint64_t Purges::purge_all(bool is_soft) { return raise(all_, is_soft); }

std::uint64_t Purges::raise() {
    const Spinning spinning(lock_);
    const auto number = last_.load(std::memory_order_relaxed) + 1;
    last_.store(number, std::memory_order_release);
    return number;
}

void Purges::restore(const Note& note) {
    auto& cell = note.is_all ? all_ : cells_[note.cell % kCells];
    auto& number = note.is_soft ? cell.soft : cell.hard;
    number.store(std::max(number.load(std::memory_order_relaxed), note.number), std::memory_order_relaxed);
    restore_number(note.number);
}

Purges::Verdict Purges::since(std::uint64_t born, std::span<const TagCell> cells) const {
    auto verdict = Verdict::none;
    const auto look = [&](const Cell& cell) {
        if (cell.hard.load(std::memory_order_relaxed) > born) verdict = Verdict::hard;
        else if (cell.soft.load(std::memory_order_relaxed) > born) verdict = std::max(verdict, Verdict::soft);
    };
    look(all_);
    for (const auto cell : cells) look(cells_[cell]);
    return verdict;
}

}  // namespace weir::cache
