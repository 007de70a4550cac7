// DiskLoad: the way of one lookup from the index to an entry, as steps: it says what is to be read, is given what came, and makes the entry
// from it once all has been checked. It does no I/O, so that a worker that reads only what is in memory already, and a fetch that waits for
// the disk, walk it alike. Bounded: kReadsMax records are looked at. Thread: a worker's.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "cache/disk/record.h"
#include "cache/disk/store.h"

namespace weir::cache {

struct Lookup;

class DiskLoad {
public:
    static constexpr std::size_t kBuffer = 256 * 1024;  // what is read at once
    static constexpr unsigned kReadsMax = 4;            // records of one key that are looked at
    static_assert(kBuffer >= kRecordHeadMax && kBuffer % kRecordBlock == 0);

    enum class Step : std::uint8_t {
        absent,  // nothing there that the request selects
        read,    // wanted() octets of file() at offset()
        begun,   // entry() is there; its body comes
        whole,   // all of it is there
        broken   // the rest of the body can't be had
    };
    // `lookup` outlives this. `account`: whose memory the entry is.
    DiskLoad(DiskStore& store, const Lookup& lookup, Ref<Account> account, std::uint64_t object_max);

    Step step() const { return step_; }
    const Ref<MediumFile>& file() const { return file_; }
    std::uint64_t offset() const { return offset_; }
    std::size_t wanted() const { return wanted_; }
    // What came of a read. False: it is not enough; the same read may be tried again by who can wait for it.
    bool take(std::string_view octets);
    // The read failed, or there is no more where it ends.
    void fail();
    // Nobody waits for it any longer.
    void give_up() { step_ = entry_ ? Step::broken : Step::absent; }
    // After `begun`: on with the body.
    void go_on();

    const Ref<Entry>& entry() const { return entry_; }
    // Is it still what the disk would be asked for, or was it purged meanwhile? Marks the entry when it was purged softly.
    bool is_still_good() const;
    std::uint64_t hash() const { return hash_; }

private:
    void next_candidate();
    bool take_head(std::string_view octets);
    bool is_wanted(const Record& record);
    void begin_entry(const Record& record, std::string_view body);
    std::size_t add_body(std::string_view octets);
    void drop_candidate();

    DiskStore& store_;
    const Lookup& lookup_;
    Ref<Account> account_;
    std::uint64_t object_max_;
    std::uint64_t hash_;
    DiskIndex::Candidates candidates_;
    std::uint32_t tried_ = 0;           // a bit for each
    std::uint16_t wanted_variant_ = 0;  // the request's, once the names that it varies by are known
    bool knows_variant_ = false;
    unsigned reads_ = 0;
    Step step_ = Step::absent;
    DiskPlace place_;
    Ref<MediumFile> file_;
    std::uint64_t offset_ = 0;
    std::size_t wanted_ = 0;
    // Of the one that was chosen.
    Record record_;
    Ref<Entry> entry_;
};

// The whole way at once, when all that is to be read is in memory: of records that one read brings. `waits`: it is not.
enum class LoadedNow : std::uint8_t { absent, whole, waits };
LoadedNow load_now(DiskLoad& load);

}  // namespace weir::cache
