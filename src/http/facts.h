// Facts: what is known of one exchange, gathered as it goes. Templates, access log, metrics and explain read it; only the walk
// (proxy/exchange) writes it. Views live as long as the exchange.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "http/coding.h"
#include "http/message.h"
#include "http/uri.h"
#include "net/address.h"

namespace weir::tls {
struct ConnectionFacts;
}

namespace weir::http {

// The phases of an exchange: the shared words of code, configuration, metrics, logs and explain.
enum class Phase : std::uint8_t { accept, tls, request, admit, lookup, select, send, response, body, log };
std::string_view name_of(Phase phase);

// Moments, zero (TimePoint{}) when they never came.
struct Moments {
    TimePoint begun{};       // first octet of the request seen
    TimePoint head_read{};   // its head was complete
    TimePoint selected{};    // a peer was chosen (after queueing)
    TimePoint connected{};   // a connection to it was ready
    TimePoint sent{};        // the request's head was written to it
    TimePoint first_byte{};  // its answer's head was complete
    TimePoint done{};        // the reply was written, or the exchange gave up
};

// What the cache did for an exchange.
enum class CacheUse : std::uint8_t {
    none,         // the route has no cache
    hit,          // answered from the store, fresh
    stale,        // the same, though its lifetime is over
    revalidated,  // the origin said that what is stored still holds
    collapsed,    // came with another's fetch
    miss,         // fetched from the origin
    bypass,       // the request is none that a cache answers
    count_
};
std::string_view word_of(CacheUse use);  // empty for none

struct Facts {
    const Request* request = nullptr;
    const Response* response = nullptr;  // once there is a reply
    Target target;
    std::string_view host;   // normalised, without port
    std::uint16_t port = 0;  // the local port that took the connection
    Scheme scheme = Scheme::http;
    net::Ip client;  // behind trusted proxies: who they say; else the peer of the connection
    std::uint16_t client_port = 0;
    net::Ip connection_peer;  // who is connected
    bool is_peer_trusted = false;
    const tls::ConnectionFacts* tls = nullptr;  // of the client's connection; nullptr: it is in the clear
    bool is_early = false;                      // came as early data: somebody may have recorded it and sent it again (RFC 8470)
    std::string_view request_id;
    std::string_view site;                         // as configured: its first name
    std::string_view route;                        // as configured: its pattern
    std::string_view upstream;                     // the group
    std::string_view peer;                         // "10.0.0.1:80" of the last try
    std::uint32_t peer_label = ~std::uint32_t{0};  // its dense index in the metrics
    std::uint16_t upstream_status = 0;             // 0: none came
    std::uint16_t status = 0;                      // sent to the client; 0: nothing was
    std::uint8_t tries = 0;
    CacheUse cache = CacheUse::none;
    std::string_view cache_key;          // of a route with a cache: under which the answer is looked up, its lines as they are hashed
    Coding encoding = Coding::identity;  // that Weir itself has put the reply's body into
    bool reused_connection = false;
    bool is_peer_parent = false;          // the peer of the last try is a cache in front of the origin, not the origin
    bool is_peer_h2 = false;              // HTTP/2 is spoken with the peer of the last try, else HTTP/1.1
    Phase phase = Phase::request;         // how far it got
    bool is_complete = false;             // the reply reached its end
    ErrorCode error = ErrorCode::closed;  // meaningful when has_error
    bool has_error = false;
    Side error_side = Side::self;
    std::string_view error_detail;
    std::uint64_t request_body_octets = 0;
    std::uint64_t request_octets = 0;  // head and body
    std::uint64_t reply_body_octets = 0;
    std::uint64_t reply_octets = 0;  // head and body
    WallTime started{};
    Moments at;
    std::uint64_t connection_serial = 0;
    std::uint32_t request_on_connection = 0;     // 1 is the first
    std::span<const std::string_view> captures;  // of the route's regex: [0] is the whole
};

}  // namespace weir::http
