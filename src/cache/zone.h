// Zone: a named cache in memory, shared by all workers: an index in shards with short critical sections, entries that never change, exact
// account of every octet it takes, its quota kept by eviction. Made by the control thread from ZoneOptions, kept over reloads by its name;
// lives as long as a Snapshot or a fetch refers to it. What is in it is found, followed, stored and purged here; what may be stored and how
// long it is good for is not its business.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/clock.h"
#include "cache/disk/options.h"
#include "cache/entry.h"
#include "cache/hint_table.h"
#include "cache/pass_marks.h"
#include "cache/purges.h"
#include "cache/refusals.h"
#include "cache/use_counts.h"

namespace weir::cache {

class DiskLoad;
class DiskStore;
class Shard;
struct Key;
struct Removed;

struct ZoneOptions {
    std::string name;
    std::uint64_t memory_max = 256U * 1024 * 1024;  // octets, everything included
    std::uint64_t object_max = 0;                   // octets of one body; 0: an eighth of the memory
    DiskOptions disk;
    bool operator==(const ZoneOptions&) const = default;
};

// What is asked for. Views outlive the call.
struct Lookup {
    std::string_view key;
    std::uint64_t hash = 0;                // Zone::hash_of(key)
    const http::Fields* fields = nullptr;  // of the request: Vary chooses by them
    Arena* arena = nullptr;
};

struct Found {
    Ref<Entry> entry;             // that the request selects
    Ref<Fill> fill;               // of an entry that is still filling
    bool has_others = false;      // variants that the request does not select
    bool is_fetched = false;      // by somebody, it or a variant of it
    std::uint64_t variation = 0;  // requests with equal ones may wait for one fetch
};

struct ZoneFigures {
    std::uint64_t octets = 0, octets_max = 0, entries = 0, keys = 0;
    std::uint64_t parent_answers = 0, parents_passed = 0;
    std::uint64_t stored = 0, slices = 0, evicted = 0, purged = 0, invalidated = 0;
    std::uint64_t crowded = 0;     // times that nothing could leave, though there was no room
    std::uint64_t next_tries = 0;  // fetches led once more
    std::uint64_t hints_learned = 0, hints_told = 0;
};

class Zone : public Counted {
public:
    static constexpr std::size_t kShards = 64;
    static constexpr std::uint64_t kMemoryMin = 8U * 1024 * 1024;
    static constexpr Duration kPassTime = std::chrono::seconds(10);  // how long a key that can't be stored is not waited for

    Zone(ZoneOptions options, std::uint32_t workers, std::uint64_t seed);
    // With a part on a disk, whose seed it has.
    Zone(const ZoneOptions& options, std::uint32_t workers, std::unique_ptr<DiskStore> disk);
    ~Zone();

    const std::string& name() const { return name_; }
    // Control thread: a reload. Less memory takes effect as new things come.
    void set_limits(const ZoneOptions& options);
    std::uint64_t object_max() const { return object_max_.load(std::memory_order_relaxed); }

    // Of the part of the key that its URL makes: keys of one URL lie together.
    std::uint64_t hash_of(std::string_view key) const;
    std::uint64_t hash_of(const Key& key) const;
    Found find(const Lookup& lookup);
    // How often it was asked for of late, this time included.
    unsigned note_use(std::uint64_t hash, TimePoint now) { return uses_.note(hash, now); }
    bool passes(std::uint64_t hash, TimePoint now) const { return marks_.is_set(hash, now); }
    // For `weir cache show`.
    const PassMarks& pass_marks() const { return marks_; }
    const UseCounts& use_counts() const { return uses_; }

    // A fetch for this key: one that is under way and may bring what the request selects, or a new one, which the caller has to carry out.
    struct Joined {
        Ref<Fill> fill;
        bool is_new = false;
        bool is_decided = false;  // its answer is known: it comes in when it is whole
    };
    // `is_likely_new`: nobody fetched it a moment ago.
    Joined join(const Lookup& lookup, std::uint64_t variation, bool is_likely_new = false);
    // The try after `failed`, which is not the last one: the same for all who waited for it.
    Joined join_next(const Lookup& lookup, Fill& failed);

    // A HEAD's answer has freshened an entry that is whole: `renewed` takes its place. False: it has been purged, made stale or replaced
    // meanwhile.
    bool renew(const Entry& known, const Lookup& lookup, Ref<Entry> renewed);

