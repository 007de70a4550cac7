#include "cache/disk/store.h"

#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "cache/disk/crc32c.h"
#include "cache/disk/octets.h"
#include "cache/hash.h"

namespace weir::cache {
namespace {

constexpr const char* kStateName = "store";
constexpr const char* kNewStateName = "store.new";
constexpr std::uint32_t kMagic = 0x53534557U;  // "WESS"
constexpr std::size_t kStateOctets = 20;

TimePoint now() { return std::chrono::steady_clock::now(); }

std::string state_of(std::uint64_t seed) {
    std::string state;
    OctetWriter out(state);
    out.number(kMagic);
    out.number(std::uint32_t{kDiskFormat});
    out.number(seed);
    out.number(crc32c(state));
    return state;
}

std::optional<std::uint64_t> read_seed(Medium& medium) {
    auto file = medium.open(kStateName);
    std::string state(kStateOctets, '\0');
    if (!file) return std::nullopt;
    const auto count = (*file)->read(0, state, MediumFile::Patience::wait);
    OctetReader in(std::string_view(state).substr(2 * sizeof(std::uint32_t)));
    const auto seed = in.number<std::uint64_t>();
    if (!count || *count != state.size() || state != state_of(seed)) return std::nullopt;
    return seed;
}

Errno write_seed(Medium& medium, std::uint64_t seed) {
    auto file = medium.make(kNewStateName);
    if (!file) return file.error();
    if (const auto error = (*file)->write(0, state_of(seed)); error != 0) return error;
    if (const auto error = (*file)->sync(); error != 0) return error;
    return medium.rename(kNewStateName, kStateName);
}

// How many segments that were.
std::uint64_t wipe(Medium& medium) {
    std::uint64_t count = 0;
    const auto names = medium.list();
    if (!names) return count;
    for (const auto& name : *names)
        if (sequence_of(name) && medium.remove(name) == 0) ++count;
    return count;
}

}  // namespace

DiskStore::DiskStore(const DiskOptions& options, std::unique_ptr<Medium> medium, std::uint64_t seed)
    : folder_(options.folder),
      medium_(std::move(medium)),
      seed_(seed),
      octets_max_(options.octets_max),
      writes_first_(options.writes_first),
      log_(*medium_),
      before_(std::make_unique<Purges>(0)) {}

// What was purged must be known before anything is: without its log what is stored goes.
std::expected<std::unique_ptr<DiskStore>, std::string> DiskStore::open(const DiskOptions& options, std::unique_ptr<Medium> medium,
                                                                       std::uint64_t fresh_seed) {
    const auto failed = [&](Errno error) {
        return std::unexpected("can't write into " + options.folder + ": " + std::strerror(error) +
                               "; make room there, or take 'disk' out");
    };
    const auto known = read_seed(*medium);
    if (!known) {
        const auto count = wipe(*medium);
        if (count != 0)
            log::warn("cache_disk_begun_anew", "another version of Weir wrote what is stored there, or it is damaged: it goes",
                      {{"folder", options.folder}, {"segments", count}});
        medium->remove("purges");
        if (const auto error = write_seed(*medium, fresh_seed); error != 0) return failed(error);
    }
    std::unique_ptr<DiskStore> store(new DiskStore(options, std::move(medium), known.value_or(fresh_seed)));
    const auto loaded = store->log_.load(*store->before_, store->voids_);
    if (loaded == PurgeLog::Loaded::absent && wipe(*store->medium_) != 0)
        log::warn("cache_disk_purges_missing", "the list of what was purged can't be read: all that is stored goes",
                  {{"folder", options.folder}});
    store->before_->restore_number(store->before_->now() + PurgeLog::kNumbersApart);
    if (loaded == PurgeLog::Loaded::damaged) {
        log::warn("cache_disk_purges_damaged", "what was purged is not known for sure: all that is stored counts as purged",
                  {{"folder", options.folder}});
        store->before_->purge_all(false);
    }
    if (const auto error = store->log_.begin(*store->before_, store->voids_); error != 0) return failed(error);
    return store;
}

DiskStore::~DiskStore() {
    is_stopping_.store(true, std::memory_order_release);
    bell_.ring();
    if (writer_.joinable()) writer_.join();
}

void DiskStore::start(Purges& purges, std::function<bool(std::uint64_t hash)> is_in_memory) {
    before_->for_each([&](const Purges::Note& note) { purges.restore(note); });
    purges.restore_number(before_->now());
    before_.reset();
    purges_ = &purges;
    ring_ = std::make_unique<DiskRing>(DiskRing::Parts{.medium = *medium_,
                                                       .index = index_,
                                                       .voids = voids_,
                                                       .purges = purges,
                                                       .counters = counters_,
                                                       .is_in_memory = std::move(is_in_memory),
                                                       .store = hash_of("store", seed_)});
    counters_.is_recovering = true;
    writer_ = start_quietly([this] { run(); }, "weir-disk");
}

// What waits to be written is the zone's memory, too: more of it, and nothing new could be stored there.
void DiskStore::set_limits(const DiskOptions& options, std::uint64_t memory_max) {
    queue_max_.store(std::min(memory_max / 2, kQueueOctetsMax), std::memory_order_relaxed);
    octets_max_.store(options.octets_max, std::memory_order_relaxed);
    writes_first_.store(options.writes_first, std::memory_order_relaxed);
    bell_.ring();
}

void DiskStore::run() {
    const auto begun = now();
    ring_->set_quota(octets_max());
    const auto error = ring_->recover([this] {
        write_notes();
        return !is_stopping_.load(std::memory_order_acquire);
    });
    counters_.is_recovering = false;
    if (error != 0) tell(read_told_at_, "cache_disk_unreadable", "what is stored there can't be listed", error);
    tell_of_unfit();
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(now() - begun);
    log::info("cache_disk_ready", "what was stored is there again",
              {{"folder", folder_}, {"objects", objects()}, {"octets", DiskCounters::of(counters_.octets)}, {"ms", took.count()}});
    while (!is_stopping_.load(std::memory_order_acquire)) {
        bell_.wait();
        pass();
    }
    pass();
    ring_->seal();
}

void DiskStore::tell_of_unfit() {
    const auto& unfit = ring_->unfit();
    if (unfit.count == 0) return;
    const auto* const why = unfit.error == 0 ? "it is no segment of this store" : std::strerror(unfit.error);
    log::warn("cache_disk_segments_unfit", "segments can't be used, and are taken out where that is possible: the origin is asked instead",
              {{"folder", folder_}, {"count", unfit.count}, {"one", unfit.name}, {"why", why}});
}

void DiskStore::pass() {
    ring_->set_quota(octets_max());
    write_notes();
    io::Mailbox::Message message;
    while (mailbox_.pop(message)) {
        message();
        message = nullptr;
        if (notes_.has_any()) write_notes();
    }
    if (!ring_->flush()) rest_writing();
}

void DiskStore::write_notes() {
    if (!notes_.has_any()) return;
    std::vector<DiskSettling*> settling;
    const bool is_overrun = notes_.take([&](const DiskNotes::Note& note) {
        if (note.settling != nullptr) settling.push_back(note.settling);
        else log_.add(note.row);
    });
    if (is_overrun) log_.add({.kind = PurgeRow::Kind::all, .number = purges_->raise()});
    auto error = log_.is_long() ? log_.begin(*purges_, voids_) : 0;
    if (error == 0) error = log_.write();
    if (error == 0 && !settling.empty()) error = log_.sync();
    if (error != 0)
        tell(log_told_at_, "cache_disk_purge_unwritten", "a purge can't be written: it would be forgotten in a crash; make room", error);
    for (auto* one : settling) one->tell(error == 0);
}

bool DiskStore::offer(Ref<Entry> entry, std::string_view key, std::uint64_t hash) {
    const auto octets = entry->head_octets() + entry->body()->size() + key.size();
    const bool has_room = queued_.fetch_add(octets, std::memory_order_relaxed) + octets <= queue_max_.load(std::memory_order_relaxed);
    io::Mailbox::Message message = [this, entry = std::move(entry), key = std::string(key), hash, octets] {
        write(*entry, key, hash);
        queued_.fetch_sub(octets, std::memory_order_relaxed);
    };
    if (!has_room || !may_write(now()) || !mailbox_.push(message)) {
        queued_.fetch_sub(octets, std::memory_order_relaxed);
        DiskCounters::add(counters_.dropped);
        return false;
    }
    bell_.ring();
    return true;
}

void DiskStore::write(const Entry& entry, std::string_view key, std::uint64_t hash) {
    if (!may_write(now())) return DiskCounters::add(counters_.dropped);
    if (entry.terms_now().is_invalid || purges_->since(entry.born(), entry.tags()) == Purges::Verdict::hard) return;
    const auto outcome = ring_->append(entry, key, hash);
    if (outcome == DiskRing::Outcome::taken) return;
    DiskCounters::add(counters_.dropped);
    if (outcome == DiskRing::Outcome::failed) rest_writing();
}

void DiskStore::rest_writing() {
    writes_rest_until_.store((now() + kWriteRest).time_since_epoch().count(), std::memory_order_relaxed);
    const auto error = ring_->last_error();
    const auto* sentence = error == ENOSPC ? "the disk is full: nothing is written for a while; make room, or give 'disk' a smaller size"
                                           : "writing failed: nothing is written for a while; look at the disk";
    tell(write_told_at_, "cache_disk_write_failed", sentence, error);
}

void DiskStore::note_read_fault(Errno error, TimePoint at) {
    DiskCounters::add(counters_.read_errors);
    tell(read_told_at_, "cache_disk_read_failed", "reading failed: the origin is asked instead; look at the disk", error);
    if (read_faults_.fetch_add(1, std::memory_order_relaxed) + 1 < kReadFaultsMax) return;
    read_faults_.store(0, std::memory_order_relaxed);
    reads_rest_until_.store((at + kReadRest).time_since_epoch().count(), std::memory_order_relaxed);
}

void DiskStore::tell(std::atomic<std::int64_t>& told_at, const char* event, const char* sentence, Errno error) {
    const auto at = now().time_since_epoch().count();
    auto before = told_at.load(std::memory_order_relaxed);
    if (before != 0 && at - before < Duration(kToldEvery).count()) return;
    if (!told_at.compare_exchange_strong(before, at, std::memory_order_relaxed)) return;
    log::warn(event, sentence, {{"folder", folder_}, {"why", std::strerror(error)}});
}

bool DiskStore::forget(std::uint64_t hash, std::uint16_t identity) {
    if (!may_have(hash)) return false;
    DiskIndex::Candidates places;
    index_.find(hash, places);
    bool has_any = false;
    for (const auto& place : places.all()) {
        if (place.identity != identity) continue;
        index_.remove(hash, place);
        has_any = true;
    }
    return has_any;
}

void DiskStore::purge_url(std::uint64_t hash, std::uint64_t number, bool is_soft) {
    const auto cell = DiskVoids::cell_of(hash);
    voids_.void_cell(cell, number, is_soft);
    if (!is_soft) index_.remove_all(hash);
    notes_.add({.kind = PurgeRow::Kind::url, .is_soft = is_soft, .cell = cell, .number = number});
    bell_.ring();
}

void DiskStore::purge_prefix(std::string_view prefix, std::uint64_t number, bool is_soft) {
    voids_.void_prefix({.text = std::string(prefix), .number = number, .is_soft = is_soft});
    notes_.add({.kind = PurgeRow::Kind::prefix, .is_soft = is_soft, .number = number, .text = std::string(prefix)});
    bell_.ring();
}

void DiskStore::note_tag(TagCell cell, std::uint64_t number, bool is_soft) {
    notes_.add({.kind = PurgeRow::Kind::tag, .is_soft = is_soft, .cell = cell, .number = number});
    bell_.ring();
}

void DiskStore::note_all(std::uint64_t number, bool is_soft) {
    notes_.add({.kind = PurgeRow::Kind::all, .is_soft = is_soft, .number = number});
    bell_.ring();
}

Purges::Verdict DiskStore::verdict(const Record& record) const {
    const auto by_number = purges_->since(record.born, record.tags);
    const auto by_key = voids_.of_key(record.key, record.born);
    // Whether the URL was purged for good the index knows; a cell would say it of its neighbours, too.
    const auto by_url = voids_.is_stale_url(record.lengths.hash, record.born) ? Purges::Verdict::soft : Purges::Verdict::none;
    return std::max({by_number, by_key, by_url});
}

}  // namespace weir::cache
