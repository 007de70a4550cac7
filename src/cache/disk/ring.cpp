#include "cache/disk/ring.h"

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "cache/disk/crc32c.h"

namespace weir::cache {

using Grave = Purges::Verdict;

Ref<MediumFile> DiskRing::file_of(std::uint16_t segment) const {
    const Spinning spinning(lock_);
    const auto found = std::ranges::lower_bound(shown_, segment, {}, &Shown::number);
    return found != shown_.end() && found->number == segment ? found->file : Ref<MediumFile>{};
}

// The table that readers look into is made anew outside of the lock.
void DiskRing::show(const Segment& segment) {
    auto next = shown_;
    const auto number = number_of(segment.sequence);
    next.insert(std::ranges::lower_bound(next, number, {}, &Shown::number), {.number = number, .file = segment.file});
    const Spinning spinning(lock_);
    std::swap(shown_, next);
}

void DiskRing::hide(std::uint16_t segment) {
    auto next = shown_;
    std::erase_if(next, [&](const auto& shown) { return shown.number == segment; });
    const Spinning spinning(lock_);
    std::swap(shown_, next);
}

std::uint64_t DiskRing::octets() const {
    std::uint64_t octets = 0;
    for (const auto& segment : segments_) octets += segment.octets;
    return octets;
}

void DiskRing::count() {
    parts_.counters.octets.store(octets(), std::memory_order_relaxed);
    parts_.counters.segments.store(segments_.size(), std::memory_order_relaxed);
}

bool DiskRing::is_void(const SegmentRow& row) const {
    return parts_.voids.of_url(row.hash, row.born) == Grave::hard || parts_.purges.since(row.born, {}) == Grave::hard;
}

// First into the index, then a look at the purges: one that comes meanwhile finds it there, or is seen here.
void DiskRing::publish(const Segment& segment, const SegmentRow& row) {
    const DiskPlace place{.segment = number_of(segment.sequence), .identity = row.identity, .offset = row.offset, .octets_max = row.octets};
    parts_.index.put(row.hash, place);
    if (is_void(row)) parts_.index.remove(row.hash, place);
}

void DiskRing::load(const Segment& segment, std::span<const SegmentRow> rows) {
    constexpr std::size_t kAhead = 8;  // the index is larger than the processor's caches
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i + kAhead < rows.size()) parts_.index.expect(rows[i + kAhead].hash);
        if (!is_void(rows[i])) publish(segment, rows[i]);
    }
    DiskCounters::add(parts_.counters.recovered, rows.size());
}

Errno DiskRing::recover(const std::function<bool()>& goes_on) {
    const auto names = parts_.medium.list();
    if (!names) return names.error();
    std::vector<std::uint64_t> sequences;
    for (const auto& name : *names)
        if (const auto sequence = sequence_of(name)) sequences.push_back(*sequence);
    std::ranges::sort(sequences);
    for (const auto sequence : sequences) {
        if (!goes_on()) return 0;
        if (take_in(sequence)) next_sequence_ = sequence + 1;
    }
    while (is_over() && !segments_.empty()) evict();
    count();
    return 0;
}

bool DiskRing::is_over() const {
    return octets() > limit() || is_index_full() || segments_.size() > 2 * quota_ / segment_octets(quota_) + kSegmentsSpare;
}

void DiskRing::set_quota(std::uint64_t octets) {
    quota_ = octets;
    const std::size_t stay = is_open_ ? 1 : 0;
    while (segments_.size() > stay && is_over()) evict();
}

// Nothing: it is gone, or is nothing of ours. What only can't be opened now, since too many files are, stays for the next start.
std::optional<DiskRing::Segment> DiskRing::open_one(std::uint64_t sequence) {
    const auto name = segment_name(sequence);
    auto file = parts_.medium.open(name);
    if (file && has_segment_header(**file, parts_.store, sequence)) return Segment{.sequence = sequence, .file = std::move(*file)};
    const auto error = file ? 0 : file.error();
    if (error == ENOENT) return std::nullopt;
    if (unfit_.count++ == 0) unfit_.name = name, unfit_.error = error;
    if (error != EMFILE && error != ENFILE && error != ENOMEM) parts_.medium.remove(name);
    return std::nullopt;
}

