// Group: an upstream as it runs: its peers, how one is chosen, the connections that are kept to them. Made from GroupOptions by the control
// thread, shared by reloads whose options are equal. Each worker has a view of its own (balancer state, idle connections) that only
// it touches.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/ref.h"
#include "base/result.h"
#include "http/facts.h"
#include "http/template.h"
#include "io/task.h"
#include "net/stream.h"
#include "upstream/options.h"
#include "upstream/peer.h"

namespace weir::upstream {

class Group;

// How an exchange that held a lease went: feeds passive ejection.
enum class Outcome : std::uint8_t { good, failed, neutral };

// A connection to a peer, held for one exchange. Destroying it closes the connection and gives the peer's place back; keep() returns it to
// the pool instead: only after request and response were both wholly finished.
class Lease {
public:
    Lease() = default;
    Lease(Lease&&) noexcept;
    Lease& operator=(Lease&&) noexcept;
    ~Lease();

    net::Stream& stream() const { return *stream_; }
    Peer& peer() const { return *peer_; }
    bool is_reused() const { return is_reused_; }
    std::uint32_t requests_before() const { return requests_; }
    void keep();
    void report(Outcome outcome);                // once
    // Takes the stream out, for a tunnel that outlives the exchange's walk; the peer's place stays taken until this lease goes.
    explicit operator bool() const { return stream_ != nullptr; }

private:
    friend class GroupView;
    friend class Group;
    Ref<Group> group_;
    Ref<Peer> peer_;
    std::unique_ptr<net::Stream> stream_;
    std::uint32_t requests_ = 0;
    bool is_reused_ = false;
    bool is_reported_ = false;
};

struct LeaseQuery {
    const http::Facts* facts = nullptr;          // for hash balancing
    Arena* arena = nullptr;
    std::span<const Ref<Peer>> tried;            // not these again, while others are left
    bool wants_new_connection = false;           // not a pooled one: after a reused connection broke
};

class Group : public Counted {
public:
    // Control thread. Names are resolved in the background; literal addresses are there at once.
    Group(GroupOptions options, std::uint32_t workers, std::uint64_t seed);
    ~Group();

    const GroupOptions& options() const { return options_; }

    // Picks a peer, takes an idle connection to it or makes one; waits in the queue when configured. Worker thread.
    // Errors: no_peer (503), queue_full, queue_timeout (503), refused/unreachable/timeout/unresolved (502/504) with Retry::yes.
    io::Task<Result<Lease>> lease(LeaseQuery query, io::Deadline deadline);

    // Closes this worker's idle connections: when the worker has let go of the last Snapshot with this group.
    void close_view(std::uint32_t worker);

    // Control thread: the addresses its names resolve to now; unchanged peers keep their state.
    void set_addresses(std::size_t server, std::span<const net::Address> addresses);

private:
    GroupOptions options_;
    // further members: the implementer's
};

}  // namespace weir::upstream
