// What the origin is told of the client: X-Forwarded-For/-Proto/-Host and Forwarded (RFC 7239). What a client sent itself is
// removed (every X-Forwarded-…, Forwarded and X-Real-IP) unless its connection comes from a trusted proxy; then it is continued.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "http/facts.h"

namespace weir::filter {

struct ForwardedOptions {
    bool x_forwarded = true;    // X-Forwarded-For, -Proto, -Host
    bool rfc7239 = false;       // Forwarded
    bool real_ip = false;       // X-Real-IP
    bool hides_client = false;  // none of them carries the client's address, nor do the vendors' own fields
};

void apply(const ForwardedOptions& options, const http::Facts& facts, http::Fields& fields);

// The client's address as trusted proxies tell it: walks X-Forwarded-For (else Forwarded) from the right while the addresses are
// trusted, and stops before what is no address ("unknown", "_hidden"). The connection's peer when it isn't trusted itself.
struct ToldClient {
    bool is_trusted = false;  // the connection's peer is one of the trusted proxies
    net::Ip ip;
    std::optional<http::Scheme> scheme;  // X-Forwarded-Proto or proto=, from a trusted peer only
    std::string_view host;               // X-Forwarded-Host or host=, likewise; empty when none
};
ToldClient told_client(const net::Ip& peer, std::span<const net::Network> trusted, const http::Fields& fields);

}  // namespace weir::filter
