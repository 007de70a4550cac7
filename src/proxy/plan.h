// The typed configuration: what listeners, sites and routes do. Filled once by config/, immutable, read by every worker.
// A RoutePlan is complete: everything a site or a policy adds has been put into it at load, so that a request looks in one place.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "acme/options.h"
#include "base/clock.h"
#include "base/place.h"
#include "cache/key.h"
#include "cache/policy.h"
#include "filter/compress.h"
#include "filter/forwarded.h"
#include "filter/headers.h"
#include "filter/hsts.h"
#include "filter/respond.h"
#include "filter/rewrite.h"
#include "http/cdn_loop.h"
#include "http/field_names.h"
#include "http/h1/parser.h"
#include "http/uri.h"
#include "net/address.h"
#include "observe/options.h"
#include "proxy/request_marks.h"
#include "tls/endpoint.h"
#include "tls/options.h"
#include "upstream/options.h"

namespace weir::proxy {

using namespace std::chrono_literals;

inline constexpr std::uint32_t kNoIndex = ~std::uint32_t{0};

// Limits on clients, of a listener: known before a site is.
struct ClientLimits {
    http::h1::HeadLimits head;
    Duration header_time = 10s;           // for a request's head, from its first octet …
    std::uint32_t header_rate_min = 500;  // … and a second more for every so many octets that came (slowloris)
    Duration header_time_max = 40s;
    Duration body_grace = 10s;          // time spent waiting for a body before its rate counts
    std::uint32_t body_rate_min = 240;  // octets a second; 0: no floor
    Duration send_stall = 60s;          // a client that takes nothing for this long is gone (slow read)
    Duration keep_alive_idle = 75s;
    std::uint32_t requests_per_connection = 10'000;
    std::uint32_t streams_per_connection = 128;    // HTTP/2: at one time
    std::uint32_t connections_max = 100'000;       // over all workers
    std::uint32_t connections_per_client = 1'000;  // one address, over all workers
    std::uint32_t handshakes_max = 1'000;          // TLS handshakes under way, of one worker
    Duration handshake_time = 10s;                 // a handshake that is not done by then is half-open: its connection ends
    Duration half_close_grace = 1s;                // a client that has closed its sending half still gets an answer that comes this soon
};

// What a listener that speaks TLS offers, and to which site each choice of the endpoint belongs.
struct TlsListening {
    Ref<const tls::Endpoint> endpoint;
    std::vector<std::uint32_t> sites;  // of the endpoint's indices: those of the snapshot
};

struct ListenerPlan {
    net::Address at;
    bool speaks_tls = false;
    bool accepts_proxy_protocol = false;  // every connection must begin with a v1 or v2 header, from trusted_proxies only
    ClientLimits limits;
    Place place;
    TlsListening tls;  // when it speaks TLS
    bool operator==(const ListenerPlan& other) const { return at == other.at; }
};

struct Timeouts {
    Duration first_byte = 60s;          // from the request's end to the head of the answer
    Duration between_bytes = 60s;       // of a body, in either direction, while Weir waits for the origin
    Duration total = Duration::zero();  // of the whole exchange; zero: none
    Duration tunnel_idle = 1h;          // of an upgraded connection, both directions silent
};

// Which Host the origin sees.
struct HostChoice {
    enum class Kind : std::uint8_t { client, upstream, fixed };
    Kind kind = Kind::client;
    http::Template fixed;
};

struct ProxyPlan {
    std::uint32_t group = kNoIndex;  // index into Snapshot::groups
    filter::Rewrites rewrites;
    filter::ForwardedOptions forwarded;
    HostChoice host;
    std::string via;               // pseudonym for Via; empty: no Via
    bool sends_request_id = true;  // X-Request-Id to the origin
    bool allows_upgrade = true;
    bool allows_connect = false;
};

enum class EarlyHints : std::uint8_t { off, to_http2, to_all };

// What answers with a tag may do when they are stale; what is not said is as for the others.
struct TagGrace {
    std::string tag;
    std::optional<cache::Delta> while_revalidate, if_error, keep_serving;
    cache::Policy policy;  // the route's with these in it
};

// Caches in front of the origin that are asked before it.
struct ParentPlan {
    std::uint32_t group = kNoIndex;  // index into Snapshot::groups
    bool may_be_passed = true;       // when none of them answers the origin is asked
    bool is_there() const { return group != kNoIndex; }
};

// What of a route's answers is stored, and how long.
struct CachePlan {
    std::uint32_t zone = kNoIndex;  // index into Snapshot::zones
    cache::Policy policy;
    cache::KeyPlan key;
    RequestMarks refresh;                      // requests that have any of these are answered by the origin, and what it says is stored
    RequestMarks bypass;                       // requests that have any of these pass by
    std::uint32_t slice = 0;                   // octets of the slices in which large things are fetched; 0: they are fetched whole
    EarlyHints early_hints = EarlyHints::off;  // what pages said that they need is told before the next one comes
    unsigned min_uses = 1;                     // so often a thing must be asked for before it is stored
    std::vector<net::Network> purgers;         // clients whose PURGE counts; none: it is a method as any other
    std::vector<TagGrace> tag_graces;          // the first whose tag an answer has counts
    ParentPlan parent;
    http::FieldNames tag_fields{"Surrogate-Key", "Cache-Tag"};  // of answers: what they can be purged by
};

struct RoutePlan {
    std::string name;
    Place place;
    http::PathPolicy paths;
    // What it does, the first that is there: redirect, respond, proxy; none of them: 404.
    std::optional<filter::Redirect> redirect;
    std::optional<filter::Respond> respond;
    std::optional<ProxyPlan> proxy;
    std::optional<CachePlan> cache;  // of what `proxy` brings
    std::optional<filter::Compress> compress;
    std::optional<http::CdnLoopGuard> loop;  // requests that have been here are refused
    filter::HeaderEdits request_headers;
    filter::HeaderEdits response_headers;
    filter::ErrorPages error_pages;
    std::uint64_t body_max = 0;  // octets of a request's body; 0: no limit
    Timeouts timeouts;
    std::vector<std::uint32_t> access_logs;  // indices into Snapshot::access_logs
    bool allows_early_data = false;          // of safe methods (RFC 8470)
    filter::Hsts hsts;
    bool takes_request_id = true;     // a client's X-Request-Id is taken over when it is well-formed and its peer is trusted
    std::uint32_t metrics_label = 0;  // dense index over all routes
};

struct SitePlan {
    std::string name;
    Place place;
    std::size_t digest = 0;  // of the text it was made from, policies included: tells a reload whether it changed
    std::optional<filter::Canonical> canonical;
    std::optional<filter::ToHttps> to_https;  // a redirect, as soon as there is a certificate; until then the routes of `served_by`
    std::uint32_t served_by = 0;              // when it is a redirect: the site that is led to
    std::optional<tls::ServerOptions> tls;    // nothing: it is not reached by TLS
    std::vector<Ref<const tls::Certificate>> certificates;  // those of files, as they were at load
    // Which certificates of clients it wants, as a number: a connection whose handshake wanted others gets no answer from it. 0: none.
    std::uint64_t client_auth = 0;
    std::vector<RoutePlan> routes;
    RoutePlan fallback;  // for requests that no route of the site takes: 404, the site's error pages and log
    std::uint32_t metrics_label = 0;
};

struct AdminPlan {
    std::string socket;                   // path of the admin socket; empty: none
    std::optional<net::Address> metrics;  // a TCP address that answers /metrics only
};

struct WorkersPlan {
    std::uint32_t count = 0;  // 0: one a processor
    bool is_pinned = false;
};

struct ProcessPlan {
    WorkersPlan workers;
    AdminPlan admin;
    std::string user, group;             // to become after binding, when started as root
    Duration drain_max = 30s;            // how long SIGTERM waits for exchanges
    std::vector<std::string> resolvers;  // empty: /etc/resolv.conf
    std::string state_directory;
    tls::TicketOptions tickets;
    acme::Options acme;
    std::string error_log;  // empty: standard error
    std::string error_log_level = "info";
    std::string error_log_format = "text";
    std::map<std::string, std::size_t> digests;  // of its directives as written, by name: tell a reload which of them changed
};

}  // namespace weir::proxy
