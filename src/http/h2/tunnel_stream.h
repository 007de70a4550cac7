// TunnelStream: one HTTP/2 stream as a stream of octets, after an extended CONNECT or a CONNECT (RFC 8441, RFC 9113 8.5). Its readiness is
// told by the connection: readable when DATA came, writable while little waits to be sent.
// Owner: the ServerExchange. Thread: the worker's.
#pragma once

#include "net/stream.h"

namespace weir::http::h2 {

class ServerExchange;

class TunnelReadiness final : public io::Readiness {
public:
    TunnelReadiness() : Readiness(true) {}
    void drained() { readable_ = false; }
    void full() { writable_ = false; }
};

class TunnelStream final : public net::Stream {
public:
    explicit TunnelStream(ServerExchange& exchange) : Stream(readiness_), exchange_(exchange) {}

    io::IoCount read(std::span<char> into) override;
    io::IoCount write(std::span<const iovec> from) override;
    void close_write() override;
    void abort() override;

    // From the connection: something came, room came, or the stream is gone.
    void tell(bool is_broken);

private:
    TunnelReadiness readiness_;
    ServerExchange& exchange_;
};

}  // namespace weir::http::h2
