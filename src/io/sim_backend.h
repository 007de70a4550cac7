// The simulated world: virtual time and in-memory sockets, everything that happens drawn from one seed. Octets arrive in pieces, late,
// one after another; writes are taken in part; connections are refused, hang, or break at any moment; edges come without cause.
// The same code that runs on epoll runs on it unchanged: clients, proxy and origins in one worker. Thread: one.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "io/backend.h"

namespace weir::io {

struct SimFaults {
    Duration delay_max = std::chrono::milliseconds(5);  // of a segment and of a connect
    std::size_t segment_max = 4096;                     // octets that arrive at once
    std::size_t window = 64 * 1024;                     // octets under way before a writer is blocked
    double short_write = 0.1;
    double idle_edge = 0.05;  // an edge that means nothing
    double reset = 0;         // a segment is a reset instead
    double refuse = 0;        // a connect is refused …
    double black_hole = 0;    // … or never answered
};

class SimBackend final : public Backend {
public:
    SimBackend(std::uint64_t seed, const SimFaults& faults);

    TimePoint now() override { return now_; }
    WallTime wall_now() override;
    void poll(TimePoint until) override;
    void wake() override { is_woken_ = true; }
    bool is_quiet() const override { return is_quiet_ && happenings_.empty() && !is_woken_; }
    Opened listen(const SystemAddress& at, const ListenOptions& options) override;
    Opened accept(Handle listener, SystemAddress& peer) override;
    Opened connect(const SystemAddress& to) override;
    int connect_error(Handle handle) override;
    void local_address(Handle handle, SystemAddress& address) override;
    IoCount read(Handle handle, std::span<char> into) override;
    IoCount write(Handle handle, std::span<const iovec> from) override;
    void close_write(Handle handle) override;
    void close(Handle handle, bool with_reset) override;
    int watch(Handle handle, Socket& socket, Edges edges) override;
    void unwatch(Handle handle) override;

    std::size_t open_handles() const { return open_; }
    // From now on, for connections being made and for what is written, but where faults of a port apply.
    void set_faults(const SimFaults& faults) { faults_ = faults; }
    // For connections to this port, both ways. Others keep the general ones.
    void set_port_faults(std::uint16_t port, const SimFaults& faults) { port_faults_[port] = faults; }

private:
    // Something that is to come to an end of a connection.
    struct Happening {
        enum class Kind : std::uint8_t { data, end, reset, connected, refused, window, idle };
        TimePoint at;
        std::uint64_t order;
        Kind kind;
        Handle to;
        std::uint64_t generation;
        std::string octets;
        bool operator<(const Happening& other) const { return at != other.at ? at > other.at : order > other.order; }
    };
    struct End {
        bool is_open = false, is_listener = false, is_connecting = false, write_closed = false, saw_end = false;
        int error = 0;
        std::uint64_t generation = 0;
        Socket* socket = nullptr;
        Edges edges = Edges::input;
        Handle peer = kNoHandle;
        std::uint64_t peer_generation = 0;
        std::string key;                 // of a listener
        std::uint16_t service_port = 0;  // the port connected to: its faults apply
        std::string inbox;
        std::size_t under_way = 0;  // octets sent and not yet read by the peer
        bool wants_window = false;
        TimePoint last_delivery{};
        SystemAddress local, remote;
        std::vector<Handle> backlog;
    };

    Handle open_end();
    End* find(Handle handle, std::uint64_t generation);
    End& end_of(Handle handle) { return *ends_[static_cast<std::size_t>(handle)]; }
    const SimFaults& faults_of(const End& end) const;
    void schedule(Handle to, Happening::Kind kind, std::string octets = {});
    void happen(Happening& happening);
    void arrive(End& end, Happening& happening);
    void send(Handle from, std::string_view octets);
    TimePoint soon(const SimFaults& faults);

    Random random_;
    SimFaults faults_;
    std::map<std::uint16_t, SimFaults> port_faults_;
    TimePoint now_;
    std::vector<std::unique_ptr<End>> ends_;
    std::map<std::string, Handle> listeners_;
    std::priority_queue<Happening> happenings_;
    std::uint64_t order_ = 0;
    std::uint64_t generation_ = 0;
    std::size_t open_ = 0;
    std::uint16_t next_port_ = 40'000;
    bool is_quiet_ = false;
    std::atomic<bool> is_woken_{false};  // by any thread, as in a real one
};

}  // namespace weir::io
