// uri-host [":" port]. What stands here chooses the site, so that only what cannot be misread is taken.
#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "http/octets.h"
#include "http/uri.h"

namespace weir::http {

namespace {

constexpr std::size_t kLabelMax = 63;  // RFC 1035 2.3.4
constexpr std::size_t kNameMax = 253;
constexpr std::size_t kPortDigitsMax = 5;

struct Parts {
    std::string_view host;  // as it came, without brackets and trailing dot
    std::optional<std::uint16_t> port;
    bool is_ipv6 = false;
    bool has_upper = false;
};

using Ipv6Text = std::array<char, INET6_ADDRSTRLEN>;

// In canonical text (RFC 5952). Zone ids, "fe80::1%eth0", mean something only on the sender's machine: refused.
bool canonical_ipv6(std::string_view text, Ipv6Text& out) {
    if (text.empty() || text.size() >= out.size()) return false;
    // What follows would be read as C text: a NUL must not end it early.
    if (!std::ranges::all_of(text, [](char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; })) return false;
    Ipv6Text terminated{};
    std::ranges::copy(text, terminated.begin());
    in6_addr address{};
    if (::inet_pton(AF_INET6, terminated.data(), &address) != 1) return false;
    return ::inet_ntop(AF_INET6, &address, out.data(), out.size()) != nullptr;
}

// ":" and a port; "host:" has none (RFC 3986 3.2.3).
bool split_port(std::string_view text, Parts& parts) {
    if (text.empty()) return true;
    if (text.front() != ':') return false;
    text.remove_prefix(1);
    if (text.empty()) return true;
    if (text.size() > kPortDigitsMax) return false;
    unsigned number = 0;
    for (const char c : text) {
        if (!is_digit(c)) return false;
        number = number * 10 + static_cast<unsigned>(c - '0');
    }
    if (number == 0 || number > 65535) return false;
    parts.port = static_cast<std::uint16_t>(number);
    return true;
}

bool split_ipv6(std::string_view text, Parts& parts) {
    const auto bracket = text.find(']');
    if (bracket == std::string_view::npos) return false;
    parts.host = text.substr(1, bracket - 1);
    parts.is_ipv6 = true;
    return split_port(text.substr(bracket + 1), parts);
}

// Labels of letters, digits, '-' and '_': the underscore is in real use though RFC 952 knows none. Other scripts come as A-labels.
bool split_name(std::string_view text, Parts& parts) {
    std::size_t label_start = 0;
    std::size_t at = 0;
    unsigned seen = 0;
    for (; at < text.size(); ++at) {
        const unsigned classes = kOctetClasses[static_cast<unsigned char>(text[at])];
        if ((classes & kHostOctet) == 0) break;
        seen |= classes;
        if (text[at] != '.') continue;
        if (at == label_start || at - label_start > kLabelMax) return false;
        label_start = at + 1;
    }
    parts.has_upper = (seen & kUpperOctet) != 0;
    if (at - label_start > kLabelMax) return false;
    // One trailing dot says "absolute name" (RFC 1034 3.1): the same host.
    parts.host = text.substr(0, label_start == at && at != 0 ? at - 1 : at);
    return !parts.host.empty() && parts.host.size() <= kNameMax && split_port(text.substr(at), parts);
}

bool split(std::string_view text, Parts& parts) {
    if (text.empty()) return false;
    return text.front() == '[' ? split_ipv6(text, parts) : split_name(text, parts);
}

std::string_view lower_in(Arena& arena, std::string_view text) {
    auto* to = static_cast<char*>(arena.allocate(text.size(), 1));
    std::ranges::transform(text, to, to_lower);
    return {to, text.size()};
}

}  // namespace

bool is_authority(std::string_view text) {
    Parts parts;
    Ipv6Text canonical;
    return split(text, parts) && (!parts.is_ipv6 || canonical_ipv6(parts.host, canonical));
}

std::optional<Authority> parse_authority(std::string_view text, Arena& arena) {
    Parts parts;
    if (!split(text, parts)) return std::nullopt;
    Authority authority{.host = parts.host, .port = parts.port, .is_ipv6 = parts.is_ipv6};
    if (parts.is_ipv6) {
        Ipv6Text canonical;
        if (!canonical_ipv6(parts.host, canonical)) return std::nullopt;
        const std::string_view text_form(canonical.data());
        authority.host = text_form == parts.host ? parts.host : arena.copy(text_form);
        return authority;
    }
    if (parts.has_upper) authority.host = lower_in(arena, parts.host);
    return authority;
}

}  // namespace weir::http
