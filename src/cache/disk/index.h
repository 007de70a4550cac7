// DiskIndex: where on the disk the records of a key lie: a compact open-addressed table in memory, 12 octets a slot, at most 32 octets an
// object. It knows a part of the key's hash and a few bits that tell the variants of a URL apart; the whole key stands in the record, so
// that a wrong slot costs a read and is never answered from. Slots come from the writer's thread alone; any thread looks, marks, removes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/few.h"
#include "base/spin_lock.h"

namespace weir::cache {

// Of a record. `segment`: the low half of the segment's sequence number.
struct DiskPlace {
    std::uint16_t segment = 0;
    std::uint16_t identity = 0;
    std::uint32_t offset = 0;
    std::uint32_t octets_max = 0;  // its length, rounded up
    bool operator==(const DiskPlace&) const = default;
};

class DiskIndex {
public:
    static constexpr std::size_t kShards = 256;
    static constexpr std::size_t kCandidatesMax = 8;                            // of one key
    static constexpr std::uint32_t kOffsetMax = (std::uint32_t{1} << 28U) - 1;  // 24 bits of 16 octets
    using Candidates = Few<DiskPlace, kCandidatesMax>;

    DiskIndex();

    // The writer's. What was known of the same hash and identity is forgotten.
    void put(std::uint64_t hash, const DiskPlace& place);
    // The writer's: it is put in a moment.
    void expect(std::uint64_t hash) const {
        const auto& shard = shard_of(hash);
        if (shard.size != 0) __builtin_prefetch(&shard.slots[slot_for(tag_of(hash), shard.size)], 1);
    }
    // Adds those of the hash, in no order.
    void find(std::uint64_t hash, Candidates& into) const;
    bool has(std::uint64_t hash, const DiskPlace& place) const;
    bool has_any(std::uint64_t hash) const;
    // It was asked for: to be kept when its segment goes.
    void mark_used(std::uint64_t hash, const DiskPlace& place);
    void remove(std::uint64_t hash, const DiskPlace& place);
    std::uint64_t remove_all(std::uint64_t hash);
    // The writer's: what lies in that segment goes; the places of what was asked for since it was put there.
    std::vector<DiskPlace> remove_segment(std::uint16_t segment);
    void clear();

    std::uint64_t objects() const { return objects_.load(std::memory_order_relaxed); }
    std::uint64_t octets() const { return octets_.load(std::memory_order_relaxed); }

private:
    struct Slot {
        std::uint32_t tag = 0;
        std::uint16_t segment = 0;
        std::uint16_t marks = 0;  // the identity, and whether it was used
        std::uint32_t where = 0;  // offset and size; kFree or kGone: nothing here
    };
    static_assert(sizeof(Slot) == 12);
    static constexpr std::uint32_t kFree = 0, kGone = 1;
    static constexpr std::uint16_t kUsed = 0x8000;

    struct alignas(64) Shard {
        mutable SpinLock lock;
        std::unique_ptr<Slot[]> slots;
        std::uint32_t size = 0;
        std::uint32_t live = 0;
        std::uint32_t taken = 0;  // live and gone
        template <class Visit>
        void visit(std::uint32_t tag, Visit&& visit) const;
    };

    static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 16U); }
    static std::uint32_t slot_for(std::uint32_t tag, std::uint32_t size) {
        return static_cast<std::uint32_t>((std::uint64_t{tag} * size) >> 32U);
    }
    Shard& shard_of(std::uint64_t hash) const { return shards_[hash >> 56U]; }
    static bool is_live(const Slot& slot) { return slot.where != kFree && slot.where != kGone; }
    static DiskPlace place_of(const Slot& slot);
    static Slot slot_of(std::uint64_t hash, const DiskPlace& place);
    static void place(Shard& shard, const Slot& slot);
    void drop(Shard& shard, Slot& slot);
    void make_room(Shard& shard);

    std::unique_ptr<Shard[]> shards_;
    std::atomic<std::uint64_t> objects_{0}, octets_{0};
};

}  // namespace weir::cache
