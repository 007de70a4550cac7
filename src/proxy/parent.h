// A cache in front of the origin: what it is asked for, and how. It gets what the client asked for, as if the client had come to it: what
// this route does for the origin (rewrites, edits of headers, Host) is the parent's to do, which has the same route. Pure functions.
#pragma once

#include "http/message.h"
#include "proxy/plan.h"

namespace weir::proxy {

// What the cache has looked for, and what may make stored answers invalid (RFC 9111 4.4): the parent must hear of it, or it would give back
// what was. Everything else goes to the origin.
bool goes_to_parent(const RoutePlan& route, const http::Request& request, const http::Facts& facts);

// In place of what the origin would be told: the host and the scheme that this route decided by, so that the parent makes the same key.
void address_to_parent(const ProxyPlan& plan, const http::Facts& facts, http::Request& sent);

// Adds our name, when the route has one (RFC 8586).
void add_cdn_loop(const RoutePlan& route, http::Fields& fields);

}  // namespace weir::proxy
