#include "cache/disk/index.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "cache/disk/record.h"

namespace weir::cache {
namespace {

constexpr std::uint32_t kSizeFirst = 16;
constexpr std::uint32_t kWalkedAtOnce = 1024;  // slots under one lock
constexpr unsigned kSizeBits = 8, kMantissaBits = 3;

// Sizes as a small float, rounded up: an eighth too much at most.
std::uint32_t code_of(std::uint32_t octets) {
    const auto units =
        std::max<std::uint32_t>(1, static_cast<std::uint32_t>((std::uint64_t{octets} + kRecordAlignment - 1) / kRecordAlignment));
    auto exponent = static_cast<unsigned>(std::bit_width(units)) - 1;
    if (exponent < kMantissaBits) return units;
    auto mantissa = ((std::uint64_t{units} << kMantissaBits) + (std::uint64_t{1} << exponent) - 1) >> exponent;  // 8 to 16
    if (mantissa == 16) mantissa = 8, ++exponent;
    return static_cast<std::uint32_t>(((exponent - kMantissaBits + 1) << kMantissaBits) + (mantissa - 8));
}

std::uint32_t octets_of(std::uint32_t code) {
    if (code < 8) return code * static_cast<std::uint32_t>(kRecordAlignment);
    const auto exponent = (code >> kMantissaBits) - 1;
    const auto mantissa = 8U + (code & 7U);
    return static_cast<std::uint32_t>((std::uint64_t{mantissa} << exponent) * kRecordAlignment);
}

}  // namespace

DiskIndex::DiskIndex() : shards_(new Shard[kShards]) {}

// Along the run of slots where the tag may stand; until the visitor says false.
template <class Visit>
void DiskIndex::Shard::visit(std::uint32_t tag, Visit&& visit) const {
    if (size == 0) return;
    auto at = slot_for(tag, size);
    for (std::uint32_t steps = 0; steps < size; ++steps, at = at + 1 == size ? 0 : at + 1) {
        auto& slot = slots[at];
        if (slot.where == kFree) return;
        if (slot.tag == tag && is_live(slot) && !visit(slot)) return;
    }
}

DiskPlace DiskIndex::place_of(const Slot& slot) {
    return {.segment = slot.segment,
            .identity = static_cast<std::uint16_t>(slot.marks & ~kUsed),
            .offset = (slot.where >> kSizeBits) * static_cast<std::uint32_t>(kRecordAlignment),
            .octets_max = octets_of(slot.where & ((1U << kSizeBits) - 1))};
}

DiskIndex::Slot DiskIndex::slot_of(std::uint64_t hash, const DiskPlace& place) {
    const auto offset = place.offset / static_cast<std::uint32_t>(kRecordAlignment);
    return {
        .tag = tag_of(hash), .segment = place.segment, .marks = place.identity, .where = (offset << kSizeBits) | code_of(place.octets_max)};
}

void DiskIndex::place(Shard& shard, const Slot& slot) {
    auto at = slot_for(slot.tag, shard.size);
    while (is_live(shard.slots[at])) at = at + 1 == shard.size ? 0 : at + 1;
    if (shard.slots[at].where == kFree) ++shard.taken;
    shard.slots[at] = slot;
    ++shard.live;
}

void DiskIndex::drop(Shard& shard, Slot& slot) {
    slot.where = kGone;
    --shard.live;
    objects_.fetch_sub(1, std::memory_order_relaxed);
}

// Four fifths are full: a table of half as many free slots as it has live ones again. Made without the lock: others only take out
// meanwhile.
void DiskIndex::make_room(Shard& shard) {
    std::uint32_t live = 0;
    {
        const Spinning spinning(shard.lock);
        if ((shard.taken + 1) * 5 <= shard.size * 4) return;
        live = shard.live;
    }
    const auto size = std::max(kSizeFirst, live * 2 + 2);
    auto slots = std::make_unique<Slot[]>(size);
    const Spinning spinning(shard.lock);
    octets_.fetch_add((std::uint64_t{size} - shard.size) * sizeof(Slot), std::memory_order_relaxed);
    std::swap(slots, shard.slots);
    const auto before = std::exchange(shard.size, size);
    shard.live = shard.taken = 0;
    for (std::uint32_t i = 0; i < before; ++i)
        if (is_live(slots[i])) place(shard, slots[i]);
}

void DiskIndex::put(std::uint64_t hash, const DiskPlace& place_at) {
    auto& shard = shard_of(hash);
    make_room(shard);
    const auto fresh = slot_of(hash, place_at);
    bool is_known = false;
    std::size_t others = 0;
    const Spinning spinning(shard.lock);
    shard.visit(fresh.tag, [&](Slot& slot) {
        is_known = (slot.marks & ~kUsed) == fresh.marks;
        // Too many variants: one makes room.
        if (!is_known && ++others >= kCandidatesMax) is_known = true;
        if (is_known) slot = fresh;
        return !is_known;
    });
    if (is_known) return;
    place(shard, fresh);
    objects_.fetch_add(1, std::memory_order_relaxed);
}

void DiskIndex::find(std::uint64_t hash, Candidates& found) const {
    auto& shard = shard_of(hash);
    const Spinning spinning(shard.lock);
    shard.visit(tag_of(hash), [&](const Slot& slot) {
        found.add(place_of(slot));
        return !found.is_full();
    });
}

bool DiskIndex::has_any(std::uint64_t hash) const {
    bool has = false;
    auto& shard = shard_of(hash);
    const Spinning spinning(shard.lock);
    shard.visit(tag_of(hash), [&](const Slot&) {
        has = true;
        return false;
    });
    return has;
}

bool DiskIndex::has(std::uint64_t hash, const DiskPlace& place) const {
    bool has = false;
    auto& shard = shard_of(hash);
    const Spinning spinning(shard.lock);
    shard.visit(tag_of(hash), [&](const Slot& slot) {
        has = slot.segment == place.segment && place_of(slot).offset == place.offset;
        return !has;
    });
    return has;
}

void DiskIndex::mark_used(std::uint64_t hash, const DiskPlace& place) {
    auto& shard = shard_of(hash);
    const Spinning spinning(shard.lock);
    shard.visit(tag_of(hash), [&](Slot& slot) {
        const bool is_it = slot.segment == place.segment && place_of(slot).offset == place.offset;
        if (is_it) slot.marks |= kUsed;
        return !is_it;
    });
}

void DiskIndex::remove(std::uint64_t hash, const DiskPlace& place) {
    auto& shard = shard_of(hash);
    const Spinning spinning(shard.lock);
    shard.visit(tag_of(hash), [&](Slot& slot) {
        const bool is_it = slot.segment == place.segment && place_of(slot).offset == place.offset;
        if (is_it) drop(shard, slot);
        return !is_it;
    });
}

std::uint64_t DiskIndex::remove_all(std::uint64_t hash) {
    std::uint64_t count = 0;
    auto& shard = shard_of(hash);
    const Spinning spinning(shard.lock);
    shard.visit(tag_of(hash), [&](Slot& slot) {
        drop(shard, slot);
        ++count;
        return true;
    });
    return count;
}

std::vector<DiskPlace> DiskIndex::remove_segment(std::uint16_t segment) {
    std::vector<DiskPlace> used;
    for (std::size_t i = 0; i < kShards; ++i) {
        auto& shard = shards_[i];
        for (std::uint32_t begin = 0; begin < shard.size; begin += kWalkedAtOnce) {  // only this thread changes the size
            used.reserve(used.size() + kWalkedAtOnce);
            const Spinning spinning(shard.lock);
            for (auto at = begin; at < std::min(shard.size, begin + kWalkedAtOnce); ++at) {
                auto& slot = shard.slots[at];
                if (!is_live(slot) || slot.segment != segment) continue;
                if ((slot.marks & kUsed) != 0) used.push_back(place_of(slot));
                drop(shard, slot);
            }
        }
    }
    return used;
}

void DiskIndex::clear() {
    for (std::size_t i = 0; i < kShards; ++i) {
        auto& shard = shards_[i];
        const Spinning spinning(shard.lock);
        for (std::uint32_t at = 0; at < shard.size; ++at)
            if (is_live(shard.slots[at])) drop(shard, shard.slots[at]);
    }
}

}  // namespace weir::cache