    // An answer of so many octets is stored in a moment.
    void expect(const Fill& fill, std::uint64_t octets) const;
    // The fetch's. Its answer becomes what the key is answered with; else it was purged meanwhile, or there is no room.
    Refusal store(Fill& fill, std::string_view key, const Ref<Entry>& entry);
    // The last one was a slice of something larger.
    void note_slice() { slices_.fetch_add(1, std::memory_order_relaxed); }
    // The caches in front of the origin: one of them has answered; none of them did, and the origin was asked.
    void note_parent_answered() { parent_answers_.fetch_add(1, std::memory_order_relaxed); }
    void note_parent_passed() { parents_passed_.fetch_add(1, std::memory_order_relaxed); }
    // Nobody can join it any more.
    void close(const Fill& fill);
    // The same, and no request with this mark is to wait for another one for a while.
    void pass(const Fill& fill, std::uint64_t mark, TimePoint now);
    // The body is whole or broken.
    void end(Entry& entry, std::string_view key, std::uint64_t hash);
    // Nobody finds it any more.
    void remove(Entry& entry, std::uint64_t hash);
    // Keeps the quota, so many octets more included. False: what is still being sent and fetched leaves no room for them.
    bool make_room(std::uint64_t more = 0);

    // None: all is in memory.
    DiskStore* disk() const { return disk_.get(); }
    // What is not in memory and may lie on the disk, at once: when it need not be waited for.
    enum class Loaded : std::uint8_t {
        absent,
        here,  // find() has it now
        waits  // it may be there: whoever can wait looks (proxy/disk_fetch)
    };
    Loaded load(const Lookup& lookup, TimePoint now);
    // What has been loaded, or has begun to: `fill` is whoever loads it. False: it was purged meanwhile, there is a newer one, or no room.
    bool admit(const Lookup& lookup, const DiskLoad& load, Ref<Fill> fill);

    // A slice that is whole goes to the disk when what it is of has gone there.
    void keep_slice(Entry& slice, const Entry& manifest, const Lookup& lookup);
    // The largest slice that can be kept.
    std::uint64_t slice_max() const;

    const Ref<Account>& account() const { return account_; }
    // For an encoded form of an entry: nobody joins it by its key.
    Ref<Fill> make_fill() const { return make_ref<Fill>(workers_, 0, 0); }
    Purges& purges() { return purges_; }
    Refusals& refusals() { return refusals_; }
    const Refusals& refusals() const { return refusals_; }
    // What pages said that they need, for those who ask for them next.
    HintTable& hints() { return hints_; }
    HintTable::Name hint_name(std::string_view key) const;

    // Everything of a URL, whatever else is in the key. Soft: it counts as stale, else it goes. How many entries that were.
    std::uint64_t purge_url(std::string_view uri_key, bool is_soft);
    // Every key that begins so: looks through the whole index.
    std::uint64_t purge_prefix(std::string_view prefix, bool is_soft);
    void purge_tag(std::string_view tag, bool is_soft);
    // Any thread: RFC 9875, of an answer that invalidates. What belongs to the group goes.
    void invalidate_group(std::string_view group);
    void purge_all(bool is_soft);
    // RFC 9111 4.4: not sent any more before a validation, whatever grace there is; what is being fetched is not stored.
    void invalidate(std::string_view uri_key);

    ZoneFigures figures() const;
    // For `weir cache show`: what is stored of a URL.
    std::vector<Ref<Entry>> entries_of(std::string_view uri_key) const;

private:
    Shard& shard_of(std::uint64_t hash) const;
    bool put(Fill& fill, Ref<Entry> entry);
    void take_out(Entry& entry, std::uint64_t hash);
    bool has_key(std::uint64_t hash) const;
    void came_whole(Entry& entry, std::string_view key, std::uint64_t hash);
    bool keep(Entry& entry, std::string_view key, std::uint64_t hash);
    void choose_variant(const Lookup& lookup, Shard& shard, std::span<const Ref<Entry>> forms, Found& found);
    enum class Voiding : std::uint8_t { remove, mark_stale, mark_invalid };
    static constexpr Voiding purging(bool is_soft) { return is_soft ? Voiding::mark_stale : Voiding::remove; }
    std::uint64_t void_url(std::string_view uri_key, Voiding how);
    std::uint64_t void_shelf(Shard& shard, Shelf& shelf, Voiding how, Removed& removed);
    bool is_purged(const Ref<Entry>& entry);
    Joined join_or_open(const Lookup& lookup, std::uint64_t variation, Fill* failed);
    void grow_if_wanted(Shard& shard);
    void note_crowded();
    std::uint64_t purge_in(Shard& shard, std::string_view prefix, bool is_soft);

    std::string name_;
    std::uint32_t workers_;
    std::uint64_t key_;
    Ref<Account> account_;
    std::atomic<std::uint64_t> memory_max_;
    std::atomic<std::uint64_t> object_max_;
    std::unique_ptr<Shard[]> shards_;
    PassMarks marks_;
    UseCounts uses_;
    Refusals refusals_;
    Purges purges_;
    HintTable hints_{account_, purges_};
    std::atomic<std::uint32_t> next_evicted_{0};
    std::atomic<std::uint64_t> parent_answers_{0}, parents_passed_{0};
    std::atomic<std::uint64_t> stored_{0}, slices_{0}, evicted_{0}, purged_{0}, invalidated_{0}, crowded_{0}, next_tries_{0};
    std::unique_ptr<DiskStore> disk_;  // goes first: its threads look at the rest
};

}  // namespace weir::cache
