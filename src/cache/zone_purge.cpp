// The part of a zone that makes what is stored stale, invalid, or go.
#include "cache/disk/store.h"
#include "cache/key.h"
#include "cache/shard.h"
#include "cache/zone.h"

namespace weir::cache {

std::uint64_t Zone::void_shelf(Shard& shard, Shelf& shelf, Voiding how, Removed& removed) {
    std::uint64_t count = 0;
    for (auto* fill = shelf.open; fill != nullptr; fill = Shard::next_open(*fill)) fill->void_it();
    for (auto* entry = shelf.variants; entry != nullptr; ++count) {
        auto* const next = Shard::next_variant(*entry);
        if (how == Voiding::remove) shard.remove(*entry, removed);
        else if (how == Voiding::mark_stale) entry->mark_stale();
        else entry->mark_invalid();
        entry = next;
    }
    shard.drop_if_empty(shelf, removed);
    return count;
}

std::uint64_t Zone::purge_in(Shard& shard, std::string_view prefix, bool is_soft) {
    Removed removed{account_.raw()};
    std::uint64_t count = 0;
    const Spinning spinning(shard.lock);
    shard.for_each([&](Shelf& shelf) {
        if (shelf.key().starts_with(prefix)) count += void_shelf(shard, shelf, purging(is_soft), removed);
    });
    return count;
}

std::uint64_t Zone::void_url(std::string_view uri_key, Voiding how) {
    const auto hash = hash_of(uri_key);
    Removed removed{account_.raw()};
    auto& shard = shard_of(hash);
    std::uint64_t count = 0;
    const Spinning spinning(shard.lock);
    for (auto* shelf = shard.first_of(hash); shelf != nullptr;) {
        auto* const next = shelf->next;
        if (shelf->hash == hash && uri_part(shelf->key()) == uri_key) count += void_shelf(shard, *shelf, how, removed);
        shelf = next;
    }
    return count;
}

// The disk first: what is being read from it is held against it again before it comes into memory.
std::uint64_t Zone::purge_url(std::string_view uri_key, bool is_soft) {
    if (disk_) disk_->purge_url(hash_of(uri_key), purges_.raise(), is_soft);
    const auto count = void_url(uri_key, purging(is_soft));
    hints_.forget(hash_of(uri_key));
    marks_.clear(hash_of(uri_key));
    purged_.fetch_add(count, std::memory_order_relaxed);
    return count;
}

void Zone::invalidate(std::string_view uri_key) {
    if (disk_) disk_->purge_url(hash_of(uri_key), purges_.raise(), false);
    invalidated_.fetch_add(void_url(uri_key, Voiding::mark_invalid), std::memory_order_relaxed);
}

std::uint64_t Zone::purge_prefix(std::string_view prefix, bool is_soft) {
    if (disk_) disk_->purge_prefix(prefix, purges_.raise(), is_soft);
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < kShards; ++i) count += purge_in(shards_[i], prefix, is_soft);
    hints_.forget_all();  // their keys are not kept
    purged_.fetch_add(count, std::memory_order_relaxed);
    return count;
}

void Zone::purge_tag(std::string_view tag, bool is_soft) {
    const auto number = purges_.purge(tag, is_soft);
    if (disk_) disk_->note_tag(purges_.cell_of(tag), number, is_soft);
}

void Zone::invalidate_group(std::string_view group) { purge_tag(group, false); }

void Zone::purge_all(bool is_soft) {
    const auto number = purges_.purge_all(is_soft);
    if (disk_) disk_->note_all(number, is_soft);
    marks_.clear_all();
}

}  // namespace weir::cache
