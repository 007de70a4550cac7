// DiskStore: the part of a zone that lies on a disk. Answers that are asked for again are written there by a thread of its own; what memory
// does not have is read back (load.h); what is there when the process begins is there again, without waiting for it. What was purged stays
// purged, also over a crash. A disk that is full, slow or broken only makes the store empty: the origin is asked instead.
// Owner: Zone. Opened, started and ended by the control thread; the rest is for any thread and never waits, but for settle().
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "cache/disk/counters.h"
#include "cache/disk/index.h"
#include "cache/disk/notes.h"
#include "cache/disk/options.h"
#include "cache/disk/reading.h"
#include "cache/disk/ring.h"
#include "cache/disk/voids.h"
#include "io/mailbox.h"

namespace weir::cache {

class DiskStore {
public:
    static constexpr std::uint64_t kQueueOctetsMax = 64U * 1024 * 1024;  // that wait to be written, and half of the zone's memory
    static constexpr Duration kWriteRest = std::chrono::seconds(30);     // after an error
    static constexpr Duration kReadRest = std::chrono::seconds(10);      // after kReadFaultsMax of them, one behind the other
    static constexpr Duration kReadTimeMax = std::chrono::seconds(2);    // a disk that is slower than this is no help
    static constexpr Duration kSettleTimeMax = std::chrono::seconds(5);  // for a purge by a worker to be on the disk
    static constexpr unsigned kReadFaultsMax = 8;
    static constexpr Duration kToldEvery = std::chrono::minutes(1);  // one log line of a kind

    // The error is a sentence for a person. `fresh_seed`: of a store that is made now.
    static std::expected<std::unique_ptr<DiskStore>, std::string> open(const DiskOptions& options, std::unique_ptr<Medium> medium,
                                                                       std::uint64_t fresh_seed);
    DiskStore(const DiskStore&) = delete;
    DiskStore& operator=(const DiskStore&) = delete;
    ~DiskStore();

    const std::string& folder() const { return folder_; }
    // What keys and tags are hashed with: the same as long as the store lives.
    std::uint64_t seed() const { return seed_; }
    // Brings back the purges of earlier processes, then looks for what is there, in the background. `is_in_memory`: of a key's hash.
    void start(Purges& purges, std::function<bool(std::uint64_t hash)> is_in_memory);
    void set_limits(const DiskOptions& options, std::uint64_t memory_max);
    std::uint64_t body_max() const { return DiskRing::body_max(octets_max()); }
    bool writes_first() const { return writes_first_.load(std::memory_order_relaxed); }

    // An answer that is whole. False: the queue is full, or the disk is left alone; it is not written.
    bool offer(Ref<Entry> entry, std::string_view key, std::uint64_t hash);
    // Something of this URL may be there.
    bool may_have(std::uint64_t hash) const { return index_.objects() != 0 && index_.has_any(hash); }
    // A variant that another answer has just taken the place of.
    bool forget(std::uint64_t hash, std::uint16_t identity);

    // Purges, of which the zone has the number. They count at once.
    void purge_url(std::uint64_t hash, std::uint64_t number, bool is_soft);
    void purge_prefix(std::string_view prefix, std::uint64_t number, bool is_soft);
    void note_tag(TagCell cell, std::uint64_t number, bool is_soft);
    void note_all(std::uint64_t number, bool is_soft);
    // Control thread: waits until all of them are on the disk. False: the disk did not take them.
    bool settle();
    // A worker: the same, while it goes on with other things. False also when that takes longer than until then.
    io::Task<bool> settled(TimePoint until);

    // Readers'.
    DiskIndex& index() { return index_; }
    Ref<MediumFile> file_of(const DiskPlace& place) const { return ring_->file_of(place.segment); }
    Purges::Verdict verdict(const Record& record) const;
    DiskReaders& readers() { return readers_; }
    bool is_resting(TimePoint now) const { return now.time_since_epoch().count() < reads_rest_until_.load(std::memory_order_relaxed); }
    void note_read_fault(Errno error, TimePoint now);
    void note_read() {
        if (read_faults_.load(std::memory_order_relaxed) != 0) read_faults_.store(0, std::memory_order_relaxed);
    }
    DiskCounters& counters() { return counters_; }
    const DiskCounters& counters() const { return counters_; }
    std::uint64_t objects() const { return index_.objects(); }
    std::uint64_t index_octets() const { return index_.octets(); }
    std::uint64_t octets_max() const { return octets_max_.load(std::memory_order_relaxed); }

private:
    DiskStore(const DiskOptions& options, std::unique_ptr<Medium> medium, std::uint64_t seed);
    void run();
    void tell_of_unfit();
    void pass();
    void write_notes();
    void write(const Entry& entry, std::string_view key, std::uint64_t hash);
    void rest_writing();
    bool may_write(TimePoint now) const { return now.time_since_epoch().count() >= writes_rest_until_.load(std::memory_order_relaxed); }
    void tell(std::atomic<std::int64_t>& told_at, const char* event, const char* sentence, Errno error);

    std::string folder_;
    std::unique_ptr<Medium> medium_;
    std::uint64_t seed_;
    std::atomic<std::uint64_t> octets_max_;
    std::atomic<bool> writes_first_;
    DiskCounters counters_;
    DiskIndex index_;
    DiskVoids voids_;
    PurgeLog log_;
    std::unique_ptr<Purges> before_;  // those of earlier processes, until start()
    Purges* purges_ = nullptr;
    std::unique_ptr<DiskRing> ring_;
    DiskReaders readers_;
    DiskNotes notes_;
    io::Mailbox mailbox_;
    Bell bell_;
    std::thread writer_;
    std::atomic<bool> is_stopping_{false};
    std::atomic<std::uint64_t> queued_{0}, queue_max_{kQueueOctetsMax};
    std::atomic<std::int64_t> writes_rest_until_{0}, reads_rest_until_{0};
    std::atomic<unsigned> read_faults_{0};
    std::atomic<std::int64_t> read_told_at_{0}, write_told_at_{0}, log_told_at_{0};
};

}  // namespace weir::cache