// What was torn gets its table now, so that the next start need not read it again.
bool DiskRing::take_in(std::uint64_t sequence) {
    auto opened = open_one(sequence);
    if (!opened) return false;
    auto& segment = *opened;
    auto rows = read_footer(*segment.file, sequence);
    if (!rows) {
        auto scanned = scan_segment(*segment.file, sequence);
        if (scanned.rows.empty()) {
            parts_.medium.remove(segment_name(sequence));
            return false;
        }
        if (segment.file->cut(scanned.end) == 0) segment.file->write(scanned.end, segment_footer(scanned.rows, scanned.end, sequence));
        rows = std::move(scanned.rows);
    }
    segment.octets = segment.file->size().value_or(kSegmentMax);
    show(segment);
    load(segment, *rows);
    segments_.push_back(std::move(segment));
    return true;
}

bool DiskRing::open_with(Segment& segment, std::uint64_t octets) {
    const auto name = segment_name(segment.sequence);
    auto file = parts_.medium.make(name);
    if (!file) {
        last_error_ = file.error();
        return false;
    }
    segment.file = std::move(*file);
    last_error_ = segment.file->allocate(octets);
    if (last_error_ == 0) last_error_ = segment.file->write(0, segment_header(parts_.store, segment.sequence));
    if (last_error_ != 0) parts_.medium.remove(name);
    return last_error_ == 0;
}

bool DiskRing::open_next() {
    Segment segment{.sequence = next_sequence_++};
    open_octets_ = segment_octets(quota_);
    while (!segments_.empty() && is_over()) evict();
    bool is_open = open_with(segment, open_octets_);
    // Others have filled the disk: what is oldest here makes room.
    if (!is_open && last_error_ == ENOSPC && !segments_.empty()) {
        evict();
        is_open = open_with(segment, open_octets_);
    }
    if (!is_open) return false;
    segment.octets = open_octets_;
    written_ = published_ = kSegmentHeader;
    kept_left_ = open_octets_ / kKeptShare;
    rows_.clear();
    show(segment);
    segments_.push_back(std::move(segment));
    is_open_ = true;
    while (segments_.size() > 1 && octets() > limit()) evict();
    count();
    return true;
}

// The oldest one goes.
void DiskRing::evict() {
    auto oldest = std::move(segments_.front());
    segments_.pop_front();
    if (is_open_) mark_what_is_in_memory(oldest);
    auto used = parts_.index.remove_segment(number_of(oldest.sequence));
    if (is_open_) keep_used(oldest, std::move(used));
    hide(number_of(oldest.sequence));
    parts_.medium.remove(segment_name(oldest.sequence));
    DiskCounters::add(parts_.counters.evicted);
    count();
}

// What memory answers with is not asked for here: it would be gone after a start.
void DiskRing::mark_what_is_in_memory(const Segment& segment) {
    if (!parts_.is_in_memory) return;
    const auto rows = read_footer(*segment.file, segment.sequence);
    if (!rows) return;
    for (const auto& row : *rows)
        if (parts_.is_in_memory(row.hash))
            parts_.index.mark_used(row.hash, {.segment = number_of(segment.sequence), .identity = row.identity, .offset = row.offset});
}

void DiskRing::keep_used(const Segment& from, std::vector<DiskPlace> used) {
    // A manifest must not go for its slices' sake: without it they are found by nobody.
    std::ranges::sort(used, {}, [](const DiskPlace& place) { return std::pair(place.octets_max > kSmall, place.offset); });
    for (const auto& place : used) keep(from, place);
}

void DiskRing::keep(const Segment& from, const DiskPlace& place) {
    Arena arena;
    std::string octets;
    if (place.octets_max > kept_left_) return;
    const auto record = read_whole(*from.file, place.offset, octets, arena);
    if (!record || record->sequence != from.sequence) return;
    const auto& lengths = record->lengths;
    const SegmentRow row{.hash = lengths.hash,
                         .born = record->born,
                         .offset = static_cast<std::uint32_t>(written_ + batch_.size()),
                         .octets = static_cast<std::uint32_t>(lengths.whole()),
                         .identity = place.identity};
    const bool is_purged = is_void(row) || parts_.purges.since(record->born, record->tags) == Grave::hard ||
                           parts_.voids.of_key(record->key, record->born) == Grave::hard;
    if (is_purged || lengths.whole() > kept_left_) return;
    move_head({octets.data(), lengths.head}, segments_.back().sequence);
    octets.resize(lengths.whole());
    if (!put(octets)) return;
    kept_left_ -= lengths.whole();
    pending_.push_back(row);
    DiskCounters::add(parts_.counters.kept);
}

