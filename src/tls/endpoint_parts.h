// What an Endpoint holds, for its own sources.
#pragma once

#include "tls/endpoint.h"
#include "tls/owned.h"

namespace weir::tls {

struct Endpoint::Parts {
    struct Site {
        ServerOptions options;
        ssl_ctx_st* ctx = nullptr;  // shared by sites with equal options
    };
    std::vector<Site> sites;
    std::vector<Owned<ssl_ctx_st>> contexts;
    TextMap<std::size_t> hosts;
    std::size_t fallback = 0;  // the site without hosts; else the first
    TicketOptions tickets;
    bool takes_fingerprints = false;
};

// A certificate of the client belongs to a handshake, not to a ticket: where one is wanted early data is not taken.
inline bool takes_early_data(const ServerOptions& options) {
    return options.allows_early_data && options.client_auth.kind == ClientAuthOptions::Kind::none;
}

// The calls that OpenSSL makes during a server's handshake; each finds its ServerStream through the SSL. Defined beside it.
void set_server_calls(ssl_ctx_st* ctx, const ServerOptions& options, const TicketOptions& tickets);

}  // namespace weir::tls
