// The seam below which the operating system can be replaced: epoll for the real world, memory and virtual time for the simulation.
// Readiness, edge-triggered: a socket is watched once for what comes, and once more for room when it first lacks any; an edge is told to
// its Socket, never twice for the same octets. Everything here is non-blocking but poll(). A Socket may go while poll() tells of edges: it
// is not told any more. Thread: the worker's, but for wake().
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstdint>
#include <span>

#include "base/clock.h"

namespace weir::io {

class Socket;

// A number the backend knows a socket by; the descriptor, for epoll.
using Handle = int;
inline constexpr Handle kNoHandle = -1;

// What a read or a write came to.
class IoCount {
public:
    static IoCount of(std::size_t octets) { return IoCount(static_cast<std::int64_t>(octets)); }
    static IoCount blocked() { return IoCount(-1); }
    static IoCount failed(int system_errno) { return IoCount(-1 - static_cast<std::int64_t>(system_errno)); }

    bool is_blocked() const { return value_ == -1; }
    bool is_failed() const { return value_ < -1; }
    bool is_some() const { return value_ > 0; }
    bool is_end() const { return value_ == 0; }  // of a read: the other side has closed its sending half
    std::size_t octets() const { return static_cast<std::size_t>(value_); }
    int system_errno() const { return static_cast<int>(-1 - value_); }

private:
    explicit IoCount(std::int64_t value) : value_(value) {}
    std::int64_t value_;
};

// Which edges of a socket are told: those of what comes (octets, an end, a break), or those of room for what goes, too.
enum class Edges : std::uint8_t { input, all };

struct SystemAddress {
    sockaddr_storage storage{};
    socklen_t octets = 0;
};

struct Opened {
    Handle handle = kNoHandle;
    int system_errno = 0;  // why there is no handle
};

struct ListenOptions {
    bool reuses_port = true;    // several workers listen on one port
    bool is_ipv6_only = false;  // else "[::]" takes IPv4 too (dual stack)
    bool only_binds = false;    // asks whether the address is free: nobody is taken into a backlog
    int backlog = 4096;
    unsigned local_mode = 0666;  // of a Unix socket's file
};

class Backend {
public:
    virtual ~Backend() = default;

    virtual TimePoint now() = 0;
    virtual WallTime wall_now() = 0;
    // Waits until an edge, a wake() or `until`; tells sockets of their edges.
    virtual void poll(TimePoint until) = 0;
    virtual void wake() = 0;  // any thread, async-signal-safe: the next poll() does not wait
    // Nothing is under way and nothing was waited for: nothing will ever happen again. Only a simulation knows that.
    virtual bool is_quiet() const { return false; }

    virtual Opened listen(const SystemAddress& at, const ListenOptions& options) = 0;
    virtual Opened accept(Handle listener, SystemAddress& peer) = 0;  // errno EAGAIN: nobody waits
    virtual Opened connect(const SystemAddress& to) = 0;              // goes on in the background: writable when done
    virtual int connect_error(Handle handle) = 0;                     // 0: connected
    virtual void local_address(Handle handle, SystemAddress& address) = 0;
    virtual IoCount read(Handle handle, std::span<char> into) = 0;
    virtual IoCount write(Handle handle, std::span<const iovec> from) = 0;
    virtual void close_write(Handle handle) = 0;
    virtual void close(Handle handle, bool with_reset) = 0;

    // 0 or an errno. What is there already is told as an edge. A second time, for more edges.
    virtual int watch(Handle handle, Socket& socket, Edges edges) = 0;
    // The descriptor is to be watched by another worker: forget it here without closing it.
    virtual void unwatch(Handle handle) = 0;
};

}  // namespace weir::io