bool DiskRing::make_room_for(std::uint64_t octets) {
    while (is_index_full() && segments_.size() > 1) evict();
    const auto footer = (rows_.size() + pending_.size() + 1) * kSegmentRow + kSegmentTrailer;
    if (is_open_ && written_ + batch_.size() + octets + footer <= open_octets_) return true;
    if (is_open_) seal();
    return open_next();
}

DiskRing::Outcome DiskRing::append(const Entry& entry, std::string_view key, std::uint64_t hash) {
    const auto body = entry.body()->size();
    if (body > body_max(quota_)) return Outcome::too_large;
    sums_.clear();
    SegmentReader reader(*entry.body(), 0);
    std::uint32_t sum = 0;
    std::size_t in_block = 0;
    for (std::uint64_t done = 0; done < body;) {
        const auto piece = reader.take(body, kRecordBlock - in_block);
        if (piece.empty()) return Outcome::failed;
        sum = crc32c(piece.octets, sum);
        in_block += piece.size();
        done += piece.size();
        if (in_block != kRecordBlock && done != body) continue;
        sums_.push_back(std::exchange(sum, 0));
        in_block = 0;
    }
    // The head is at most so long; the segment must be known before it is made.
    if (!make_room_for(body + kRecordHeadMax)) return Outcome::failed;
    const auto offset = written_ + batch_.size();
    const auto start = batch_.size();
    const auto& segment = segments_.back();
    if (!encode_head({.entry = &entry, .key = key, .hash = hash, .sequence = segment.sequence, .block_sums = sums_}, batch_))
        return Outcome::too_large;
    const auto octets = aligned(batch_.size() - start + body);
    pending_.push_back({.hash = hash,
                        .born = entry.born(),
                        .offset = static_cast<std::uint32_t>(offset),
                        .octets = static_cast<std::uint32_t>(octets),
                        .identity = identity_of(key, entry.vary_names(), entry.variant())});
    if (!put_body(entry) || !put(std::string_view("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", offset + octets - written_ - batch_.size())))
        return Outcome::failed;
    DiskCounters::add(parts_.counters.written);
    DiskCounters::add(parts_.counters.octets_written, octets);
    return Outcome::taken;
}

bool DiskRing::put_body(const Entry& entry) {
    const auto size = entry.body()->size();
    SegmentReader reader(*entry.body(), 0);
    for (std::uint64_t done = 0; done < size;) {
        const auto piece = reader.take(size, size);
        if (!put(piece.octets)) return false;
        done += piece.size();
    }
    return true;
}

bool DiskRing::put(std::string_view octets) {
    batch_.append(octets);
    return batch_.size() < kBatch || write_out();
}

// What could not be written is as if it had never come: the next try begins where the last whole record ends.
void DiskRing::forget_unpublished() {
    batch_.clear();
    pending_.clear();
    written_ = published_;
}

bool DiskRing::write_out() {
    if (batch_.empty()) return true;
    last_error_ = segments_.back().file->write(written_, batch_);
    if (last_error_ != 0) {
        DiskCounters::add(parts_.counters.write_errors);
        forget_unpublished();
        return false;
    }
    written_ += batch_.size();
    batch_.clear();
    return true;
}

bool DiskRing::flush() {
    if (pending_.empty()) return true;
    if (!write_out()) return false;
    for (const auto& row : pending_) {
        publish(segments_.back(), row);
        rows_.push_back(row);
    }
    pending_.clear();
    published_ = written_;
    return true;
}

void DiskRing::seal() {
    if (!is_open_) return;
    flush();
    is_open_ = false;
    auto& segment = segments_.back();
    const auto footer = segment_footer(rows_, published_, segment.sequence);
    last_error_ = segment.file->cut(published_);
    if (last_error_ == 0) last_error_ = segment.file->write(published_, footer);
    if (last_error_ == 0) last_error_ = segment.file->sync();
    if (last_error_ != 0) DiskCounters::add(parts_.counters.write_errors);
    segment.octets = published_ + footer.size();
    rows_.clear();
    count();
}

}  // namespace weir::cache
