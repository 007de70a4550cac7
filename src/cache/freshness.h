// How long a stored answer is fresh and how old it is (RFC 9111 4.2), and what to do with it now. Pure functions over Terms, a request
// and a clock: live traffic, explain and the tests ask the same ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "base/clock.h"
#include "cache/directives.h"
#include "http/message.h"

namespace weir::cache {

// What a stored answer's head says about its reuse, read once, when it is stored or freshened: a hit looks at nothing else.
// Trivially copyable; it may be written to disk with a version beside it. Nothing of the Policy is in it, so that a reload counts at once.
struct Terms {
    WallTime received{};                  // response_time: when the head came
    WallTime date{};                      // Date; `received` when there is none
    Duration initial_age{};               // corrected_initial_age (RFC 9111 4.2.3)
    std::optional<Delta> lifetime;        // explicit: s-maxage, max-age, Expires; nullopt: the answer says nothing
    std::optional<Delta> since_modified;  // Date - Last-Modified, when a heuristic may be used (RFC 9111 4.2.2)
    std::optional<Delta> stale_while_revalidate, stale_if_error;
    std::uint16_t status = 200;
    bool has_no_cache = false;     // every use needs a validation
    bool forbids_stale = false;    // must-revalidate, proxy-revalidate, no-cache (RFC 9111 4.2.4)
    bool has_s_maxage = false;     // forbids stale use, too, but for the windows the same field opens itself
    bool is_immutable = false;     // RFC 8246
    bool is_marked_stale = false;  // purged softly: as if its lifetime were over
    bool is_invalid = false;       // by an unsafe request: not to be sent before a validation (RFC 9111 4.4)
};
static_assert(std::is_trivially_copyable_v<Terms>);

// `asked` and `received`: the wall clock when the request was sent and when the answer's head came.
Terms read_terms(const http::Response& response, const ResponseDirectives& directives, WallTime asked, WallTime received);
// The age of an answer whose Terms were read with another `asked`, once that is known.
void count_delay(Terms& terms, const http::Fields& fields, WallTime asked);

// current_age (RFC 9111 4.2.3), never negative.
Duration age_of(const Terms& terms, WallTime now);
// freshness_lifetime, the operator's word in it.
Duration lifetime_of(const Terms& terms, const Policy& policy);
// When its lifetime is over: for eviction and expiry queues. May lie in the past.
WallTime expiry_of(const Terms& terms, const Policy& policy);
// After this moment no rule lets it be sent without the origin: of no further use, unless it has a validator.
WallTime end_of_use(const Terms& terms, const Policy& policy);

enum class Verdict : std::uint8_t {
    fresh,                   // send it
    stale_while_revalidate,  // send it and revalidate it behind the reply
    stale,                   // send it: the client said that it may be
    revalidate,              // ask the origin; conditionally when it has a validator (validate.h)
    unavailable,             // only-if-cached, and nothing may be sent: 504 (RFC 9111 5.2.1.7)
};

enum class Why : std::uint8_t {
    is_fresh,
    is_expired,       // its lifetime is over
    is_marked_stale,  // purged softly
    is_invalid,
    has_no_cache,      // the answer's no-cache
    request_no_cache,  // the request's, or its Pragma
    request_max_age,
    request_min_fresh,
    within_max_stale,
    within_while_revalidate,
    within_if_error,
    within_keep_serving,
    has_no_entry,
};
std::string_view word_of(Why why);
std::string_view explain(Why why);  // a sentence for a person

struct Use {
    Verdict verdict = Verdict::revalidate;
    Why why = Why::has_no_entry;
    Duration age{};
    Duration ttl{};  // lifetime - age; negative when stale
    bool is_sendable() const { return verdict <= Verdict::stale; }
};

// What to do with a stored answer that the request selects (key and Vary match).
Use use(const Terms& terms, const RequestDirectives& request, WallTime now, const Policy& policy);
// The same when the request has no directives, which is the common hit.
Use use(const Terms& terms, WallTime now, const Policy& policy);
// Nothing is stored: revalidate (that is, fetch) or unavailable.
Use use_nothing(const RequestDirectives& request, const Policy& policy);

// The origin failed: it could not be reached, or answered with is_origin_failure(status). May the stored answer stand in for it
// (RFC 5861 4, RFC 9111 4.2.4)? nullopt: no; else why.
std::optional<Why> stands_in(const Terms& terms, const RequestDirectives& request, WallTime now, const Policy& policy);
bool is_origin_failure(std::uint16_t status);  // 500, 502, 503, 504 (RFC 5861 4)
// Something odd in this request was refused, a loop that its CDN-Loop feigns (508) too: that is no word about what others get.
constexpr bool is_refusal_of_one(std::uint16_t status) { return status >= 400 && status != 401 && status != 404 && status != 410; }

// Age of a reply from the store: whole seconds.
std::uint32_t age_seconds(Duration age);

}  // namespace weir::cache
