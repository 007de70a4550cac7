// What the builders of all subjects share. Inside of the room only.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/shared_text.h"
#include "config/build.h"
#include "config/literal.h"

namespace weir::config {

template <class Range, class Value>
bool has(const Range& range, const Value& value) {
    return std::ranges::find(range, value) != std::ranges::end(range);
}

// A route while it is put together: the part for the origin is kept aside until it is known that there is one.
struct RouteDraft {
    proxy::RoutePlan plan;
    proxy::ProxyPlan proxy;
    bool says_loop = false;  // `cdn_loop` has been written, if only to say off
};

// A name of a site whose other address, in the clear, leads to HTTPS.
struct Redirected {
    std::size_t site = 0;
    std::string host;
    std::uint32_t listener = 0;
    filter::ToHttps to;
};

struct Builder {
    const Resolved& resolved;
    const Sources& sources;
    proxy::Snapshot& snapshot;
    Diagnostics& diagnostics;

    proxy::ClientLimits limits{};
    std::map<std::string, std::uint32_t, std::less<>> groups{};  // names and address lists → index of the group
    std::map<std::string, bool, std::less<>> used_groups{};
    std::map<const Item*, std::uint32_t> access_logs{};
    std::map<std::string, SharedText, std::less<>> files{};  // octets of files that are loaded, by path
    std::vector<route::SiteSpec> specs{};
    std::uint32_t routes_count = 0;
    std::uint16_t http_port = 80;
    std::uint16_t https_port = 443;
    std::vector<Redirected> redirects{};

    Place place(const Item& item) const { return sources.place(item.spot()); }
    // A path as written in the item's file.
    std::string path(const Word& word) const { return path_of(word.spot, word.text); }
    std::string path_of(const Spot& spot, std::string_view path) const;
    // The octets of a file that the configuration names, at most `octets_max`; nullptr, and an error, when it can't be read.
    const SharedText* file(const Word& word, std::string_view path, std::size_t octets_max);
};

// Values of words that have been checked already: the literal can't fail any more.
template <class T>
T checked(Literal<T> literal) {
    return literal ? std::move(*literal) : T{};
}
inline Duration duration_of(std::string_view text) { return text == "off" ? Duration::zero() : checked(read_duration(text)); }
inline std::uint64_t size_of(std::string_view text) { return text == "off" ? 0 : checked(read_size(text)); }
template <class T>
T number_of(std::string_view text) {
    return text == "off" ? T{} : static_cast<T>(checked(read_integer(text, {})));
}
http::Template template_of(std::string_view text);

// A directive's name and what reads it into a T.
template <class T>
struct Reader {
    std::string_view directive;
    void (*read)(Builder& builder, const Item& item, T& into);
};

// Reads an item with the reader of its name; false when there is none.
template <class T, std::size_t N>
bool read_with(const Reader<T> (&readers)[N], Builder& builder, const Item& item, T& into) {
    for (const auto& reader : readers) {
        if (reader.directive != item.name()) continue;
        reader.read(builder, item, into);
        return true;
    }
    return false;
}

void build_process(Builder& builder);                   // build_process.cpp
void build_limits(Builder& builder, const Item& item);  // build_limits.cpp
void build_upstreams(Builder& builder);                 // build_upstream.cpp
void warn_of_unused_upstreams(Builder& builder);
void read_upstream_tls(Builder& builder, const Item& item, upstream::GroupOptions& into);  // build_upstream_tls.cpp
// What its parts mean together, once all have been read. `spot`: of what is said when nothing more exact can be pointed at.
void finish_upstream_tls(Builder& builder, const std::vector<const Word*>& servers, const Spot& spot, upstream::GroupOptions& into);
std::uint32_t group_of(Builder& builder, const Item& proxy);                     // of `proxy`: a named upstream or one made of addresses
std::uint32_t named_group(Builder& builder, const Word& word);                   // an upstream
std::vector<std::uint32_t> build_logs(Builder& builder, const InEffect& items);  // build_log.cpp
void build_zones(Builder& builder);                                              // build_cache.cpp
void read_cache(Builder& builder, const Item& item, RouteDraft& into);
void read_parent(Builder& builder, const Item& item, proxy::CachePlan& into);  // build_tiers.cpp
void build_tiers(Builder& builder);
void read_cdn_loop(Builder& builder, const Item& item, RouteDraft& into);
// What a route with a parent needs besides, once all of it has been read; names of those that were not given one, once all is there.
void finish_tiers(Builder& builder, const InEffect& items, RouteDraft& into);
void name_loop_guards(Builder& builder);
void read_compress(Builder& builder, const Item& item, RouteDraft& into);                // build_compress.cpp
void build_sites(Builder& builder);                                                      // build_site.cpp
std::vector<std::uint32_t> build_listeners(Builder& builder, const ResolvedSite& site);  // build_listen.cpp
// Once all sites are there.
void build_redirects(Builder& builder);
void share_wide_listeners(Builder& builder);
void scope_caches(Builder& builder);  // build_scope.cpp
// TLS of a site, when any of its addresses speaks it. `hosts`: as in its SiteSpec.
void build_site_tls(Builder& builder, const ResolvedSite& site, const std::vector<std::string>& hosts, proxy::SitePlan& into);
void build_endpoints(Builder& builder);               // build_tls.cpp
void build_acme(Builder& builder, const Item& item);  // build_acme.cpp
void build_tickets(Builder& builder, const Item& item);
void build_state(Builder& builder);
proxy::RoutePlan build_route(Builder& builder, const InEffect& items);  // build_route.cpp
bool reads_route_directive(std::string_view name);                      // for the test that none is forgotten
std::size_t digest_of(const Item& item);                                // build_digest.cpp
std::size_t digest_of(const Builder& builder, const ResolvedSite& site, const proxy::SitePlan& plan);  // build_digest.cpp
route::RouteSpec build_match(Builder& builder, const ResolvedRoute& route);                            // build_match.cpp

// Readers of directives of routes; build_route.cpp has their table.
void read_header(Builder& builder, const Item& item, RouteDraft& into);    // build_headers.cpp
void read_rewrite(Builder& builder, const Item& item, RouteDraft& into);   // build_rewrite.cpp
void read_redirect(Builder& builder, const Item& item, RouteDraft& into);  // build_answer.cpp
void read_respond(Builder& builder, const Item& item, RouteDraft& into);
void read_proxy(Builder& builder, const Item& item, RouteDraft& into);
void read_error_page(Builder& builder, const Item& item, RouteDraft& into);
void read_forwarded(Builder& builder, const Item& item, RouteDraft& into);  // build_origin.cpp
void read_host(Builder& builder, const Item& item, RouteDraft& into);
void read_via(Builder& builder, const Item& item, RouteDraft& into);
void read_request_id(Builder& builder, const Item& item, RouteDraft& into);
void read_upgrade(Builder& builder, const Item& item, RouteDraft& into);
void read_connect(Builder& builder, const Item& item, RouteDraft& into);
void read_early_data(Builder& builder, const Item& item, RouteDraft& into);  // build_tls.cpp
void read_hsts(Builder& builder, const Item& item, RouteDraft& into);

}  // namespace weir::config
