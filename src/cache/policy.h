// Policy: what the operator says about the cache of a route, beside what the messages say themselves. Plain values, filled by the
// builder in config/; lives as long as its Snapshot. The functions of this room take it and change nothing in it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "http/field_names.h"

namespace weir::cache {

// Seconds as they stand in fields: never negative, never above kDeltaMax (RFC 9111 1.2.2). Sums of them are made in nanoseconds of 64
// bits, which hold four.
using Delta = std::chrono::duration<std::uint32_t>;
inline constexpr Delta kDeltaMax{2'147'483'648U};

struct StatusTtl {
    std::uint16_t first = 0, last = 0;  // statuses, both included
    Delta ttl{};
};

enum class SetCookie : std::uint8_t {
    not_stored,  // an answer with Set-Cookie is nobody else's
    removed,     // it is stored without
    stored       // as any other field: told by the operator who knows that the cookie is nobody's
};

struct Policy {
    // Targeted fields, in the order of preference (RFC 9213 2.2).
    http::FieldNames targeted_fields{"CDN-Cache-Control"};

    // A lifetime instead of what the answer says (max-age, s-maxage, Expires, heuristic), for the statuses that are cacheable by default
    // and not errors. no-store, private, no-cache and must-revalidate keep their meaning.
    std::optional<Delta> ttl;
    std::vector<StatusTtl> ttl_of_status;  // the same for statuses named, errors too: negative caching. The first that fits counts
    Delta ttl_default{};                   // when the answer says nothing; 0: only what the heuristic gives
    Delta ttl_max = kDeltaMax;

    unsigned heuristic_percent = 10;  // of the time since Last-Modified (RFC 9111 4.2.2); 0: no heuristic
    Delta heuristic_max{24 * 3600};

    // Grace. The origin's own stale-while-revalidate and stale-if-error count when they are there (RFC 5861), these when they are not.
    Delta stale_while_revalidate{};
    Delta stale_if_error{};
    // How long after the end of its lifetime a stored answer may stand in for an origin that cannot be reached (RFC 9111 4.2.4: the cache
    // is disconnected). Never over must-revalidate, proxy-revalidate, s-maxage or no-cache.
    Delta keep_serving{};

    bool heeds_requests = true;          // Cache-Control and Pragma of requests (RFC 9111 5.2.1, advisory)
    bool ignores_cache_control = false;  // the operator knows better than the origin: ttl and ttl_of_status alone decide; Vary: *,
                                         // Authorization and Set-Cookie still count
    SetCookie set_cookie = SetCookie::not_stored;
    bool checks_type = false;    // stored only when Content-Type agrees with the extension of the path (web cache deception)
    bool stores_partial = true;  // 206 (RFC 9111 3.3)
    bool serves_ranges = true;
};

}  // namespace weir::cache
