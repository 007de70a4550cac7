// CDN-Loop (RFC 8586): every cache on the way to the origin adds its name, so that a request that goes round in a circle is known. Read
// strictly: who can't read the list can't know whether he is in it. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/fields.h"

namespace weir::http {

// What a route adds and looks for.
struct CdnLoopGuard {
    std::string id;            // host[:port] or a token
    std::uint32_t rounds = 0;  // so often it may be in the list already; more is a loop
    bool is_named = false;     // by the operator; else made for this process
};

// Longer lists come from a loop among others, or from somebody who wants to know what we do with them.
inline constexpr std::uint32_t kCdnLoopElementsMax = 32;

struct CdnLoop {
    bool is_valid = true;        // every line of it
    std::uint32_t elements = 0;  // of all lines; counting ends behind kCdnLoopElementsMax
    std::uint32_t own = 0;       // with our name
};
// cdn-info = cdn-id *( OWS ";" OWS parameter ), as a list over all lines (RFC 8586 2). Names compare without case.
CdnLoop read_cdn_loop(const Fields& request, std::string_view own_id);

// cdn-id = ( uri-host [ ":" port ] ) / pseudonym, of 1 to kCdnIdMax octets.
inline constexpr std::size_t kCdnIdMax = 255;
bool is_cdn_id(std::string_view text);

// Of the request, as it came: none, nothing to say against it; else a sentence for the log.
enum class LoopVerdict : std::uint8_t { none, unreadable, loops, too_many };
LoopVerdict judge_loop(const Fields& request, const CdnLoopGuard& guard);
const char* explain(LoopVerdict verdict);

}  // namespace weir::http
