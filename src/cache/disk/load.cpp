#include "cache/disk/load.h"

#include <algorithm>
#include <bit>

#include "cache/vary.h"
#include "cache/zone.h"

namespace weir::cache {

DiskLoad::DiskLoad(DiskStore& store, const Lookup& lookup, Ref<Account> account, std::uint64_t object_max)
    : store_(store), lookup_(lookup), account_(std::move(account)), object_max_(object_max), hash_(lookup.hash) {
    store_.index().find(hash_, candidates_);
    next_candidate();
}

// The newest first: it tells by which fields the answers vary; then the one that the request selects by them.
void DiskLoad::next_candidate() {
    step_ = Step::absent;
    const auto of_key = identity_of(lookup_.key, {}, {});
    const DiskPlace* best = nullptr;
    std::size_t chosen = 0;
    const auto all = candidates_.all();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& place = all[i];
        const bool is_other_key = ((place.identity ^ of_key) & ~kIdentityVariant) != 0;
        const bool is_other_variant = knows_variant_ && (place.identity & kIdentityVariant) != wanted_variant_;
        if ((tried_ >> i & 1U) != 0 || is_other_key || is_other_variant) continue;
        // Numbers of segments go round; nearby ones compare by their distance.
        const auto is_newer = [&] {
            const auto distance = static_cast<std::int16_t>(place.segment - best->segment);
            return distance > 0 || (distance == 0 && place.offset > best->offset);
        };
        if (best == nullptr || is_newer()) best = &place, chosen = i;
    }
    if (best == nullptr || reads_++ == kReadsMax) return;
    tried_ |= 1U << chosen;
    place_ = *best;
    file_ = store_.file_of(place_);
    offset_ = place_.offset;
    wanted_ = std::min<std::size_t>(place_.octets_max, kBuffer);
    if (file_) step_ = Step::read;
    else next_candidate();
}

// Whatever is wrong there, nobody is to look again.
void DiskLoad::drop_candidate() {
    DiskCounters::add(store_.counters().bad);
    store_.index().remove(hash_, place_);
    next_candidate();
}

void DiskLoad::fail() {
    if (!entry_) return drop_candidate();
    // Half of it has been answered with: the next one is not to come to the same place.
    store_.index().remove(hash_, place_);
    step_ = Step::broken;
}

bool DiskLoad::take(std::string_view octets) {
    DiskCounters::add(store_.counters().reads);
    if (!entry_) return take_head(octets);
    if (octets.size() < wanted_) return false;
    const auto before = entry_->body()->size();
    add_body(octets.substr(0, wanted_));
    if (entry_->body()->size() - before != wanted_) {
        DiskCounters::add(store_.counters().bad);
        store_.index().remove(hash_, place_);
        step_ = Step::broken;
    } else {
        step_ = entry_->body()->size() == record_.lengths.body ? Step::whole : Step::begun;
    }
    return true;
}

bool DiskLoad::take_head(std::string_view octets) {
    if (octets.size() < kRecordStart) return false;
    const auto lengths = read_lengths(octets);
    if (!lengths || lengths->hash != hash_) {
        if (!lengths) drop_candidate();
        else next_candidate();
        return true;
    }
    const auto needed = std::min<std::uint64_t>(lengths->head + lengths->body, kBuffer);
    if (octets.size() < needed) {
        wanted_ = needed;
        return false;
    }
    const auto record = decode_record(octets, *lookup_.arena);
    const bool is_there = record && static_cast<std::uint16_t>(record->sequence) == place_.segment;
    if (!is_there) drop_candidate();
    else if (is_wanted(*record)) begin_entry(*record, octets.substr(lengths->head));
    else next_candidate();
    return true;
}

bool DiskLoad::is_wanted(const Record& record) {
    if (record.key != lookup_.key || record.lengths.body > object_max_) return false;
    if (store_.verdict(record) == Purges::Verdict::hard) {
        store_.index().remove(hash_, place_);
        return false;
    }
    if (record.vary_names.empty()) return true;
    const auto wanted = variant_key(record.vary_names, *lookup_.fields, *lookup_.arena);
    if (wanted && *wanted == record.variant) return true;
    knows_variant_ = true;
    wanted_variant_ = identity_of(lookup_.key, record.vary_names, wanted.value_or(std::string_view{})) & kIdentityVariant;
    return false;
}

void DiskLoad::begin_entry(const Record& record, std::string_view body) {
    auto& arena = *lookup_.arena;
    record_ = record;
    record_.key = lookup_.key;
    record_.block_sums = arena.copy(record.block_sums);
    http::Response response(arena);
    response.status = record.terms.status;
    response.reason = record.reason;
    for (const auto& field : record.fields) response.fields.add(field);
    EntryParts parts;
    parts.response = &response;
    parts.terms = record.terms;
    parts.vary_names = record.vary_names;
    parts.variant = record.variant;
    parts.tags = record.tags;
    parts.born = record.born;
    parts.length = record.slicing.any() ? record.sliced : record.lengths.body;
    parts.slicing = record.slicing;
    parts.body = Segments::make(account_, record.lengths.body, true);
    entry_ = Entry::make(std::move(parts));
    entry_->set_kept();
    const auto octets = body.substr(0, std::min<std::uint64_t>(body.size(), record.lengths.body));
    const auto taken = add_body(octets);
    const bool is_whole = taken == record.lengths.body;
    if (!is_whole && octets.size() - taken >= std::min<std::uint64_t>(kRecordBlock, record.lengths.body - taken)) {
        // A block that is there, and is not what was written.
        entry_ = {};
        drop_candidate();
        return;
    }
    store_.index().mark_used(hash_, place_);
    step_ = is_whole ? Step::whole : Step::begun;
}

// Blocks that are whole and what they should be; how many octets that were.
std::size_t DiskLoad::add_body(std::string_view octets) {
    auto& body = *entry_->body();
    std::size_t taken = 0;
    for (;;) {
        const auto number = body.size() / kRecordBlock;
        const auto block = octets.substr(taken, kRecordBlock);
        if (!record_.is_block(number, block)) return taken;
        body.append(block);
        taken += block.size();
    }
}

void DiskLoad::go_on() {
    const auto have = entry_->body()->size();
    offset_ = place_.offset + record_.lengths.head + have;
    wanted_ = std::min<std::uint64_t>(kBuffer, record_.lengths.body - have);
    step_ = Step::read;
}

bool DiskLoad::is_still_good() const {
    const auto verdict = store_.verdict(record_);
    if (verdict == Purges::Verdict::soft) entry_->mark_stale();
    return verdict != Purges::Verdict::hard && store_.index().has(hash_, place_);
}

LoadedNow load_now(DiskLoad& load) {
    using Step = DiskLoad::Step;
    thread_local const std::unique_ptr<char[]> buffer(new char[DiskLoad::kBuffer]);
    while (load.step() == Step::read) {
        const auto came = load.file()->read(load.offset(), {buffer.get(), load.wanted()}, MediumFile::Patience::none);
        if (!came || !load.take({buffer.get(), *came})) return LoadedNow::waits;
    }
    if (load.step() == Step::begun) return LoadedNow::waits;
    return load.step() == Step::whole ? LoadedNow::whole : LoadedNow::absent;
}

}  // namespace weir::cache
