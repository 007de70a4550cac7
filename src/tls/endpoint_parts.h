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

// The calls that OpenSSL makes during a server's handshake; each finds its ServerStream through the SSL. Defined beside it.
void set_server_calls(ssl_ctx_st* ctx, const ServerOptions& options, const TicketOptions& tickets);

}  // namespace weir::tls
