// May this answer to that request be stored by a shared cache (RFC 9111 3), and which of its fields? Pure functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "cache/directives.h"
#include "cache/freshness.h"
#include "cache/refusal.h"
#include "http/message.h"

namespace weir::cache {

// Before anything is looked up: may the cache have a part in this exchange at all? `none`: look it up. A HEAD is answered from a GET's
// entry, but never stored itself.
Refusal refuses_request(const http::Request& request);

// May the answer be stored, as an answer to a GET of the same target? `request` as the client sent it. HEAD: Refusal::head.
// `terms`: of this answer, as if it had taken no time to come: however slow it was, it is good for those who wait for it.
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
