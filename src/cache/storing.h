// May this answer to that request be stored by a shared cache (RFC 9111 3), and which of its fields? Pure functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "cache/directives.h"
#include "cache/freshness.h"
#include "http/message.h"

namespace weir::cache {

// Why the cache has no part in an exchange, or why an answer is not stored. One word each, for Cache-Status, logs and explain.
enum class Refusal : std::uint8_t {
    none,
    method,                 // neither GET nor HEAD
    request_body,           // a GET with a body: the body is in no key ("fat GET" poisoning)
    precondition,           // If-Match or If-Unmodified-Since: the origin's to decide
    upgrade,                // the connection may change its protocol
    request_no_store,       // Cache-Control: no-store in the request
    authorization,          // RFC 9111 3.5
    status,                 // not final, 304, of one request only, or not without a lifetime of its own
    status_not_understood,  // must-understand with an unknown status
    no_store,
    is_private,
    set_cookie,
    vary_any,       // Vary: *
    vary_client,    // Vary names what Weir tells the origin of one client: his address, the number of his request
    vary_too_much,  // more names than kVaryNamesMax
    type,           // Content-Type against the extension of the path, where that is asked for
    partial,        // a 206 that cannot be stored: Content-Range missing, wrong or multipart
    too_large,      // above what the store takes; no rule says so
    no_lifetime,    // neither fresh for a moment nor to be validated: nothing would ever use it
    post_location,  // a POST without explicit lifetime and Content-Location of its own target (RFC 9110 9.3.3)
};
std::string_view word_of(Refusal refusal);
std::string_view explain(Refusal refusal);  // a sentence for a person

// Before anything is looked up: may the cache have a part in this exchange at all? `none`: look it up. A HEAD is answered from a GET's
// entry, but never stored itself.
Refusal refuses_request(const http::Request& request);

// May the answer be stored, as an answer to a GET of the same target? `request` as the client sent it. HEAD: Refusal::method.
// A POST may (RFC 9110 9.3.3), after it has invalidated. `terms`: of this answer, as if
// it had taken no time to come: however slow it was, it is good for those who wait for it.
Refusal refuses_storing(const http::Request& request, const http::Response& response, const ResponseDirectives& directives,
                        const Policy& policy, const Terms& terms);

// May a stored answer that a HEAD's has freshened (RFC 9111 4.3.5) take the place of what it was? `request`: the HEAD.
Refusal refuses_renewing(const http::Request& request, const http::Response& renewed, const ResponseDirectives& directives,
                         const Policy& policy, WallTime received);

// May an answer to somebody with credentials be given to others (RFC 9111 3.5)?
bool is_for_others_too(const ResponseDirectives& directives);

// May an origin's failure, not stored, be shown to those who waited for the same answer? As if it were stored for no time at all: not what
// was made for one person, nor what the request wants kept out of any cache.
bool concerns_all(const http::Request& request, const http::Response& response, const ResponseDirectives& directives, const Policy& policy);

// Statuses whose meaning this cache knows (RFC 9111 5.2.2.3), and those with a lifetime when none is given (RFC 9110 15.1).
bool is_understood(std::uint16_t status);
bool is_heuristically_cacheable(std::uint16_t status);

// Takes out of a copy of the answer's fields what a cache does not store: fields of the connection and those it names, those of
// proxy authentication, those that no-cache="…" and private="…" name, Set-Cookie where the policy says so, Trailer (RFC 9111 3.1).
void remove_unstorable(http::Fields& fields, const ResponseDirectives& directives, const Policy& policy);
bool is_never_stored(http::FieldId id, std::string_view name);

}  // namespace weir::cache
