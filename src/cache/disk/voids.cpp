#include "cache/disk/voids.h"

#include <algorithm>

namespace weir::cache {
namespace {

void raise(std::atomic<std::uint64_t>& number, std::uint64_t to) {
    auto before = number.load(std::memory_order_relaxed);
    while (before < to && !number.compare_exchange_weak(before, to, std::memory_order_acq_rel)) {}
}

}  // namespace

DiskVoids::DiskVoids() : cells_(new Cell[kCells]), list_(make_ref<const List>()) {}

void DiskVoids::void_cell(std::uint32_t cell, std::uint64_t number, bool is_soft) {
    raise(is_soft ? cells_[cell].soft : cells_[cell].hard, number);
}

DiskVoids::Verdict DiskVoids::of_url(std::uint64_t hash, std::uint64_t born) const {
    const auto& cell = cells_[cell_of(hash)];
    if (cell.hard.load(std::memory_order_acquire) > born) return Verdict::hard;
    return cell.soft.load(std::memory_order_acquire) > born ? Verdict::soft : Verdict::none;
}

Ref<const DiskVoids::List> DiskVoids::list() const {
    const Spinning spinning(lock_);
    return list_;
}

void DiskVoids::void_prefix(Prefix prefix) {
    const auto before = list();
    auto* next = new List;
    Ref<const List> owned(next);
    next->prefixes = before->prefixes;
    next->floor = before->floor;
    next->last = std::max(before->last, prefix.number);
    const auto same = [&](const Prefix& other) { return other.text == prefix.text && other.is_soft == prefix.is_soft; };
    const auto known = std::ranges::find_if(next->prefixes, same);
    if (known != next->prefixes.end()) known->number = std::max(known->number, prefix.number);
    else next->prefixes.push_back(std::move(prefix));
    if (next->prefixes.size() > kPrefixesMax || (!next->prefixes.empty() && next->prefixes.back().text.empty())) {
        next->prefixes.clear();
        next->floor = next->last;
    }
    const Spinning spinning(lock_);
    std::swap(list_, owned);
}

DiskVoids::Verdict DiskVoids::of_key(std::string_view key, std::uint64_t born) const {
    const auto list = this->list();
    if (born >= list->last) return Verdict::none;
    if (born < list->floor) return Verdict::hard;
    auto verdict = Verdict::none;
    for (const auto& prefix : list->prefixes)
        if (prefix.number > born && key.starts_with(prefix.text))
            verdict = std::max(verdict, prefix.is_soft ? Verdict::soft : Verdict::hard);
    return verdict;
}

std::vector<DiskVoids::Prefix> DiskVoids::prefixes() const {
    const auto list = this->list();
    auto prefixes = list->prefixes;
    // An empty prefix is everything before its number.
    if (list->floor != 0) prefixes.push_back({.text = {}, .number = list->floor, .is_soft = false});
    return prefixes;
}

}  // namespace weir::cache
