// HintTable: what was learned from answers that clients may begin with early (link_hints.h), by the whole key of what was asked for: what a
// key leaves out can't put anything into other people's hints (cache poisoning). A fixed number of cells that a keyed hash leads to; hints
// that share one with newer ones are forgotten, which costs a head start. What is purged is forgotten, too. Part of Zone. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "base/ref.h"
#include "base/spin_lock.h"
#include "cache/account.h"
#include "cache/purges.h"

namespace weir::cache {

class HintTable {
public:
    static constexpr std::size_t kCells = 2048;

    HintTable(const Ref<Account>& account, const Purges& purges) : account_(account), purges_(purges) {}
    HintTable(const HintTable&) = delete;
    HintTable& operator=(const HintTable&) = delete;
    ~HintTable();

    // Of whom: the hash of the URL's key, and that of the whole one.
    struct Name {
        std::uint64_t url = 0;
        std::uint64_t whole = 0;
    };
    // Instead of what was known. `text`: at most kHintOctetsMax; empty: none. `born`, `tags`: of the answer.
    void learn(const Name& name, std::string_view text, std::uint64_t born, std::span<const TagCell> tags);
    // Into the arena; empty: nothing is known.
    std::string_view find(const Name& name, Arena& arena) const;
    // Of all keys of this URL.
    void forget(std::uint64_t url);
    void forget_all();

    // How many were learned, and how often they were told.
    void note_told() { told_.fetch_add(1, std::memory_order_relaxed); }
    std::uint64_t learned() const { return learned_.load(std::memory_order_relaxed); }
    std::uint64_t told() const { return told_.load(std::memory_order_relaxed); }

private:
    // Followed by its tags and its text.
    struct Hints {
        Name name;
        std::uint64_t born = 0;
        std::uint32_t tags_count = 0;
        std::uint32_t text_octets = 0;

        static Hints* make(const Name& name, std::string_view text, std::uint64_t born, std::span<const TagCell> tags);
        std::span<const TagCell> tags() const { return {reinterpret_cast<const TagCell*>(this + 1), tags_count}; }
        std::string_view text() const { return {reinterpret_cast<const char*>(this + 1) + tags().size_bytes(), text_octets}; }
        std::size_t octets() const { return footprint(sizeof(Hints) + tags().size_bytes() + text_octets); }
    };
    struct Cell {
        mutable SpinLock lock;
        Hints* hints = nullptr;
    };
    void free(Hints* hints);

    Ref<Account> account_;
    const Purges& purges_;
    std::array<Cell, kCells> cells_{};
    std::atomic<std::uint64_t> learned_{0}, told_{0};
};

}  // namespace weir::cache
