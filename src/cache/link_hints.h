// What an answer's Link fields (RFC 8288) say that a client may begin with before the answer is there: what a 103 (Early Hints, RFC 8297)
// tells. Pure functions; views into the fields, texts in the arena.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/arena.h"
#include "http/message.h"

namespace weir::cache {

inline constexpr std::size_t kHintsMax = 16;             // links of one answer; further ones are not told
inline constexpr std::size_t kHintOctetsMax = 1024;      // of all of them together
inline constexpr std::size_t kLinkFieldMax = 16 * 1024;  // octets of Link that are looked at

// One value for a Link field: those with the relations preload (and `as`), modulepreload and preconnect alone, as they were written. Not
// those that speak of another document (anchor, rev) or of this one answer alone (nonce), nor what leads to anything but http and https.
// Behind what is malformed nothing is read. Empty: there is nothing to tell.
std::string_view read_hints(const http::Fields& fields, Arena& arena);

// Is what this answer says of use for the next one to the same request? A page, not for one person, that differs by nothing that is not in
// the key but its coding: its Link fields, whatever they say.
bool has_lasting_hints(const http::Response& response);

// Will a browser heed a 103 to this request? It does where it goes to a page.
bool may_heed_hints(const http::Request& request);

}  // namespace weir::cache
