// Group: an upstream as it runs: its peers, how one is chosen, the connections that are kept to them. Made from GroupOptions by the control
// thread (Upstreams), shared by reloads whose options are equal. Each worker has a view of its own (group_view.h: balancer state, idle
// connections, queue) that only it touches. Lives as long as a Snapshot, a lease or an idle connection refers to it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ref.h"
#include "base/result.h"
#include "http/facts.h"
#include "http/template.h"
#include "io/task.h"
#include "net/stream.h"
#include "tls/client_side.h"
#include "upstream/eject.h"
#include "upstream/lease.h"
#include "upstream/options.h"
#include "upstream/peer.h"

namespace weir::io {
class Worker;
}

namespace weir::upstream {

class GroupView;

struct LeaseQuery {
    const http::Facts* facts = nullptr;  // for hash balancing
    Arena* arena = nullptr;
    std::span<const Ref<Peer>> tried;   // not these again, while others are left
    Ref<Peer>* picked = nullptr;        // out: the peer that was chosen, also when no connection to it could be made
    TimePoint* picked_at = nullptr;     // out: when, after waiting in the queue
    bool wants_new_connection = false;  // not a pooled one: after a reused connection broke
    bool wants_websocket = false;       // a connection that can carry one: HTTP/1.1, or HTTP/2 with RFC 8441
    bool wants_http11 = false;          // the peer has said so; only where it is free to choose (Protocol::automatic)
    std::string_view prefix;            // octets that a new connection begins with, ahead of TLS (a PROXY header)
};

class Group : public Counted {
public:
    // Requests held while the names of a new group are looked up for the first time, a worker.
    static constexpr std::uint32_t kUnsettledMax = 1024;

    // Control thread. Names are resolved in the background; literal addresses are there at once. Peers that `before` has with the same
    // address, weight and limit are taken over with their state. Throws std::invalid_argument when the balancing key is no template, or a
    // file that TLS needs can't be used.
    Group(GroupOptions options, std::uint32_t workers, std::uint64_t seed, const Group* before = nullptr);
    ~Group();

    const GroupOptions& options() const { return options_; }
    bool is_secure() const { return options_.tls.has_value(); }
    const Ref<const tls::ClientSide>& tls() const { return tls_; }

    // Without waiting: a place and an idle connection, when the peer whose turn it is has one; an empty lease when not. Worker thread. No
    // other peer is taken in its stead: the lease() that follows asks the same one.
    Lease try_lease(const LeaseQuery& query);

    // Picks a peer, takes an idle connection to it or makes one; waits in the queue when configured. Worker thread.
    // Errors: no_peer (503), queue_full, queue_timeout (503), unresolved (502), and of connecting: refused, unreachable, timeout with
    // Retry::yes. With a queue, a group that refuses connections is waited for, too.
    io::Task<Result<Lease>> lease(LeaseQuery query, io::Deadline deadline);

    // Closes this worker's idle connections, and those that come back later: when the worker has let go of the last Snapshot with this
    // group. Worker thread.
    void close_view(std::uint32_t worker);

    // Control thread: the addresses a server's name resolves to now; unchanged peers keep their state.
    void set_addresses(std::size_t server, std::span<const net::Address> addresses);
    // Control thread: the name could not be resolved: nothing changes, but nobody needs to wait for the first answer any more.
    void set_unresolved(std::size_t server);
    // Control thread: something has got better (a check says that a peer is up): who waits looks again. Any thread.
    void wake_waiting();
    // Control thread: all peers now, for checks, metrics and the admin API.
    std::vector<Ref<Peer>> peers() const;
    const std::vector<Ref<Peer>>& peers_of(std::size_t server) const { return servers_[server].peers; }

private:
    friend class GroupView;

    // What a worker and the control thread share. A new set is passed on by exchanging a pointer to a reference: whoever takes it out owns
    // it.
    struct alignas(64) Slot {
        std::atomic<Ref<const PeerSet>*> pending{nullptr};
        std::atomic<io::Worker*> worker{nullptr};
        std::atomic<bool> is_waiting{false};
        std::unique_ptr<GroupView> view;  // the worker's own
    };
    struct Server {
        std::vector<Ref<Peer>> peers;
        bool is_settled = false;
    };

    GroupView& view();
    bool is_settled() const { return is_settled_.load(std::memory_order_acquire); }
    Ref<Peer> peer_at(std::size_t server, const net::Address& address);
    void publish();
    void note_settled();
    // A place at a peer has come free on `worker`: one exchange that waits, on any worker, looks again.
    void wake_for_place(std::uint32_t worker);
    bool wake(std::uint32_t worker, bool all);

    GroupOptions options_;
    http::Template key_;
    Ref<const tls::ClientSide> tls_;     // nullptr: in the clear
    Ref<const tls::ClientSide> tls_h1_;  // the same, for connections that must speak HTTP/1.1
    Ejector ejector_;
    std::vector<Slot> slots_;
    std::vector<Server> servers_;            // control thread
    std::vector<Ref<Peer>> inherited_;       // control thread
    std::atomic<std::uint32_t> waiting_{0};  // workers with exchanges in their queue
    std::atomic<bool> is_settled_{false};
    std::uint64_t seed_;
};

}  // namespace weir::upstream
