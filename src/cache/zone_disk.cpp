// The part of a zone that has to do with its disk.
#include "cache/disk/load.h"
#include "cache/disk/store.h"
#include "cache/shard.h"
#include "cache/slice_plan.h"
#include "cache/zone.h"

namespace weir::cache {
namespace {

// What is stale as soon as it has been written is not worth the writing.
constexpr Delta kLifetimeMin{10};

}  // namespace

Zone::Zone(const ZoneOptions& options, std::uint32_t workers, std::unique_ptr<DiskStore> disk) : Zone(options, workers, disk->seed()) {
    disk_ = std::move(disk);
    set_limits(options);
    disk_->start(purges_, [this](std::uint64_t hash) { return has_key(hash); });
}

bool Zone::has_key(std::uint64_t hash) const {
    auto& shard = shard_of(hash);
    const Spinning spinning(shard.lock);
    for (const auto* shelf = shard.first_of(hash); shelf != nullptr; shelf = shelf->next)
        if (shelf->hash == hash && shelf->variants != nullptr) return true;
    return false;
}

// An answer that takes the place of one that the disk has is written at once: the older one must not come back.
void Zone::came_whole(Entry& entry, std::string_view key, std::uint64_t hash) {
    // Renewed: what the disk has of it is good enough for a while, unless an unsafe request has made that void (RFC 9111 4.4).
    const bool was_kept = entry.kept() != 0;
    if (was_kept && disk_->may_have(hash)) return;
    const bool has_older = disk_->forget(hash, identity_of(key, entry.vary_names(), entry.variant()));
    const bool is_kept = (has_older || was_kept || disk_->writes_first()) && keep(entry, key, hash);
    if (has_older && !is_kept) disk_->purge_url(hash, purges_.raise(), false);
}

// Whether a film is worth writing its manifest says: of one that is played once nothing is written, of others what nobody asked for twice,
// too, which memory would never see a second time.
void Zone::keep_slice(Entry& slice, const Entry& manifest, const Lookup& lookup) {
    if (disk_ && manifest.kept() != 0 && slice.kept() == 0) keep(slice, lookup.key, lookup.hash);
}

std::uint64_t Zone::slice_max() const { return disk_ ? std::min(object_max(), disk_->body_max()) : object_max(); }

bool Zone::keep(Entry& entry, std::string_view key, std::uint64_t hash) {
    if (entry.state() != Entry::State::whole) return false;
    entry.set_kept();
    const auto& lifetime = entry.terms().lifetime;
    if (lifetime && *lifetime < kLifetimeMin) return false;
    return disk_->offer(Ref<Entry>(&entry), key, hash);
}

Zone::Loaded Zone::load(const Lookup& lookup, TimePoint now) {
    if (!disk_->may_have(lookup.hash) || disk_->is_resting(now)) return Loaded::absent;
    DiskLoad load(*disk_, lookup, account_, object_max());
    const auto loaded = load_now(load);
    if (loaded == LoadedNow::waits) return Loaded::waits;
    if (loaded == LoadedNow::absent || !admit(lookup, load, {})) {
        DiskCounters::add(disk_->counters().misses);
        return Loaded::absent;
    }
    disk_->note_read();
    return Loaded::here;
}

bool Zone::admit(const Lookup& lookup, const DiskLoad& load, Ref<Fill> fill) {
    if (!make_room()) return false;
    const auto& entry = load.entry();
    if (load.step() == DiskLoad::Step::whole) entry->end(true);
    auto* spare = Shelf::make(lookup.key, lookup.hash);
    bool is_admitted = false;
    auto& shard = shard_of(lookup.hash);
    {
        Removed removed{account_.raw()};
        const Spinning spinning(shard.lock);
        auto* shelf = shard.find(lookup.key, lookup.hash);
        const bool has_newer = shelf != nullptr && Shard::has_same(*shelf, *entry);
        // A purge looks at the disk first and then here: either it finds this, or is seen.
        if (!has_newer && !(fill && fill->is_void()) && load.is_still_good()) {
            if (shelf == nullptr) {
                shelf = std::exchange(spare, nullptr);
                shard.add(shelf, removed);
                account_->take(Shelf::octets_for(lookup.key));
            }
            shard.put(*shelf, entry, std::move(fill), removed);
            is_admitted = true;
        }
    }
    if (spare != nullptr) Shelf::free(spare);
    grow_if_wanted(shard);
    if (is_admitted) DiskCounters::add(disk_->counters().hits);
    return is_admitted;
}

}  // namespace weir::cache
