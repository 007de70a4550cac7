// The opening handshake of WebSocket (RFC 6455 4), where Weir itself takes a side of it: between HTTP/1.1, which has a key and its answer,
// and HTTP/2 (RFC 8441), which has neither.
#pragma once

#include <string_view>

#include "base/arena.h"

namespace weir::http {

inline constexpr std::string_view kWebSocket = "websocket";

// A Sec-WebSocket-Key: 16 random octets in Base64.
std::string_view make_websocket_key(Arena& arena);
// The Sec-WebSocket-Accept that answers this key.
std::string_view websocket_accept(std::string_view key, Arena& arena);

}  // namespace weir::http
