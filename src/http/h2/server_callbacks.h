// What libnghttp2 tells a ServerConnection, and how its sessions are made. Callbacks never walk an exchange: they note what came.
#pragma once

#include <cstdint>

#include "http/h2/server_exchange.h"

struct nghttp2_session;

namespace weir::http::h2 {

class ServerConnection;
class SessionMemory;
struct ServerLimits;

// The opaque octets of the PING that a farewell waits for.
inline constexpr std::uint8_t kFarewellPing[8] = {'f', 'a', 'r', 'e', 'w', 'e', 'l', 'l'};

// Announces our settings; nullptr when memory is short. `memory` outlives it.
nghttp2_session* open_session(ServerConnection& connection, SessionMemory& memory, const ServerLimits& limits);
// The head of a reply; `body`: who is asked for what follows it, nullptr when nothing does. False when libnghttp2 refuses it.
bool submit_reply(nghttp2_session* session, std::int32_t id, Lines lines, ServerExchange* body);

}  // namespace weir::http::h2
