// Stream: a connected, bidirectional stream of octets: TCP, a Unix socket, later TLS over either. Operations are tried, then waited for:
//     for (;;) { auto got = stream.read(into); if (!got.is_blocked()) break; auto ready = co_await stream.readable(deadline); … }
// Owner: a session or a pool. Thread: its worker's. Limits: none of its own; buffers belong to the caller.
#pragma once

#include <span>

#include "base/chunk.h"
#include "io/socket.h"
#include "io/task.h"

namespace weir::net {

class Stream {
public:
    virtual ~Stream() = default;

    // What is there now; an end once the other side has closed its sending half.
    virtual io::IoCount read(std::span<char> into) = 0;
    // Takes as much as there is room for. What was offered and not taken is offered again first: a stream that encrypts may hold it.
    virtual io::IoCount write(std::span<const iovec> from) = 0;
    // Says that no more will be written.
    virtual void close_write() = 0;
    // The next write is the last before close_write(): what an encrypting stream says at its end may leave with it.
    virtual void announce_end() {}
    // Whether read() may find something that the socket does not tell of (octets decrypted already).
    virtual bool has_buffered_input() const { return false; }
    // False: read() would be blocked.
    bool may_have_input() const { return readiness_->may_read() || has_buffered_input(); }
    // Ends with a reset, so that nobody takes what came for whole.
    virtual void abort() = 0;

    io::Readiness::ReadWait readable(io::Deadline deadline) { return readiness_->readable(deadline); }
    io::Readiness::WriteWait writable(io::Deadline deadline) { return readiness_->writable(deadline); }
    io::Readiness& readiness() { return *readiness_; }

protected:
    explicit Stream(io::Readiness& readiness) : readiness_(&readiness) {}

private:
    io::Readiness* readiness_;
};

// Octets straight from a socket.
class SocketStream final : public Stream {
public:
    explicit SocketStream(io::Handle handle, io::Socket::State state = io::Socket::State::connected)
        : Stream(owned_), owned_(handle, state) {}

    static void* operator new(std::size_t octets) { return io::FramePool::take(octets); }
    static void operator delete(void* memory, std::size_t octets) noexcept { io::FramePool::give(memory, octets); }

    io::IoCount read(std::span<char> into) override { return owned_.read(into); }
    io::IoCount write(std::span<const iovec> from) override { return owned_.write(from); }
    void close_write() override { owned_.close_write(); }
    void abort() override { owned_.abort_on_close(); }
    io::Socket& socket() { return owned_; }

private:
    io::Socket owned_;
};

// The Error that a failed count or wait means on this side.
Error error_of(io::IoCount count, Side side);

// Writes all of the parts; waits while there is no room. `stall` bounds each wait for room. The parts are changed as they are taken.
io::Task<Result<>> write_all(Stream& stream, std::span<iovec> parts, io::Deadline deadline, Duration stall, Side side);
// Tries once without waiting and drops from `parts` what was taken: true when all of it was. The hot path before write_all().
Result<bool> write_now(Stream& stream, std::span<iovec>& parts, Side side);

inline iovec iovec_of(std::string_view octets) { return {const_cast<char*>(octets.data()), octets.size()}; }

}  // namespace weir::net
