#include "cache/shard.h"

#include <cstring>
#include <new>

#include "base/prefetch.h"
#include "cache/hash.h"

namespace weir::cache {

Shelf* Shelf::make(std::string_view key, std::uint64_t hash) {
    auto* shelf = new (Blocks::take(sizeof(Shelf) + key.size())) Shelf;
    shelf->hash = hash;
    shelf->key_octets = static_cast<std::uint32_t>(key.size());
    std::memcpy(reinterpret_cast<char*>(shelf + 1), key.data(), key.size());
    return shelf;
}

void Shelf::free(Shelf* shelf) { Blocks::give(shelf, sizeof(Shelf) + shelf->key_octets); }

void Queue::push(Entry& entry) {
    entry.before_ = nullptr;
    entry.after_ = first_;
    if (first_ != nullptr) first_->before_ = &entry;
    else last_ = &entry;
    first_ = &entry;
    octets_ += entry.weight_;
}

void Queue::remove(Entry& entry) {
    (entry.before_ != nullptr ? entry.before_->after_ : first_) = entry.after_;
    (entry.after_ != nullptr ? entry.after_->before_ : last_) = entry.before_;
    entry.before_ = entry.after_ = nullptr;
    octets_ -= entry.weight_;
}

void Queue::grow(Entry& entry, std::uint64_t weight) {
    octets_ += weight - entry.weight_;
    entry.weight_ = weight;
}

Removed::~Removed() {
    while (entries != nullptr) {
        const auto ends = Ref<Entry>::adopt(entries);
        entries = std::exchange(entries->next_variant_, nullptr);
    }
    while (shelves != nullptr) {
        account->give(Shelf::octets_for(shelves->key()));
        Shelf::free(std::exchange(shelves, shelves->next));
    }
}

void Removed::add(Entry* entry) { entry->next_variant_ = std::exchange(entries, entry); }

void Removed::add(Shelf* shelf) { shelf->next = std::exchange(shelves, shelf); }

void Removed::add(Ref<Fill> closed) {
    if (!closed) return;
    if (fill) fills.push_back(std::move(closed));
    else fill = std::move(closed);
}

Shard::Tables Shard::make_tables(std::size_t size) {
    return {.buckets = std::make_unique<Shelf*[]>(size), .ghosts = std::make_unique<std::uint32_t[]>(size), .size = size};
}

Shard::Shard() {
    auto tables = make_tables(kBucketsFirst);
    buckets_ = std::move(tables.buckets);
    ghosts_ = std::move(tables.ghosts);
}

Shelf* Shard::find(std::string_view key, std::uint64_t hash) const {
    for (auto* shelf = first_of(hash); shelf != nullptr; shelf = shelf->next)
        if (shelf->hash == hash && shelf->key() == key) return shelf;
    return nullptr;
}

void Shard::make_place(std::uint64_t hash, Removed& removed) {
    std::size_t count = 0;
    Shelf* oldest = nullptr;
    for (auto* shelf = first_of(hash); shelf != nullptr; shelf = shelf->next) {
        if (shelf->hash != hash) continue;
        ++count;
        if (shelf->open == nullptr) oldest = shelf;
    }
    if (count < kKeysOfUrlMax || oldest == nullptr) return;
    while (oldest->variants != nullptr) remove(*oldest->variants, removed);
    drop_if_empty(*oldest, removed);
}

void Shard::add(Shelf* shelf, Removed& removed) {
    if (keys_ >= kKeysOfUrlMax) make_place(shelf->hash, removed);
    auto*& bucket = buckets_[shelf->hash & (buckets_count_ - 1)];
    shelf->next = std::exchange(bucket, shelf);
    ++keys_;
}

void Shard::drop_if_empty(Shelf& shelf, Removed& removed) {
    if (!shelf.is_empty()) return;
    auto** at = &buckets_[shelf.hash & (buckets_count_ - 1)];
    while (*at != &shelf) at = &(*at)->next;
    *at = shelf.next;
    --keys_;
    removed.add(&shelf);
}

// What the shelf's own hash has not taken for the bucket and the shard.
std::uint64_t Shard::ghost_of(const Shelf& shelf, const Entry& entry) const {
    const auto variant = entry.variant();
    return variant.empty() ? other_hash_of(shelf.hash) : hash_of(variant, shelf.hash);
}

bool Shard::has_same(const Shelf& shelf, const Entry& entry) {
    for (const auto* other = shelf.variants; other != nullptr; other = other->next_variant_)
        if (other->vary_names() == entry.vary_names() && other->variant() == entry.variant()) return true;
    return false;
}

void Shard::put(Shelf& shelf, Ref<Entry> entry, Ref<Fill> fill, Removed& removed) {
    std::size_t count = 0;
    for (auto* other = shelf.variants; other != nullptr;) {
        auto* const next = other->next_variant_;
        const bool is_same = other->vary_names() == entry->vary_names() && other->variant() == entry->variant();
        if (is_same) entry->uses_.store(other->uses_.load(std::memory_order_relaxed), std::memory_order_relaxed);
        const bool takes_main_place = is_same && other->place_ == Entry::Place::main;
        if (takes_main_place) entry->is_ghost_ = true;
        if (is_same || ++count >= kVariantsMax) remove(*other, removed);
        other = next;
    }
    const auto ghost = ghost_of(shelf, *entry);
    auto& mark = ghosts_[ghost & (buckets_count_ - 1)];
    const auto sign = static_cast<std::uint32_t>(ghost >> 32U) | 1U;
    if (mark == sign) entry->is_ghost_ = true, mark = 0;
    entry->place_ = entry->is_ghost_ ? Entry::Place::main : Entry::Place::small;
    entry->weight_ = entry->head_octets() + entry->length().value_or(0);
    queue_of(*entry).push(*entry);
    entry->fill_ = std::move(fill);
    entry->shelf_ = &shelf;
    entry->bucket_ = static_cast<std::uint32_t>(shelf.hash);
    entry->next_variant_ = shelf.variants;
    shelf.variants = entry.release();
    ++entries_;
}

void Shard::take_off_shelf(Entry& entry) {
    auto** at = &entry.shelf_->variants;
    while (*at != &entry) at = &(*at)->next_variant_;
    *at = entry.next_variant_;
}

void Shard::remove(Entry& entry, Removed& removed) {
    take_off_shelf(entry);
    queue_of(entry).remove(entry);
    entry.place_ = Entry::Place::nowhere;
    entry.shelf_ = nullptr;
    removed.add(std::move(entry.fill_));
    --entries_;
    removed.add(&entry);
}

void Shard::end(Entry& entry, Removed& removed) {
    removed.add(std::move(entry.fill_));
    if (!is_stored(entry)) return;
    if (entry.state() == Entry::State::whole) {
        queue_of(entry).grow(entry, entry.head_octets() + entry.body()->size());
        return;
    }
    auto& shelf = *entry.shelf_;
    remove(entry, removed);
    drop_if_empty(shelf, removed);
}

void Shard::open(Shelf& shelf, Fill& fill) {
    fill.next_open_ = shelf.open;
    fill.shelf_ = &shelf;
    shelf.open = Ref<Fill>(&fill).release();
}

Shelf* Shard::close(const Fill& fill, Removed& removed) {
    auto* const shelf = fill.shelf_;
    if (shelf == nullptr) return nullptr;
    auto** at = &shelf->open;
    while (*at != &fill) at = &(*at)->next_open_;
    auto closed = Ref<Fill>::adopt(*at);
    *at = std::exchange(closed->next_open_, nullptr);
    closed->shelf_ = nullptr;
    removed.add(std::move(closed));
    return shelf;
}

void Shard::remember(const Entry& entry) {
    const auto ghost = ghost_of(*entry.shelf_, entry);
    ghosts_[ghost & (buckets_count_ - 1)] = static_cast<std::uint32_t>(ghost >> 32U) | 1U;
}

// All of it: what is in it lies before its texts.
void Shard::ask_for(const Entry* entry) {
    if (entry != nullptr) prefetch(entry, sizeof(Entry));
}

// Whoever takes it out reaches for more than itself, and for the one that leaves after it.
void Shard::ask_around(const Entry* entry) const {
    if (entry == nullptr) return;
    ask_for(entry->before_);
    prefetch(entry->shelf_, sizeof(Shelf));
    prefetch(entry->body_.raw(), sizeof(Segments));
    prefetch(&buckets_[entry->bucket_ & (buckets_count_ - 1)], sizeof(Shelf*));
}

// By somebody to whom it is sent, or who brings it. To be called with what the index has.
bool Shard::is_in_use(Entry& entry) {
    auto borrowed = Ref<Entry>::adopt(&entry);
    const bool is_alone = borrowed.is_unique();
    (void)borrowed.release();
    return !is_alone;
}

void Shard::move_to_main(Entry& entry, std::uint8_t uses) {
    queue_of(entry).remove(entry);
    entry.uses_.store(uses, std::memory_order_relaxed);
    entry.place_ = Entry::Place::main;
    main_.push(entry);
}

std::uint64_t Shard::evict(bool only_newcomers, Removed& removed) {
    for (unsigned in_use = 0; entries_ != 0;) {
        const bool from_small = main_.oldest() == nullptr || (small_.oldest() != nullptr && has_many_newcomers());
        if (only_newcomers && !(from_small && has_many_newcomers())) return 0;
        auto& queue = from_small ? small_ : main_;
        auto& entry = *queue.oldest();
        ask_around(entry.before_);
        const auto uses = entry.uses_.load(std::memory_order_relaxed);
        // In the main queue each use is another round; in the small one two of them are a place in the main one.
        if (from_small ? uses > 1 : uses > 0) {
            move_to_main(entry, from_small ? 0 : static_cast<std::uint8_t>(uses - 1));
            continue;
        }
        // It would leave no room now, and the next who asks for it would bring it a second time.
        if (is_in_use(entry)) {
            if (++in_use > kInUseMax) return 0;
            move_to_main(entry, uses);
            continue;
        }
        auto& shelf = *entry.shelf_;
        if (from_small) remember(entry);
        const auto octets = entry.weight_;
        remove(entry, removed);
        drop_if_empty(shelf, removed);
        return octets;
    }
    return 0;
}

void Shard::clear(Removed& removed) {
    for (auto* queue : {&small_, &main_})
        while (auto* const entry = queue->oldest()) {
            auto& shelf = *entry->shelf_;
            remove(*entry, removed);
            drop_if_empty(shelf, removed);
        }
}

void Shard::grow(Tables& tables) {
    for (std::size_t i = 0; i < buckets_count_; ++i)
        while (auto* const shelf = buckets_[i]) {
            buckets_[i] = shelf->next;
            auto*& bucket = tables.buckets[shelf->hash & (tables.size - 1)];
            shelf->next = std::exchange(bucket, shelf);
        }
    std::swap(buckets_, tables.buckets);
    std::swap(ghosts_, tables.ghosts);
    buckets_count_ = tables.size;
}

}  // namespace weir::cache
