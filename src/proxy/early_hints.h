// Early hints (RFC 8297) that are learned: what a page said that it needs is told to those who ask for it next, while the origin still
// thinks. By the whole key of what is asked for, and only from answers that are for everybody: nobody can put anything into the hints of
// others.
#pragma once

#include "cache/zone.h"
#include "http/stream.h"
#include "proxy/plan.h"

namespace weir::proxy {

// An answer has come that is stored, or that is only passed on and for everybody (`concerns_all`).
struct Page {
    std::string_view key;
    const http::Response& head;
    std::uint64_t born = 0;
    std::span<const cache::TagCell> tags;
    bool concerns_all = false;
};
void learn_hints(cache::Zone& zone, const Page& page);

// Sends what is known, when this client may have it. Before the reply has begun; the inbound may have to be flushed afterwards.
void say_hints(cache::Zone& zone, const RoutePlan& route, std::string_view key, const http::Request& request, http::Inbound& inbound);

}  // namespace weir::proxy
