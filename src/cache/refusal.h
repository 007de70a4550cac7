// Refusal: why the cache has no part in an exchange, or why an answer is not stored. A word each, for Cache-Status, metrics and explain,
// and a sentence for a person.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::cache {

enum class Refusal : std::uint8_t {
    none,
    // The request is not for a cache.
    method,            // neither GET nor HEAD
    head,              // a HEAD: its answer has nothing to store
    request_body,      // a GET with a body: the body is in no key ("fat GET" poisoning)
    precondition,      // If-Match or If-Unmodified-Since: the origin's to decide
    upgrade,           // the connection may change its protocol
    bypass,            // the operator says so
    key,               // too long
    request_no_store,  // Cache-Control: no-store in the request
    authorization,     // RFC 9111 3.5
    range,             // a part from the middle, where nothing is stored in slices
    // It is not fetched for all just now.
    min_uses,      // not asked for so often yet
    hit_for_miss,  // a moment ago the answer could not be stored: requests go side by side
    beside,        // another fetch was under way, and of no use to this request
    // The answer is not for a cache.
    status,                 // not final, 304, of one request only, or not without a lifetime of its own
    status_not_understood,  // must-understand with an unknown status
    no_store,
    is_private,
    set_cookie,
    vary_any,       // Vary: *
    vary_client,    // Vary names what Weir tells the origin of one client: his address, the number of his request
    vary_too_much,  // more names than kVaryNamesMax
    type,           // Content-Type against the extension of the path, where that is asked for
    partial,        // a 206 that can't be placed, or that nobody asked for
    no_lifetime,    // neither fresh for a moment nor to be validated: nothing would ever use it
    // It did not come in.
    too_large,       // above what the store takes
    crowded,         // no room, and nothing could leave
    purged,          // while it was fetched
    changed,         // the origin has another version than the slices that are stored
    slice_refused,   // the origin did not give a slice that is missing
    origin_failure,  // it does not take the place of what may stand in for it
    cut_off,         // before its end
    no_answer,       // the origin sent none
    count_
};
std::string_view word_of(Refusal refusal);
std::string_view explain(Refusal refusal);

// Is the next answer to the same request likely to be refused, too, so that nobody should wait for it?
bool is_lasting(Refusal refusal);

}  // namespace weir::cache
