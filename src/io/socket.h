// Socket: a watched handle with what is known of its readiness. Reads and writes are tried at once; a wait is only for an edge.
// A short read means drained, a short write full: until the next edge both are blocked without asking the system again (the end of the
// stream, once seen coming, is kept).
// Owner: one stream or listener. Thread: the worker's. Destroying it closes the handle; pending waits must be over.
#pragma once

#include "io/backend.h"
#include "io/readiness.h"

namespace weir::io {

class Socket final : public Readiness {
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

    int watch_error() const { return watch_error_; }  // watching failed: every operation fails
    Handle handle() const { return handle_; }

private:
    Backend* backend_;
    Handle handle_;
    int watch_error_ = 0;
    bool resets_on_close_ = false;
};

}  // namespace weir::io
