// Shard: a part of a zone's index: the keys that hash there, their variants, the fetches under way, and the queues that decide who leaves
// (S3-FIFO, Yang et al. 2023: newcomers pass through a small queue, what is asked for again moves to the main one, and keys that have left
// early are remembered for a while; a scan of things asked for once never displaces what is in use). Inside of the room only: Zone calls it
// under the shard's lock, for a few instructions each; what a call takes out it hands back, to be freed outside of the lock.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/spin_lock.h"
#include "cache/blocks.h"
#include "cache/entry.h"

namespace weir::cache {

// A key of the index with its variants, the newest first, and the fetches for it whose answers are not known yet.
struct Shelf {
    static Shelf* make(std::string_view key, std::uint64_t hash);
    static void free(Shelf* shelf);
    static std::size_t octets_for(std::string_view key) { return Blocks::footprint_of(sizeof(Shelf) + key.size()); }
    std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), key_octets}; }
    bool is_empty() const { return variants == nullptr && open == nullptr; }

    std::uint64_t hash = 0;
    Shelf* next = nullptr;
    Entry* variants = nullptr;
    Fill* open = nullptr;
    std::uint32_t key_octets = 0;
};

// Entries in the order they came, linked through themselves.
class Queue {
public:
    void push(Entry& entry);
    void remove(Entry& entry);
    Entry* oldest() const { return last_; }
    std::uint64_t octets() const { return octets_; }
    void grow(Entry& entry, std::uint64_t weight);

private:
    Entry* first_ = nullptr;
    Entry* last_ = nullptr;
    std::uint64_t octets_ = 0;
};

// What a call has taken out of the index.
struct Removed {
    explicit Removed(Account* of) : account(of) {}
    Removed(const Removed&) = delete;
    Removed& operator=(const Removed&) = delete;
    ~Removed();
    void add(Entry* entry);
    void add(Shelf* shelf);
    void add(Ref<Fill> closed);

    Account* account;
    Entry* entries = nullptr;
    Shelf* shelves = nullptr;
    Ref<Fill> fill;  // mostly there is one
    std::vector<Ref<Fill>> fills;
};

class alignas(64) Shard {
public:
    static constexpr std::size_t kVariantsMax = 64;  // of one key; above, the oldest goes
    // Keys of one URL, which headers and cookies in the key tell apart, hang in one row that is walked under the lock. Whoever may invent
    // their values would make it as long as the memory holds (algorithmic complexity).
    static constexpr std::size_t kKeysOfUrlMax = 2048;
    static constexpr std::size_t kBucketsFirst = 64;  // doubled when there are as many keys
    static constexpr unsigned kSmallPercent = 10;     // of the octets are for newcomers

    Shard();
    Shard(const Shard&) = delete;
    Shard& operator=(const Shard&) = delete;

    SpinLock lock;

    Shelf* find(std::string_view key, std::uint64_t hash) const;
    Shelf* first_of(std::uint64_t hash) const { return buckets_[hash & (buckets_count_ - 1)]; }
    // Takes the shelf over. Where its URL has kKeysOfUrlMax keys already, the oldest of them goes.
    void add(Shelf* shelf, Removed& removed);
    // When nothing is on it.
    void drop_if_empty(Shelf& shelf, Removed& removed);

    // The same variant, whole or on its way.
    static bool has_same(const Shelf& shelf, const Entry& entry);
    void put(Shelf& shelf, Ref<Entry> entry, Ref<Fill> fill, Removed& removed);
    void remove(Entry& entry, Removed& removed);
    // The entry's body is whole, or broken: then it goes.
    void end(Entry& entry, Removed& removed);
    static bool is_stored(const Entry& entry) { return entry.shelf_ != nullptr; }
    static Shelf& shelf_of(const Entry& entry) { return *entry.shelf_; }
    static Ref<Fill> fill_of(const Entry& entry) { return entry.fill_; }
    static void share(Fill& fill) { fill.is_shared_ = true; }
    // The fetch's, once nothing leads to it any more: its own thread may follow it, too.
    static void note_alone(Fill& fill) { fill.is_alone_ = !fill.is_shared_ && fill.views_.load(std::memory_order_relaxed) == nullptr; }
    static Entry* next_variant(const Entry& entry) { return entry.next_variant_; }

    static void open(Shelf& shelf, Fill& fill);
    // Where it was open; nullptr: it was not.
    static Shelf* close(const Fill& fill, Removed& removed);
    static Fill* next_open(const Fill& fill) { return fill.next_open_; }
    // The try after one that has failed, once somebody makes or has made it.
    static Fill* next_try(const Fill& failed) { return failed.next_.raw(); }
    static void set_next_try(Fill& failed, Fill& next, bool is_new) {
        failed.next_ = Ref<Fill>(&next);
        if (is_new) next.tries_more_ = failed.tries_more_ - 1;
        share(next);
    }

    // One entry leaves, the one that the queues say and nobody uses: how many octets that were. 0: there is none, or newcomers are to go
    // and have no more than their share. Memory that nobody has touched for long is asked for ahead: several calls in one go cost little
    // more than one.
    std::uint64_t evict(bool only_newcomers, Removed& removed);

    // All entries leave, those in use, too.
    void clear(Removed& removed);

    std::size_t keys() const { return keys_; }
    std::size_t entries() const { return entries_; }
    // More keys than buckets: make new ones outside of the lock, and swap them in.
    bool wants_growth() const { return keys_ > buckets_count_; }
    std::size_t next_size() const { return buckets_count_ * 2; }
    struct Tables {
        std::unique_ptr<Shelf*[]> buckets;
        std::unique_ptr<std::uint32_t[]> ghosts;
        std::size_t size = 0;
    };
    static Tables make_tables(std::size_t size);
    void grow(Tables& tables);
    template <class Visit>
    void for_each(Visit&& visit) {
        for (std::size_t i = 0; i < buckets_count_; ++i)
            for (auto* shelf = buckets_[i]; shelf != nullptr;) {
                auto* const next = shelf->next;  // the visitor may drop it
                visit(*shelf);
                shelf = next;
            }
    }

private:
    static constexpr unsigned kInUseMax = 8;  // that one call passes over

    void make_place(std::uint64_t hash, Removed& removed);
    static bool is_in_use(Entry& entry);
    void move_to_main(Entry& entry, std::uint8_t uses);
    bool has_many_newcomers() const { return small_.octets() * 100 > (small_.octets() + main_.octets()) * kSmallPercent; }
    static void ask_for(const Entry* entry);
    void ask_around(const Entry* entry) const;
    void take_off_shelf(Entry& entry);
    void remember(const Entry& entry);
    std::uint64_t ghost_of(const Shelf& shelf, const Entry& entry) const;
    Queue& queue_of(const Entry& entry) { return entry.place_ == Entry::Place::main ? main_ : small_; }

    std::unique_ptr<Shelf*[]> buckets_;
    std::unique_ptr<std::uint32_t[]> ghosts_;  // marks of keys that left the small queue unused; as many as buckets
    std::size_t buckets_count_ = kBucketsFirst;
    std::size_t keys_ = 0;
    std::size_t entries_ = 0;
    Queue small_, main_;
};

}  // namespace weir::cache
