// The syntax of Forwarded (RFC 7239 4): elements divided by ',', pairs by ';', values that are tokens or quoted strings. Also node
// names, which X-Forwarded-For uses in looser forms ("1.2.3.4:80", "[::1]").
#pragma once

#include <optional>
#include <string_view>

#include "base/arena.h"
#include "net/address.h"

namespace weir::filter {

struct ForwardedElement {
    std::string_view node;  // for=, without quotes
    std::string_view proto;
    std::string_view host;
};

// Takes the last element off `list`; nullopt when it is not well-formed, or when the list is empty.
std::optional<ForwardedElement> pop_element(std::string_view& list);
// The same for a plain list of tokens.
std::optional<std::string_view> pop_token(std::string_view& list);

// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80"; unmapped. nullopt for "unknown" and "_hidden".
std::optional<net::Ip> parse_node(std::string_view text);

// As a token where it is one, quoted where not (RFC 7239 4).
std::string_view quoted_where_needed(std::string_view text, Arena& arena);

}  // namespace weir::filter
