// What gRPC over HTTP/2 wants of a proxy, beside trailers and streams: errors by grpc-status, and the end of a call at its deadline.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "http/message.h"

namespace weir::proxy {

// A call of gRPC: it hears of errors by grpc-status, with HTTP's 200 (Trailers-Only).
bool is_grpc(const http::Request& request);
// The grpc-status that tells a gRPC client of such a status, as its libraries map them when a proxy answers with plain HTTP.
std::uint8_t grpc_status_of(std::uint16_t status);
// DEADLINE_EXCEEDED, in a reply's head or in its trailers.
void add_late_status(http::Fields& fields);

// The time that a call has, as `grpc-timeout` says: at most 8 digits and a unit. nullopt: none, or nothing that says so.
std::optional<Duration> read_grpc_timeout(std::string_view text);
// Of a call of gRPC.
std::optional<Duration> grpc_timeout_of(const http::Request& request);

}  // namespace weir::proxy
