// DiskVoids: which URLs and prefixes of keys were purged when, for records that lie on the disk and can't be found by their keys. URLs
// share cells that the key's hash leads to: two of one cell are purged together, which costs a fetch and is never wrong. While Weir runs,
// a purged URL also leaves the index, so that cells count only for what is written or loaded late. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ref.h"
#include "base/spin_lock.h"
#include "cache/purges.h"

namespace weir::cache {

class DiskVoids {
public:
    static constexpr std::size_t kCells = std::size_t{1} << 17U;
    static constexpr std::size_t kPrefixesMax = 1024;  // one more: everything before it counts as purged
    using Verdict = Purges::Verdict;

    DiskVoids();

    static std::uint32_t cell_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32U) & (kCells - 1); }
    void void_cell(std::uint32_t cell, std::uint64_t number, bool is_soft);
    // Of a record born then.
    Verdict of_url(std::uint64_t hash, std::uint64_t born) const;
    bool is_stale_url(std::uint64_t hash, std::uint64_t born) const {
        return cells_[cell_of(hash)].soft.load(std::memory_order_acquire) > born;
    }

    struct Prefix {
        std::string text;
        std::uint64_t number = 0;
        bool is_soft = false;
    };
    // One thread at a time.
    void void_prefix(Prefix prefix);
    Verdict of_key(std::string_view key, std::uint64_t born) const;

    // For the log, written anew: visit(cell, number, is_soft).
    template <class Visit>
    void for_each_cell(Visit&& visit) const {
        for (std::uint32_t i = 0; i < kCells; ++i) {
            if (const auto hard = cells_[i].hard.load(std::memory_order_relaxed); hard != 0) visit(i, hard, false);
            if (const auto soft = cells_[i].soft.load(std::memory_order_relaxed); soft != 0) visit(i, soft, true);
        }
    }
    std::vector<Prefix> prefixes() const;

private:
    struct Cell {
        std::atomic<std::uint64_t> hard{0}, soft{0};
    };
    struct List : Counted {
        std::vector<Prefix> prefixes;
        std::uint64_t floor = 0;  // what was born before is void
        std::uint64_t last = 0;
    };
    Ref<const List> list() const;

    std::unique_ptr<Cell[]> cells_;
    mutable SpinLock lock_;  // of the pointer
    Ref<const List> list_;
};

}  // namespace weir::cache
