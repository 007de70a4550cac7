// DiskRing: the segments of a disk store in the order they were begun. Records are appended to the youngest; when there are too many octets
// the oldest goes as a whole, and what was asked for in it since is written again at the head. No place is ever written twice, so nothing
// fragments and a torn write harms nothing that was there before. All but file_of() is the writer's thread alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/spin_lock.h"
#include "cache/disk/counters.h"
#include "cache/disk/index.h"
#include "cache/disk/segment.h"
#include "cache/disk/voids.h"

namespace weir::cache {

class DiskRing {
public:
    static constexpr std::uint64_t kSegmentsWanted = 64;    // the quota is cut into so many, as far as their size allows
    static constexpr std::size_t kBatch = 1024 * 1024;      // octets that are written at once
    static constexpr std::uint64_t kOctetsAnObject = 4096;  // at least, on the average: the index takes less than a hundredth of the quota
    static constexpr unsigned kKeptShare = 4;               // a quarter of a segment at most is written again when one goes
    static constexpr std::uint32_t kSmall = 4096;           // what is no larger is written again first
    // Beside twice those that fit: each start may leave a short one, each is an open file.
    static constexpr std::uint64_t kSegmentsSpare = 64;

    struct Parts {
        Medium& medium;
        DiskIndex& index;
        const DiskVoids& voids;
        const Purges& purges;
        DiskCounters& counters;
        std::function<bool(std::uint64_t hash)> is_in_memory;  // keys there stay when their segment goes
        std::uint64_t store = 0;                               // number of the store: of no other folder
    };
    explicit DiskRing(Parts parts) : parts_(std::move(parts)) {}

    static constexpr std::uint64_t segment_octets(std::uint64_t quota) {
        return std::min(std::max(quota / kSegmentsWanted, kSegmentMin), kSegmentMax);
    }
    // What is too much goes at once.
    void set_quota(std::uint64_t octets);
    // The largest body that is written: two of them fit a segment.
    static constexpr std::uint64_t body_max(std::uint64_t quota) { return segment_octets(quota) / 2; }
    // What may lie there while one more is begun.
    std::uint64_t limit() const { return quota_ - segment_octets(quota_); }

    // Finds what is there. `goes_on` is asked between two segments; false: the rest is not looked at.
    Errno recover(const std::function<bool()>& goes_on);

    // Segments that recover() could not make use of, and one of them.
    struct Unfit {
        std::uint64_t count = 0;
        std::string name;
        Errno error = 0;  // 0: it could be read, and is no segment of this store
    };
    const Unfit& unfit() const { return unfit_; }

    // It is on the disk, and found, after the next flush().
    enum class Outcome : std::uint8_t { taken, too_large, failed };
    Outcome append(const Entry& entry, std::string_view key, std::uint64_t hash);
    bool flush();
    void seal();
    Errno last_error() const { return last_error_; }

    // Any thread. None: it is gone.
    Ref<MediumFile> file_of(std::uint16_t segment) const;

private:
    struct Segment {
        std::uint64_t sequence = 0;
        Ref<MediumFile> file;
        std::uint64_t octets = 0;
    };
    static std::uint16_t number_of(std::uint64_t sequence) { return static_cast<std::uint16_t>(sequence); }
    std::uint64_t octets() const;
    bool is_index_full() const { return parts_.index.objects() >= quota_ / kOctetsAnObject; }
    bool is_over() const;
    bool make_room_for(std::uint64_t octets);
    bool open_next();
    bool open_with(Segment& segment, std::uint64_t octets);
    void evict();
    void mark_what_is_in_memory(const Segment& segment);
    void keep_used(const Segment& from, std::vector<DiskPlace> used);
    void keep(const Segment& from, const DiskPlace& place);
    bool put(std::string_view octets);
    bool put_body(const Entry& entry);
    bool write_out();
    void forget_unpublished();
    void load(const Segment& segment, std::span<const SegmentRow> rows);
    bool take_in(std::uint64_t sequence);
    std::optional<Segment> open_one(std::uint64_t sequence);
    bool is_void(const SegmentRow& row) const;
    void publish(const Segment& segment, const SegmentRow& row);
    void show(const Segment& segment);
    void hide(std::uint16_t segment);
    void count();

    Parts parts_;
    std::uint64_t quota_ = 0;
    std::deque<Segment> segments_;  // the oldest first; while is_open_ the last is the one that is written
    bool is_open_ = false;
    std::uint64_t open_octets_ = 0;  // room of the open one
    std::uint64_t written_ = 0;      // octets of it that have been written
    std::uint64_t published_ = 0;    // of those the ones that the index knows of
    std::uint64_t kept_left_ = 0;    // octets that may still be written again into it
    std::uint64_t next_sequence_ = 1;
    std::string batch_;                // to be written at written_
    std::vector<SegmentRow> pending_;  // in the batch, or written and not published
    std::vector<SegmentRow> rows_;     // of the open one
    std::vector<std::uint32_t> sums_;
    Errno last_error_ = 0;
    Unfit unfit_;

    struct Shown {
        std::uint16_t number = 0;
        Ref<MediumFile> file;
    };
    mutable SpinLock lock_;  // of shown_
    std::vector<Shown> shown_;
};

}  // namespace weir::cache
