// An HTTP/2 connection of a client: its streams become the same exchanges as HTTP/1.1's, beside each other. By ALPN over TLS, or in the
// clear when a connection begins with the client's preface (prior knowledge, RFC 9113 3.3); `Upgrade: h2c` is not honoured.
// Drain, and the end of its listener, say farewell; streams under way finish. Thread: the worker's.
#pragma once

#include "base/chunk.h"
#include "io/task.h"

namespace weir::net {
class Stream;
}

namespace weir::proxy {

class Lane;
struct Entrance;
struct Visitor;

// Begins with HTTP/2's preface, as far as an HTTP/1 parser has to read to know that it is none of its own (RFC 9113 3.4).
bool begins_with_h2(std::string_view octets);

// Until the connection is over. `at_hand`: octets that were read from the stream already. Everything given outlives the call.
[[gnu::noinline]] io::Task<> serve_h2(Lane& lane, Entrance& entrance, net::Stream& stream, const Visitor& visitor, Piece at_hand);

}  // namespace weir::proxy
