// decide: the pure function from a request to what is to be done with it: site, route, normalised path. Live traffic, `weir explain` and
// tests ask the same one. No I/O, no clock, no state.
#pragma once

#include <optional>
#include <span>

#include "base/result.h"
#include "http/facts.h"
#include "proxy/snapshot.h"

namespace weir::proxy {

struct DecideQuery {
    std::uint32_t listener = 0;  // index in the snapshot
    const http::Request* request = nullptr;
    std::string_view authority;  // which the client asked for: Request::authority, or X-Forwarded-Host of a trusted peer
    net::Ip client;
    const tls::ConnectionFacts* tls = nullptr;  // of the client's connection; nullptr: it is in the clear
};

struct Decision {
    const SitePlan* site = nullptr;    // nullptr: none takes it
    const RoutePlan* route = nullptr;  // never nullptr: the fallback when there is none
    http::Target target;
    std::string_view host;  // normalised
    std::span<const std::string_view> captures;
    Error refusal;  // meaningful when is_refused
    bool is_refused = false;
};

// What a route refuses of a request by its head, before anything is done.
std::optional<Error> refusal_by(const RoutePlan& route, const http::Request& request);
// RFC 9110 7.6.2: OPTIONS that may go no further is answered here.
bool goes_no_further(const http::Request& request);

Decision decide(const Snapshot& snapshot, const DecideQuery& query, Arena& arena, route::Trace* trace = nullptr);

}  // namespace weir::proxy
