// Making text fit for a URI: what a request line and a Location may hold. Used by rewrites and redirects.
#pragma once

#include <string_view>

#include "base/arena.h"

namespace weir::filter {

// A request target's path or query: octets it may not hold, and a '%' that begins no escape, are percent-encoded. Nothing is decoded.
std::string_view encode_target(std::string_view text, Arena& arena);

// A Location: stricter, since browsers repair what they should refuse ('\' counts as '/'); '#' stays.
std::string_view encode_location(std::string_view text, Arena& arena);

// Exactly one '/' at the front: "//evil.test" would be another host to a browser (open redirect), and an authority to some origins.
std::string_view with_one_slash(std::string_view path, Arena& arena);

// RFC 3986 5.2.4; what climbs above the root stays at the root. The text itself when it holds no dot segment.
std::string_view without_dot_segments(std::string_view path, Arena& arena);

}  // namespace weir::filter
