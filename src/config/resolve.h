// From items to what is in effect: policies brought in, what a route takes over from its site and a site from the top level put into it,
// upstreams that are like others filled up. The order in which things count, the last winning:
//
//   defaults < top level < policies of the site < the site < policies of the route < the route
//
// A directive that may be given once replaces the outer one; a block of parts (timeout, forwarded) replaces part by part; one that may
// be given often adds to the outer ones, until `reset` drops those. `proxy`, `respond` and `redirect` replace each other.
#pragma once

#include <deque>
#include <map>
#include <string_view>
#include <vector>

#include "config/bind.h"
#include "config/diagnostic.h"

namespace weir::config {

// Items in effect at one place, outer ones first. Pointers into the checked items or into Resolved::made.
using InEffect = std::vector<const Item*>;

struct ResolvedRoute {
    const Item* route = nullptr;  // null: the site's own directives, for what no route matches
    InEffect items;
};

struct ResolvedSite {
    const Item* site = nullptr;
    InEffect items;                     // what its routes take over
    InEffect own_items;                 // what is of the whole site: `tls`
    bool says_tls = false;              // it, or a policy of it, has a word of its own on TLS
    std::vector<ResolvedRoute> routes;  // in the order written, the site's own last
};

struct ResolvedUpstream {
    const Item* upstream = nullptr;
    InEffect items;
};

struct Resolved {
    std::vector<Item> items;  // of the top level, as checked
    InEffect shared;          // those that sites take over
    std::vector<ResolvedUpstream> upstreams;
    std::vector<ResolvedSite> sites;
    std::deque<Item> made;  // blocks put together from several

    const Item* find(std::string_view name) const;
};

Resolved resolve(std::vector<Item> items, const Sources& sources, Diagnostics& diagnostics);

// Does an inner block take this directive over from an outer one?
bool is_inherited(const Directive& directive);
// Is it taken over by sites, but not by their routes?
bool is_of_sites(const Directive& directive);
InEffect of_routes(InEffect items);

}  // namespace weir::config
