// Writes HTTP/1.1 message heads. No I/O: it appends to a buffer the caller owns. The caller has decided what goes out: hop-by-hop
// fields are gone, framing fields are written here from `framing`, never copied from what came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/message.h"

namespace weir::http::h1 {

enum class ConnectionField : std::uint8_t { none, close, keep_alive, upgrade };

// Octets that write_head may need at most: size the buffer by it. `target`: when another than the request's own is written.
std::size_t head_octets_max(const Request& request, std::string_view target = {});
std::size_t head_octets_max(const Response& response);

// "GET /a?b HTTP/1.1\r\nHost: …\r\n…\r\n\r\n". Content-Length or Transfer-Encoding come from request.framing. Fields that name framing or
// the connection (Connection, Content-Length, Transfer-Encoding, Keep-Alive, Proxy-Connection, Upgrade, TE, HTTP2-Settings) in `fields`
// are skipped; with ConnectionField::upgrade the Upgrade written is request.upgrade. `target` is what goes on the request line. Host is
// made from the authority when there is none in `fields`. Returns the octets written.
std::size_t write_head(const Request& request, std::string_view target, ConnectionField connection, char* out);
// Content-Length is written when framing is length or the response states_length (HEAD, 304). None is invented, but with
// `writes_zero_length` an empty body says "0" (needed on a persistent connection; not for answers to HEAD). Never in 1xx, 204 and, unless
// stated, 304.
std::size_t write_head(const Response& response, ConnectionField connection, bool writes_zero_length, char* out);

// "Name: value\r\n" … for the trailer section, the closing empty line included.
std::size_t trailer_octets_max(const Fields& trailers);
std::size_t write_trailers(const Fields& trailers, char* out);

// Removes what must not be forwarded (RFC 9110 7.6.1): Connection, Keep-Alive, Proxy-Connection, Proxy-Authenticate, Proxy-Authorization,
// TE, Trailer, Transfer-Encoding, Upgrade, HTTP2-Settings, and what Connection names, unless it is a name in FieldId that is end-to-end
// (Host, Content-Length, Cookie, X-Forwarded-For …): naming those is a trick.
void remove_hop_by_hop(Fields& fields);
// Would it remove fields because Connection names them?
bool has_fields_of_the_hop(const Fields& fields);

}  // namespace weir::http::h1
