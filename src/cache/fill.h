// Fill: one fetch from the origin that any number of requests wait for and read from, on all workers (collapsed forwarding). The fetch runs
// on one worker, its home, and tells of its progress: the head, octets, the end. Followers wait on their own workers: news travels by
// mailbox, at most one message a worker at a time. Counted: ends with the last who has it.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/ref.h"
#include "base/result.h"
#include "cache/blocks.h"
#include "cache/refusal.h"
#include "io/event.h"
#include "io/worker.h"

namespace weir::cache {

class Entry;
class Follower;
struct Shelf;

class Fill : public Counted {
public:
    // When a fetch fails, or the origin refuses what its leader asked, one of those who waited asks in his own words: the fault may have
    // been the leader's.
    static constexpr std::uint8_t kTriesMore = 1;

    // What the fetch has come to. Set once, and then never again.
    enum class Outcome : std::uint8_t {
        waiting,
        stored,    // entry() is in the index: whoever it fits reads it
        passed,    // entry() is for the one who began the fetch, and for those who read from it already
        failed,    // error(): no answer came
        released,  // nothing to be had here: everybody goes to the origin by himself
        loaded     // entry() is what the disk had, if it had anything: everybody looks again, whoever has no choice reads it
    };
    // Heard of on the home worker, when readers have gone or have taken octets.
    class Watcher {
    public:
        virtual void readers_moved() = 0;

    protected:
        ~Watcher() = default;
    };

    // On the home worker. `workers`: how many there may be; kControlIndex has no followers.
    Fill(std::uint32_t workers, std::uint64_t hash, std::uint64_t variation);
    ~Fill();
    static void* operator new(std::size_t octets) { return Blocks::take(octets); }
    static void operator delete(void* memory, std::size_t octets) { Blocks::give(memory, octets); }

    Outcome outcome() const { return outcome_.load(std::memory_order_acquire); }
    // Once there is an outcome.
    const Ref<Entry>& entry() const { return entry_; }
    const Error& error() const { return error_; }
    std::uint16_t status() const { return status_; }  // of the origin's answer; 0: none came
    Refusal refusal() const { return refusal_; }      // why the answer is not stored
    // An origin's failure that those who waited may see, though it is not stored.
    bool concerns_all() const { return concerns_all_; }
    // Nobody asks again in the name of those who waited for it.
    bool is_last_try() const { return tries_more_ == 0; }
    // Marked by whoever empties the cache meanwhile: what is fetched may be old already and is not stored.
    void void_it() { is_void_.store(true, std::memory_order_relaxed); }
    bool is_void() const { return is_void_.load(std::memory_order_relaxed); }
    std::uint32_t readers() const { return readers_.load(std::memory_order_relaxed); }
    // All of them have their place in the body: it may go behind them.
    bool have_all_begun() const { return beginning_.load(std::memory_order_acquire) == 0; }

    // The fetch's, on the home worker. After each the news must be announced; false: a mailbox was full, announce again later.
    void decide(Outcome outcome, Ref<Entry> entry, std::uint16_t status, bool concerns_all = false);
    void fail(const Error& error);
    void set_refusal(Refusal why) { refusal_ = why; }  // before it is decided
    bool announce();
    // Somebody is about to do so.
    void set_owing(bool owes) { owes_news_ = owes; }
    bool is_owing() const { return owes_news_; }
    void watch(Watcher* watcher) { watcher_ = watcher; }
    void want_room(bool wants) { wants_room_.store(wants, std::memory_order_relaxed); }

    std::uint64_t hash() const { return hash_; }
    std::uint64_t variation() const { return variation_; }

private:
    friend class Follower;
    friend class Shard;
    // Of one worker. The list is its thread's own.
    struct alignas(64) View {
        std::atomic<bool> wants_news{false};
        io::Worker* worker = nullptr;  // set by its own thread before it wants news
        Follower* first = nullptr;
    };
    View& view();  // of this worker
    void tell(View& view);
    void moved();

    std::atomic<Outcome> outcome_{Outcome::waiting};
    std::atomic<bool> is_void_{false};
    std::atomic<bool> has_moved_{false};  // a message to the home worker is under way
    std::atomic<bool> wants_room_{false};
    std::atomic<std::uint32_t> readers_{0};
    std::atomic<std::uint32_t> beginning_{0};  // of the readers
    std::uint16_t status_ = 0;
    Refusal refusal_ = Refusal::none;
    bool concerns_all_ = false;
    bool owes_news_ = false;  // the home worker's
    bool is_alone_ = false;   // the home worker's: nobody has followed it, and nobody can any more
    std::uint32_t workers_;
    io::Worker& home_;
    Watcher* watcher_ = nullptr;  // the home worker's
    Ref<Entry> entry_;
    Error error_;
    std::uint64_t hash_, variation_;
    std::atomic<View*> views_{nullptr};  // made by the first who follows: most fetches have nobody who does
    // Of the shard's lock.
    Fill* next_open_ = nullptr;
    Shelf* shelf_ = nullptr;  // where it can be joined; nullptr: nobody can any more
    Ref<Fill> next_;          // the try after this one, whatever has become of it
    std::uint8_t tries_more_ = kTriesMore;
    bool is_shared_ = false;  // others than who began it know of it
};

// One who waits for a fill or reads from it. On its own worker.
class Follower {
public:
    explicit Follower(Ref<Fill> fill);
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;
    ~Follower();

    Fill& fill() { return *fill_; }
    // In a loop: want_news(), look whether it has come already, wait() when it has not.
    void want_news();
    io::Event::Awaiter wait(io::Deadline deadline) { return news_.wait(deadline); }
    // It has its place in the entry's body.
    void begin_reading();
    // Octets have been taken: a fetch that waits for room goes on.
    void has_taken() {
        if (fill_->wants_room_.load(std::memory_order_relaxed)) fill_->moved();
    }

private:
    friend class Fill;
    Ref<Fill> fill_;
    Fill::View& view_;
    Follower* before_ = nullptr;
    Follower* after_ = nullptr;
    io::Event news_;
    bool has_begun_ = false;
};

}  // namespace weir::cache
