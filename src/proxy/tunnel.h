// Tunnel: raw octets both ways after an upgrade (101) or CONNECT. Half-closes are passed on, so each direction ends by itself; silence in
// both directions for the idle time ends it. Holds no buffer while nothing flows: thousands cost their sockets and two small frames each.
#pragma once

#include <cstdint>

#include "base/chunk.h"
#include "io/deadline.h"
#include "io/task.h"
#include "net/stream.h"

namespace weir::proxy {

struct TunnelEnds {
    net::Stream& client;
    net::Stream& upstream;
    Piece from_client;  // octets that came behind the heads
    Piece from_upstream;
    Duration idle;
    io::Stop* stop;  // the end of the process, after its drain time
};

struct TunnelCount {
    std::uint64_t from_client = 0;
    std::uint64_t from_upstream = 0;
    Result<> outcome;  // an error when it did not end by both sides closing
};

io::Task<TunnelCount> tunnel(TunnelEnds ends);

}  // namespace weir::proxy
