#include "http/h2/tunnel_stream.h"

#include <cerrno>

#include "http/h2/server_exchange.h"

namespace weir::http::h2 {

io::IoCount TunnelStream::read(std::span<char> into) {
    auto& inlet = exchange_.inlet();
    const auto count = inlet.read(into);
    if (count != 0) return io::IoCount::of(count);
    if (inlet.has_ended()) return io::IoCount::of(0);
    if (exchange_.is_closed()) return io::IoCount::failed(ECONNRESET);
    exchange_.await_octets();
    readiness_.drained();
    return io::IoCount::blocked();
}

io::IoCount TunnelStream::write(std::span<const iovec> from) {
    if (exchange_.is_closed()) return io::IoCount::failed(EPIPE);
    const auto count = exchange_.write_tunnel(from);
    if (count != 0) return io::IoCount::of(count);
    readiness_.full();
    return io::IoCount::blocked();
}

void TunnelStream::close_write() { exchange_.end_tunnel(); }

void TunnelStream::abort() { exchange_.abort(); }

void TunnelStream::tell(bool is_broken) {
    auto& inlet = exchange_.inlet();
    readiness_.edge(inlet.held() != 0, exchange_.has_tunnel_room(), inlet.has_ended(), is_broken);
}

}  // namespace weir::http::h2
