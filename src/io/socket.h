// Socket: a watched handle with what is known of its readiness. Reads and larger writes are tried at once; a wait is only for an edge.
// Small writes are taken as a whole and leave at the turn's end, in the worker's Outflow: what the system then has no room for is kept here
// and blocks further writes, and a failure is told by the next one and by an edge.
// A short read means drained, a short write full: until the next edge both are blocked without asking the system again (the end of the
// stream, once seen coming, is kept).
// An accepted one is not watched before somebody waits for an edge of it: its first octets have often come with it, and one that is
// answered at once costs no more than the read, the write and the close. Watched anew, the system tells what is there already: no edge is
// lost. Edges for room are asked for when a write has been blocked for the first time. Owner: one stream or listener. Thread: the worker's.
// Destroying it closes the handle, after what was written has been sent; pending waits must be over.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "io/backend.h"
#include "io/readiness.h"

namespace weir::io {

class Worker;

class Socket final : public Readiness {
public:
    static constexpr std::size_t kPartsMax = 1024;  // IOV_MAX
    enum class State : std::uint8_t { connected, connecting, accepted };
    // Takes the handle over and watches it with the current worker's backend. A connecting one is writable when that has ended; an accepted
    // one may be readable: a read tells.
    explicit Socket(Handle handle, State state = State::connected);
    // Goes on sending for a Socket that has gone.
    Socket(Handle handle, std::unique_ptr<std::string> rest);
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket();

    static void* operator new(std::size_t octets);
    static void operator delete(void* memory, std::size_t octets) noexcept;

    IoCount read(std::span<char> into);          // `into` is not empty
    IoCount write(std::span<const iovec> from);  // takes at most kPartsMax parts
    void close_write();
    // Octets that were written and that the system has had no room for.
    bool has_rest() const { return rest_ != nullptr; }
    // Ends with a reset instead of a FIN when it is destroyed: the other side must not take what it got for whole.
    void abort_on_close() { resets_on_close_ = true; }
    // A listener's accept() found nobody: wait for the next edge.
    void drained() { readable_ = false; }
    // Gives the handle away, unwatched: for another worker.
    Handle release();

    int watch_error() const { return watch_error_; }  // watching failed: every operation fails
    Handle handle() const { return handle_; }

    // From the backend.
    void edge(bool readable, bool writable, bool end, bool broken);
    // From the Outflow.
    void send_gathered(std::string_view octets);

private:
    friend class Readiness;
    Backend& backend() const;
    void watch(Edges edges);
    void wait_for_room();
    void end_gathering();
    bool send_rest();
    void fail_sending(IoCount count);
    IoCount send_at_once(std::span<const iovec> from, std::size_t octets);

    Worker* worker_;
    Handle handle_;
    int watch_error_ = 0;
    int send_error_ = 0;  // of what was gathered
    Edges edges_ = Edges::input;
    bool resets_on_close_ = false;
    bool is_gathered_ = false;  // something of it is in the Outflow
    bool is_write_closed_ = false;
    std::unique_ptr<std::string> rest_;
};

}  // namespace weir::io
