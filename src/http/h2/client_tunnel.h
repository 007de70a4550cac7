// ClientTunnel: the raw octets of one HTTP/2 stream as a net::Stream, for tunnels (RFC 8441, CONNECT). It reads the stream's body and
// writes through its sender; whoever owns the stream tells it of edges. Owner: the exchange. Thread: the worker's. Limit: what is written
// and can't leave yet is at most what the sender takes ahead.
#pragma once

#include "http/stream.h"
#include "net/stream.h"

namespace weir::http::h2 {

class ClientTunnel final : public net::Stream {
public:
    // Resets the stream instead of ending it.
    class Breaker {
    public:
        virtual void break_stream() = 0;

    protected:
        ~Breaker() = default;
    };

    ClientTunnel(Body& from, Sender& to, Breaker& breaker) : Stream(state_), from_(from), to_(to), breaker_(breaker) {}

    io::IoCount read(std::span<char> into) override;
    io::IoCount write(std::span<const iovec> from) override;
    void close_write() override;
    void abort() override { breaker_.break_stream(); }
    bool has_buffered_input() const override { return !rest_.empty(); }

    // From the stream's owner: octets, an end or a fault have come; there is room again to send.
    void may_read() { state_.edge(true, false, from_.is_done(), false); }
    void may_write() { state_.edge(false, true, false, false); }
    void broke() { state_.edge(true, true, true, true); }

private:
    struct State final : io::Readiness {
        State() : Readiness(true) {}
        void drained() { readable_ = false; }
        void full() { writable_ = false; }
    };

    State state_;
    Body& from_;
    Sender& to_;
    Breaker& breaker_;
    Piece rest_;  // taken from the body, not yet read
    bool is_closed_ = false;
};

}  // namespace weir::http::h2
