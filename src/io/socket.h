// Socket: a watched handle with what is known of its readiness. Reads and writes are tried at once; a wait is only for an edge.
// A short read means drained, a short write full: until the next edge both are blocked without asking the system again (the end of the
// stream, once seen coming, is kept).
// Owner: one stream or listener. Thread: the worker's. Destroying it closes the handle; pending waits must be over.
#pragma once

#include "io/backend.h"
#include "io/wait.h"

namespace weir::io {

// Told of edges on a socket nobody waits on: an idle pooled connection, or a client's while its answer is being made.
// Called from inside poll(): it may destroy this Socket and others. Edges come without cause, too: ask the Socket what it knows.
class EdgeHook {
public:
    virtual void on_edge(Socket& socket) = 0;

protected:
    ~EdgeHook() = default;
};

class Socket {
public:
    static constexpr std::size_t kPartsMax = 1024;  // IOV_MAX
    enum class State : std::uint8_t { connected, connecting };
    // Takes the handle over and watches it with the current worker's backend. A connecting one is writable when that has ended.
    explicit Socket(Handle handle, State state = State::connected);
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket();

    static void* operator new(std::size_t octets);
    static void operator delete(void* memory, std::size_t octets) noexcept;

    IoCount read(std::span<char> into);          // `into` is not empty
    IoCount write(std::span<const iovec> from);  // takes at most kPartsMax parts
    void close_write();
    // Ends with a reset instead of a FIN when it is destroyed: the other side must not take what it got for whole.
    void abort_on_close() { resets_on_close_ = true; }
    // A listener's accept() found nobody: wait for the next edge.
    void drained() { readable_ = false; }
    // Gives the handle away, unwatched: for another worker.
    Handle release();

    bool may_read() const { return readable_; }
    bool may_write() const { return writable_; }
    bool saw_end() const { return saw_end_; }         // the other side closed its sending half (or more)
    bool is_broken() const { return is_broken_; }     // reset, or both halves closed
    int watch_error() const { return watch_error_; }  // watching failed: every operation fails
    Handle handle() const { return handle_; }
    void set_hook(EdgeHook* hook) { hook_ = hook; }

    struct ReadWait {
        Socket& socket;
        Deadline deadline;
        Wait wait;
        bool await_ready() const noexcept { return socket.readable_; }
        void await_suspend(std::coroutine_handle<> waiting) { wait.begin(waiting, deadline, &socket.reader_); }
        Result<> await_resume() const { return wait.outcome(); }
    };
    struct WriteWait {
        Socket& socket;
        Deadline deadline;
        Wait wait;
        bool await_ready() const noexcept { return socket.writable_; }
        void await_suspend(std::coroutine_handle<> waiting) { wait.begin(waiting, deadline, &socket.writer_); }
        Result<> await_resume() const { return wait.outcome(); }
    };
    // One waiter a direction. What is ready already is not waited for, not even when the deadline has passed. An error only for a passed
    // deadline or a Stop: what the stream came to, the next read or write says.
    ReadWait readable(Deadline deadline) { return ReadWait{*this, deadline, {}}; }
    WriteWait writable(Deadline deadline) { return WriteWait{*this, deadline, {}}; }

    // From the backend, in poll().
    void edge(bool readable, bool writable, bool end, bool broken);

private:
    Backend* backend_;
    Handle handle_;
    int watch_error_ = 0;
    bool readable_ = false;
    bool writable_ = true;
    bool saw_end_ = false;
    bool is_broken_ = false;
    bool resets_on_close_ = false;
    Wait* reader_ = nullptr;
    Wait* writer_ = nullptr;
    EdgeHook* hook_ = nullptr;
};

}  // namespace weir::io
