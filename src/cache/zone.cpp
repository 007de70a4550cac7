#include "cache/zone.h"

#include <algorithm>
#include <bit>

#include "base/few.h"
#include "base/log.h"
#include "cache/disk/store.h"
#include "cache/hash.h"
#include "cache/key.h"
#include "cache/shard.h"
#include "cache/slice_plan.h"
#include "cache/vary.h"

namespace weir::cache {
namespace {

constexpr std::uint64_t kEvictedAtOnce = 8;
constexpr std::uint64_t kRoomAhead = 16 * 1024;  // octets
constexpr std::size_t kFormsMax = 4;             // different lists of Vary names among the variants of one key that are looked through

// Lists of names by which the variants of a key vary, the newest first, each held by an entry that has it.
using Forms = Few<Ref<Entry>, kFormsMax>;

void note_form(Forms& forms, Entry& entry) {
    if (forms.is_full()) return;
    const auto same = [&](const Ref<Entry>& other) { return other->vary_names() == entry.vary_names(); };
    if (std::ranges::none_of(forms.all(), same)) forms.add(Ref<Entry>(&entry));
}

// Two ways to ask for one language.
bool is_in_wanted_language(const Entry& entry, const http::Fields& request) {
    if (entry.vary_names() != "accept-language") return false;
    for (const auto& field : entry.fields())
        if (field.is("Content-Language")) return wants_language(request, field.value);
    return false;
}

}  // namespace

Zone::Zone(ZoneOptions options, std::uint32_t workers, std::uint64_t seed)
    : name_(std::move(options.name)),
      workers_(workers),
      key_(seed),
      account_(make_ref<Account>()),
      memory_max_(0),
      object_max_(0),
      shards_(new Shard[kShards]),
      refusals_(workers),
      purges_(cache::hash_of("purges", seed)) {
    account_->take(footprint(sizeof *this) + footprint(kShards * sizeof(Shard)) + footprint(refusals_.counts_octets()));
    account_->take(kShards * (footprint(Shard::kBucketsFirst * sizeof(Shelf*)) + footprint(Shard::kBucketsFirst * sizeof(std::uint32_t))));
    set_limits(options);
}

Zone::~Zone() {
    disk_.reset();
    for (std::size_t i = 0; i < kShards; ++i) {
        Removed removed{account_.raw()};
        shards_[i].clear(removed);
    }
}

void Zone::set_limits(const ZoneOptions& options) {
    constexpr std::uint64_t kPartOfMemory = 8;
    const auto memory = std::max(options.memory_max, kMemoryMin);
    memory_max_.store(memory, std::memory_order_relaxed);
    if (disk_) disk_->set_limits(options.disk, memory);
    object_max_.store(options.object_max != 0 ? options.object_max : memory / kPartOfMemory, std::memory_order_relaxed);
}

std::uint64_t Zone::hash_of(std::string_view key) const { return cache::hash_of(uri_part(key), key_); }

std::uint64_t Zone::hash_of(const Key& key) const { return cache::hash_of(key.uri, key_); }

// The low bits choose the bucket.
Shard& Zone::shard_of(std::uint64_t hash) const { return shards_[(hash >> 48U) % kShards]; }

// A purge that came since it was looked at last counts now, for everybody. True: it is gone.
bool Zone::is_purged(const Ref<Entry>& entry) {
    const auto last = purges_.now();
    if (entry->checked() == last) [[likely]]
        return false;
    const auto verdict = purges_.since(entry->born(), entry->tags());
    if (verdict == Purges::Verdict::hard) return true;
    if (verdict == Purges::Verdict::soft) entry->mark_stale();
    entry->set_checked(last);
    return false;
}

void Zone::remove(Entry& entry, std::uint64_t hash) {
    if (disk_ && entry.kept() != 0) disk_->purge_url(hash, purges_.raise(), false);
    take_out(entry, hash);
}

void Zone::take_out(Entry& entry, std::uint64_t hash) {
    Removed removed{account_.raw()};
    auto& shard = shard_of(hash);
    const Spinning spinning(shard.lock);
    if (!Shard::is_stored(entry)) return;
    auto& shelf = Shard::shelf_of(entry);
    shard.remove(entry, removed);
    shard.drop_if_empty(shelf, removed);
}

Found Zone::find(const Lookup& lookup) {
    Found found;
    Forms forms;
    auto& shard = shard_of(lookup.hash);
    marks_.expect(lookup.hash);
    {
        const Spinning spinning(shard.lock);
        const auto* shelf = shard.find(lookup.key, lookup.hash);
        if (shelf == nullptr) return found;
        found.is_fetched = shelf->open != nullptr;
        if (shelf->variants == nullptr) return found;
        auto& newest = *shelf->variants;
        if (newest.vary_names().empty()) {
            found.entry = Ref<Entry>(&newest);
            if (newest.state() == Entry::State::filling) found.fill = Shard::fill_of(newest);
        } else {
            for (auto* entry = &newest; entry != nullptr; entry = Shard::next_variant(*entry)) note_form(forms, *entry);
        }
    }
    if (!forms.empty()) choose_variant(lookup, shard, forms.all(), found);
    if (!found.entry) return found;
    // Its fetch has just broken off, and takes it out in a moment.
    if (found.entry->state() == Entry::State::broken) return {};
    if (is_purged(found.entry)) {
        take_out(*found.entry, lookup.hash);
        purged_.fetch_add(1, std::memory_order_relaxed);
        found.entry = {};
        found.fill = {};
        return found;
    }
    found.entry->touch();
    if (disk_ && found.entry->is_to_be_kept() && !is_slice_key(lookup.key)) keep(*found.entry, lookup.key, lookup.hash);
    return found;
}

// What the request would select is worked out without the lock, then the variants are held against it.
void Zone::choose_variant(const Lookup& lookup, Shard& shard, std::span<const Ref<Entry>> forms, Found& found) {
    std::string_view keys[kFormsMax];
    for (std::size_t i = 0; i < forms.size(); ++i) {
        const auto key = variant_key(forms[i]->vary_names(), *lookup.fields, *lookup.arena);
        keys[i] = key.value_or(std::string_view{});
        if (i == 0) found.variation = cache::hash_of(keys[0], 1);
    }
    const auto fits = [&](const Entry& entry) {
        for (std::size_t i = 0; i < forms.size(); ++i)
            if (entry.vary_names() == forms[i]->vary_names()) return entry.variant() == keys[i];
        return false;
    };
    const Spinning spinning(shard.lock);
    const auto* shelf = shard.find(lookup.key, lookup.hash);
    found.has_others = shelf != nullptr && shelf->variants != nullptr;
    for (auto* entry = shelf == nullptr ? nullptr : shelf->variants; entry != nullptr; entry = Shard::next_variant(*entry)) {
        if (!fits(*entry)) continue;
        found.entry = Ref<Entry>(entry);
        if (entry->state() == Entry::State::filling) found.fill = Shard::fill_of(*entry);
        return;
    }
    for (auto* entry = shelf == nullptr ? nullptr : shelf->variants; entry != nullptr; entry = Shard::next_variant(*entry)) {
        if (entry->state() != Entry::State::whole || !is_in_wanted_language(*entry, *lookup.fields)) continue;
        found.entry = Ref<Entry>(entry);
        return;
    }
}

namespace {

Fill* joinable(const Shelf* shelf, std::uint64_t variation) {
    for (auto* fill = shelf == nullptr ? nullptr : shelf->open; fill != nullptr; fill = Shard::next_open(*fill))
        if (fill->variation() == variation && !fill->is_void()) return fill;
    return nullptr;
}

Zone::Joined joining(Fill& fill) {
    Shard::share(fill);
    return {.fill = Ref<Fill>(&fill), .is_decided = fill.outcome() != Fill::Outcome::waiting};
}

}  // namespace

Zone::Joined Zone::join(const Lookup& lookup, std::uint64_t variation, bool is_likely_new) {
    if (!is_likely_new) {
        auto& shard = shard_of(lookup.hash);
        const Spinning spinning(shard.lock);
        if (auto* fill = joinable(shard.find(lookup.key, lookup.hash), variation)) return joining(*fill);
    }
    return join_or_open(lookup, variation, nullptr);
}

Zone::Joined Zone::join_next(const Lookup& lookup, Fill& failed) {
    auto joined = join_or_open(lookup, failed.variation(), &failed);
    if (joined.is_new) next_tries_.fetch_add(1, std::memory_order_relaxed);
    return joined;
}

Zone::Joined Zone::join_or_open(const Lookup& lookup, std::uint64_t variation, Fill* failed) {
    auto& shard = shard_of(lookup.hash);
    auto fresh = make_ref<Fill>(workers_, lookup.hash, variation);
    auto* spare = Shelf::make(lookup.key, lookup.hash);
    Joined joined;
    bool wants_growth = false;
    {
        Removed removed{account_.raw()};
        const Spinning spinning(shard.lock);
        auto* shelf = shard.find(lookup.key, lookup.hash);
        auto* known = failed == nullptr ? nullptr : Shard::next_try(*failed);
        if (known == nullptr) known = joinable(shelf, variation);
        if (known != nullptr) {
            joined = joining(*known);
        } else {
            if (shelf == nullptr) {
                shelf = std::exchange(spare, nullptr);
                shard.add(shelf, removed);
                account_->take(Shelf::octets_for(lookup.key));
            }
            Shard::open(*shelf, *fresh);
            joined = {.fill = std::move(fresh), .is_new = true};
            wants_growth = shard.wants_growth();
        }
        if (failed != nullptr) Shard::set_next_try(*failed, *joined.fill, joined.is_new);
    }
    if (spare != nullptr) Shelf::free(spare);
    if (wants_growth) grow_if_wanted(shard);
    return joined;
}

void Zone::grow_if_wanted(Shard& shard) {
    Shard::Tables tables;
    {
        const Spinning spinning(shard.lock);
        if (!shard.wants_growth()) return;
        tables.size = shard.next_size();
    }
    tables = Shard::make_tables(tables.size);
    const auto growth = footprint(tables.size * sizeof(Shelf*)) + footprint(tables.size * sizeof(std::uint32_t));
    const Spinning spinning(shard.lock);
    if (shard.next_size() != tables.size) return;  // somebody else was quicker
    shard.grow(tables);
    account_->take(growth / 2);  // the half of it that was there before has gone
}

void Zone::expect(const Fill& fill, std::uint64_t octets) const {
    marks_.expect(fill.hash());
    Segments::expect(octets);
}

Refusal Zone::store(Fill& fill, std::string_view key, const Ref<Entry>& entry) {
    if (!make_room()) return Refusal::crowded;
    if (!put(fill, entry)) return Refusal::purged;
    if (disk_ && entry->state() == Entry::State::whole) came_whole(*entry, key, fill.hash());
    return Refusal::none;
}

bool Zone::put(Fill& fill, Ref<Entry> entry) {
    marks_.clear(fill.hash());
    Removed removed{account_.raw()};
    auto& shard = shard_of(fill.hash());
    const Spinning spinning(shard.lock);
    auto* const shelf = Shard::close(fill, removed);
    if (shelf == nullptr) return false;
    if (fill.is_void() || purges_.since(entry->born(), entry->tags()) == Purges::Verdict::hard) {
        shard.drop_if_empty(*shelf, removed);
        return false;
    }
    const bool is_filling = entry->state() == Entry::State::filling;
    if (!is_filling) Shard::note_alone(fill);
    shard.put(*shelf, std::move(entry), is_filling ? Ref<Fill>(&fill) : Ref<Fill>{}, removed);
    stored_.fetch_add(1, std::memory_order_relaxed);
    return true;
}

bool Zone::renew(const Entry& known, const Lookup& lookup, Ref<Entry> renewed) {
    {
        Removed removed{account_.raw()};
        auto& shard = shard_of(lookup.hash);
        const Spinning spinning(shard.lock);
        auto* const shelf = shard.find(lookup.key, lookup.hash);
        const auto terms = known.terms_now();
        if (shelf == nullptr || !Shard::is_stored(known) || &Shard::shelf_of(known) != shelf) return false;
        if (terms.is_invalid || terms.is_marked_stale) return false;
        shard.put(*shelf, renewed, {}, removed);
    }
    if (disk_) came_whole(*renewed, lookup.key, lookup.hash);
    return true;
}

void Zone::close(const Fill& fill) {
    Removed removed{account_.raw()};
    auto& shard = shard_of(fill.hash());
    const Spinning spinning(shard.lock);
    if (auto* const shelf = Shard::close(fill, removed)) shard.drop_if_empty(*shelf, removed);
}

void Zone::pass(const Fill& fill, std::uint64_t mark, TimePoint now) {
    marks_.set(mark, now + kPassTime);
    close(fill);
}

void Zone::end(Entry& entry, std::string_view key, std::uint64_t hash) {
    bool is_stored = false;
    {
        Removed removed{account_.raw()};
        auto& shard = shard_of(hash);
        const Spinning spinning(shard.lock);
        shard.end(entry, removed);
        is_stored = Shard::is_stored(entry);
    }
    if (is_stored && disk_) came_whole(entry, key, hash);
}

bool Zone::make_room(std::uint64_t more) {
    const auto max = memory_max_.load(std::memory_order_relaxed);
    const auto is_full = [&] { return account_->used() + more > max; };
    // First the shards whose newcomers have more than their share, then any: a scan that goes through all of them evicts only itself. Small
    // things leave some at a time.
    std::size_t vain = 0;
    while (is_full() && vain < 2 * kShards) {
        Removed removed{account_.raw()};
        auto& shard = shards_[next_evicted_.fetch_add(1, std::memory_order_relaxed) % kShards];
        const Spinning spinning(shard.lock);
        std::uint64_t octets = 0, count = 0;
        for (auto freed = shard.evict(vain < kShards, removed); freed != 0; freed = shard.evict(vain < kShards, removed)) {
            ++count;
            octets += freed;
            if (count == kEvictedAtOnce || octets >= kRoomAhead || removed.fill) break;
        }
        evicted_.fetch_add(count, std::memory_order_relaxed);
        vain = count == 0 ? vain + 1 : 0;
    }
    if (!is_full()) return true;
    note_crowded();
    return false;
}

// All that is left is being sent, to clients who take it slowly, perhaps on purpose. Told the first time, the second, the fourth …
void Zone::note_crowded() {
    const auto times = crowded_.fetch_add(1, std::memory_order_relaxed) + 1;
    if (!std::has_single_bit(times)) return;
    log::warn("cache_memory_held",
              "what is being sent to slow clients takes so much memory of a cache that new answers find no room: they pass through it",
              {{"cache", name_}, {"times", times}});
}

HintTable::Name Zone::hint_name(std::string_view key) const {
    const auto url = hash_of(key);
    return {.url = url, .whole = cache::hash_of(key, url)};
}

ZoneFigures Zone::figures() const {
    ZoneFigures figures{.octets = account_->used(), .octets_max = memory_max_.load(std::memory_order_relaxed)};
    for (std::size_t i = 0; i < kShards; ++i) {
        const Spinning spinning(shards_[i].lock);
        figures.entries += shards_[i].entries();
        figures.keys += shards_[i].keys();
    }
    figures.parent_answers = parent_answers_.load(std::memory_order_relaxed);
    figures.parents_passed = parents_passed_.load(std::memory_order_relaxed);
    figures.stored = stored_.load(std::memory_order_relaxed);
    figures.slices = slices_.load(std::memory_order_relaxed);
    figures.evicted = evicted_.load(std::memory_order_relaxed);
    figures.crowded = crowded_.load(std::memory_order_relaxed);
    figures.next_tries = next_tries_.load(std::memory_order_relaxed);
    figures.purged = purged_.load(std::memory_order_relaxed);
    figures.hints_learned = hints_.learned();
    figures.hints_told = hints_.told();
    figures.invalidated = invalidated_.load(std::memory_order_relaxed);
    return figures;
}

std::vector<Ref<Entry>> Zone::entries_of(std::string_view uri_key) const {
    std::vector<Ref<Entry>> entries;
    entries.reserve(Shard::kVariantsMax);
    const auto hash = hash_of(uri_key);
    auto& shard = shard_of(hash);
    const Spinning spinning(shard.lock);
    for (auto* shelf = shard.first_of(hash); shelf != nullptr; shelf = shelf->next) {
        if (shelf->hash != hash || uri_part(shelf->key()) != uri_key) continue;
        for (auto* entry = shelf->variants; entry != nullptr && entries.size() < Shard::kVariantsMax; entry = Shard::next_variant(*entry))
            entries.emplace_back(entry);
    }
    return entries;
}

}  // namespace weir::cache
