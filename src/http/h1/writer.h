// Writes HTTP/1.1 message heads. No I/O: it appends to a buffer the caller owns. The caller has decided what goes out: hop-by-hop
// fields are gone, framing fields are written here from `framing`, never copied from what came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/message.h"

namespace weir::http::h1 {

enum class ConnectionField : std::uint8_t { none, close, keep_alive, upgrade };

// Octets that write_head may need at most: size the buffer by it.
std::size_t head_octets_max(const Request& request);
std::size_t head_octets_max(const Response& response);

// "GET /a?b HTTP/1.1\r\nHost: …\r\n…\r\n\r\n". Content-Length or Transfer-Encoding come from request.framing. Fields that name framing or
// the connection (Connection, Content-Length, Transfer-Encoding, Keep-Alive, Proxy-Connection, Upgrade unless `connection` is upgrade, TE) in
// `fields` are skipped. `target` is what goes on the request line. Returns the octets written.
std::size_t write_head(const Request& request, std::string_view target, ConnectionField connection, char* out);
// For 204, 304 and answers to HEAD no length is invented: Content-Length is written when framing is length, nothing for none unless
// `writes_zero_length` (an empty body on a persistent connection).
std::size_t write_head(const Response& response, ConnectionField connection, bool writes_zero_length, char* out);

// "Name: value\r\n" … for the trailer section, the closing empty line included.
std::size_t trailer_octets_max(const Fields& trailers);
std::size_t write_trailers(const Fields& trailers, char* out);

// Which fields of a message that came in must not be forwarded (RFC 9110 7.6.1): Connection and what it names, Keep-Alive,
// Proxy-Connection, Proxy-Authenticate/-Authorization (as configured elsewhere), TE, Trailer, Transfer-Encoding, Upgrade, HTTP2-Settings. Never
// removes an end-to-end field that framing or routing needs though Connection names it (Host, Content-Length, …): a smuggling trick.
void remove_hop_by_hop(Fields& fields);

}  // namespace weir::http::h1
