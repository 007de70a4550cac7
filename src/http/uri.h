// Targets of requests (RFC 3986, RFC 9110 7.1): decode once, normalise, decide; the origin gets what came.
// Pure functions; views into the input or the arena. Nothing is guessed: what is ambiguous is a PathFault.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "base/arena.h"

namespace weir::http {

// Which rule refuses a path; each can be allowed for a route by its name ("paths allow backslash").
enum class PathFault : std::uint8_t {
    encoded_nul,    // %00
    control_octet,  // a decoded octet below 0x20 or 0x7f
    bad_encoding,   // '%' without two hex digits
    above_root,     // dot segments that climb above the root
    backslash,      // '\' or %5C, a separator to some origins
    bad_octet,      // an octet no target may hold (space, >0x7e, '#')
};
std::string_view word_of(PathFault fault);

// Switches of a route: a fault that is allowed leaves the octets as they came. Two have no such thing: a path that climbs above the
// root stays at the root, and a '%' without digits is kept as "%25", since a bare one could form an escape with what follows it.
struct PathPolicy {
    std::uint8_t allowed = 0;    // bit 1 << PathFault
    bool merges_slashes = true;  // '//' counts as '/'
    bool allows(PathFault fault) const { return (allowed >> static_cast<unsigned>(fault) & 1U) != 0; }
};

struct Target {
    std::string_view raw_path;  // before '?', as it came
    std::string_view path;      // normalised: unreserved octets decoded once, dot segments removed, '//' folded,
                                // other escapes kept with upper-case hex ("%2F"); equals raw_path when clean
    std::string_view query;     // after the first '?', as it came
    bool has_query = false;
};

// Splits and normalises an origin-form target. normalise(normalise(x)) == normalise(x). The '*' of OPTIONS is its own path.
std::expected<Target, PathFault> parse_target(std::string_view target, const PathPolicy& policy, Arena& arena);
// The path alone; it begins with '/', anything else is a bad_octet.
std::expected<std::string_view, PathFault> normalise_path(std::string_view path, const PathPolicy& policy, Arena& arena);

struct Authority {
    std::string_view host;  // lower case, no trailing dot; IPv6 in canonical text without brackets
    std::optional<std::uint16_t> port;
    bool is_ipv6 = false;
};

// uri-host [":" port] (RFC 3986 3.2.2), A-labels only; no userinfo, no empty host, no percent-encoding. nullopt when invalid.
std::optional<Authority> parse_authority(std::string_view text, Arena& arena);

// Would parse_authority take it? Needs no memory.
bool is_authority(std::string_view text);

// The parts of an absolute-form target "http://host/path?query"; nullopt when it is none or its scheme is neither http nor https.
// The authority is not checked.
struct AbsoluteForm {
    std::string_view scheme, authority;  // the scheme in the case it came
    std::string_view target;             // what follows the authority: empty, or begins with '/' or '?'
};
std::optional<AbsoluteForm> split_absolute(std::string_view uri);

// Percent-decodes; with `plus_is_space` as in forms. Invalid escapes stay as they came.
std::string_view percent_decode(std::string_view text, bool plus_is_space, Arena& arena);

// The decoded value of a query parameter: the first of that (decoded) name.
std::optional<std::string_view> query_parameter(std::string_view query, std::string_view name, Arena& arena);

// Calls visit(raw_name, raw_value, has_equals) for each '&'-separated parameter, in order.
template <class Visit>
void for_each_parameter(std::string_view query, Visit&& visit) {
    while (!query.empty()) {
        const auto amp = query.find('&');
        const auto one = query.substr(0, amp);
        const auto equals = one.find('=');
        if (!one.empty())
            visit(one.substr(0, equals), equals == std::string_view::npos ? std::string_view{} : one.substr(equals + 1),
                  equals != std::string_view::npos);
        query = amp == std::string_view::npos ? std::string_view{} : query.substr(amp + 1);
    }
}

// A named cookie of a Cookie field's value (RFC 6265 4.2).
std::optional<std::string_view> cookie_value(std::string_view cookie_field, std::string_view name);

}  // namespace weir::http
