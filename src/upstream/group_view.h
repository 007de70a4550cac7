// GroupView: what one worker has of a group: the peers in use, turns of balancing, pools, the queue. No locks: a new PeerSet is picked up
// at the next lease. While it has leases, idle connections or waiting exchanges it holds a reference to its group, so that sockets are
// closed by their own worker. Thread: the worker's.
//
// Exactness of places over all workers: who waits first says so (Slot::is_waiting, Group::waiting_), then looks; who gives a place back
// first gives, then looks whether somebody waits. Both in sequentially consistent order: one of them sees the other.
#pragma once

#include <vector>

#include "io/timer_wheel.h"
#include "upstream/chooser.h"
#include "upstream/group.h"
#include "upstream/wait_queue.h"

namespace weir::tls {
class TlsStream;
}

namespace weir::upstream {

class GroupView : private io::Timer {
public:
    // The first in the queue looks again this often, for what nobody tells of: ejections that end, origins that come back.
    static constexpr Duration kLookAgain = std::chrono::milliseconds(50);

    GroupView(Group& group, std::uint32_t index, io::Worker& worker);
    ~GroupView();

    Lease try_lease(const LeaseQuery& query);
    io::Task<Result<Lease>> lease(LeaseQuery query, io::Deadline deadline);
    void close();

    // From a Lease.
    void keep(Connection* connection);
    void drop(Connection* connection);
    void report(Connection& connection, bool succeeded, std::string_view why);

    void wake(bool all);
    std::uint32_t leased() const { return leased_; }
    // From a race and its spares: a connect came to nothing.
    void connect_failed(Peer& peer, const Error& error);

private:
    // A place that has been taken and carries no connection yet.
    class Place {
    public:
        Place() = default;
        Place(Pool& pool, bool is_trial) : pool_(&pool), is_trial_(is_trial) {}
        Place(Place&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)), is_trial_(other.is_trial_) {}
        Place& operator=(Place&&) = delete;
        ~Place() {
            if (pool_ != nullptr) pool_->view().give_back(*pool_, is_trial_);
        }
        explicit operator bool() const { return pool_ != nullptr; }
        Pool& pool() const { return *pool_; }
        bool is_trial() const { return is_trial_; }
        // The place belongs to a connection from now on.
        Lease become(Connection* connection) { return std::exchange(pool_, nullptr)->view().lend(connection, is_trial_); }

    private:
        Pool* pool_ = nullptr;
        bool is_trial_ = false;
    };
    // A peer that takes connections, and the place at it.
    struct Reached {
        Place place;
        std::unique_ptr<net::Stream> stream;
        Connection* ready = nullptr;  // instead of a stream: it had one
    };
    // A connection to share that others wait for: they are told what became of it, whatever becomes of its maker.
    class Arrival {
    public:
        explicit Arrival(Pool* pool) : pool_(pool) {
            if (pool != nullptr) pool->arrivals.is_under_way = true;
        }
        Arrival(Arrival&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)) {}
        Arrival& operator=(Arrival&& other) noexcept {
            std::swap(pool_, other.pool_);
            return *this;
        }
        ~Arrival() { end(std::nullopt); }
        explicit operator bool() const { return pool_ != nullptr; }
        // Whose own request was given up says nothing to the others: the next one connects.
        void end(std::optional<Error> error) {
            if (error && error->code == ErrorCode::cancelled) error.reset();
            if (pool_ != nullptr) std::exchange(pool_, nullptr)->arrivals.tell(error);
        }
        void outrun() {
            if (pool_ != nullptr) std::exchange(pool_, nullptr)->arrivals.tell(std::nullopt, true);
        }

    private:
        Pool* pool_;
    };
    struct Attempt;
    class Race;
    struct Hold;
    static constexpr std::size_t kPassedMax = 12;  // peers that one exchange has tried, or that were too slow for it
    // An exchange is in lease(): the view stays.
    struct Presence {
        GroupView& view;
        explicit Presence(GroupView& there) : view(there) { view.enter(); }
        Presence(const Presence&) = delete;
        Presence& operator=(const Presence&) = delete;
        ~Presence() { view.leave(); }
    };

    static void swept(io::Timer& timer);
    void enter();
    void leave();
    void sweep();
    void stay_while_used();
    void adopt_pending();
    Pool& pool_of(std::size_t index) { return pools_[index] != nullptr ? *pools_[index] : make_pool(index); }
    // Apart, so that the way that every request takes stays short.
    [[gnu::noinline]] Pool& make_pool(std::size_t index);
    [[gnu::noinline]] void add_key(Wish& wish, const LeaseQuery& query) const;
    Wish wish_of(const LeaseQuery& query) const;
    Choice choose(const Wish& wish);
    Place take(const Choice& choice);
    Lease lend(Connection* connection, bool is_trial);
    Place take_any(const Wish& wish, Choice::Refusal& refusal);
    // Of connecting (group_connect.cpp).
    bool may_share(const Pool& pool, const LeaseQuery& query) const;
    bool wants_h1(const Pool& pool, const LeaseQuery& query) const;
    Connection* at_hand(Pool& pool, const LeaseQuery& query);
    [[gnu::noinline]] Connection* share(Pool& pool, const LeaseQuery& query);
    io::Task<Result<Lease>> connect(Place place, LeaseQuery query, io::Deadline deadline);
    io::Task<Result<Lease>> settle(Reached reached, LeaseQuery query, io::Deadline until, Arrival arrival);
    io::Task<Result<Connection*>> begin(Pool& pool, std::unique_ptr<net::Stream> stream, LeaseQuery query, io::Deadline until);
    io::Task<Result<std::unique_ptr<tls::TlsStream>>> secure(Pool& pool, std::unique_ptr<net::Stream> below, LeaseQuery query,
                                                             io::Deadline until);
    io::Task<Result<Connection*>> begin_h2(Pool& pool, std::unique_ptr<net::Stream> stream, io::Deadline until);
    // Of reaching a peer (group_race.cpp).
    bool may_race(const LeaseQuery& query) const;
    io::Task<Result<Reached>> reach(Place place, LeaseQuery query, io::Deadline until);
    io::Task<Result<Reached>> race(Place place, LeaseQuery query, io::Deadline until);
    Place next_racer(const Peer& first, std::span<const Ref<Peer>> seen);
    void spare(Pool& pool, std::unique_ptr<net::SocketStream> stream, TimePoint until);
    [[gnu::noinline]] void release(Connection* connection, bool was_finished);
    void give_back(Pool& pool, bool is_trial);

    // Says a failed connect something about the peer?
    static bool is_peers_fault(const Error& error);
    // Of the queue.
    bool may_look(const WaitQueue::Entry& entry) const;
    std::optional<Error> refuse(Choice::Refusal refusal, bool is_waiting, bool is_settled) const;
    void say_whether_waiting();
    io::Deadline until_next_look(const WaitQueue::Entry& entry, io::Deadline deadline, TimePoint patience) const;
    std::optional<Error> gave_up(const Result<>& woken, io::Deadline deadline, TimePoint patience) const;
    bool holds(const Error& error) const;

    Group& group_;
    io::Worker& worker_;
    std::uint32_t index_;
    std::uint32_t idle_max_;  // of each pool; 0: nothing is kept
    std::uint32_t leased_ = 0;
    std::uint32_t present_ = 0;
    Chooser chooser_;
    std::vector<Pool*> pools_;  // as PeerSet::at; nullptr until used
    WaitQueue queue_;
    Ref<Group> self_;
};

}  // namespace weir::upstream
