#include "filter/forwarded_element.h"

#include <algorithm>

#include "base/text.h"
#include "http/octets.h"

namespace weir::filter {
namespace {

constexpr auto kNone = std::string_view::npos;

// The last `mark` that stands outside of quotes; kNone when there is none, or when a quote is left open.
std::size_t last_outside_quotes(std::string_view text, char mark) {
    bool is_quoted = false;
    std::size_t last = kNone;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') is_quoted = !is_quoted;
        if (is_quoted && text[i] == '\\') ++i;
        else if (!is_quoted && text[i] == mark) last = i;
    }
    return is_quoted ? kNone : last;
}

bool has_open_quote(std::string_view text) { return std::ranges::count(text, '"') % 2 != 0; }

// Without quotes. Escapes inside of them name nothing that a node, a scheme or a host could hold: such a value is no value.
std::optional<std::string_view> unquoted(std::string_view value) {
    if (!value.starts_with('"')) return value.contains('"') ? std::nullopt : std::optional(value);
    if (value.size() < 2 || !value.ends_with('"')) return std::nullopt;
    const auto inner = value.substr(1, value.size() - 2);
    return inner.contains('\\') || inner.contains('"') ? std::nullopt : std::optional(inner);
}

bool take_pair(std::string_view pair, ForwardedElement& element) {
    const auto equals = pair.find('=');
    if (equals == kNone) return false;
    const auto value = unquoted(trim(pair.substr(equals + 1)));
    if (!value) return false;
    const auto name = trim(pair.substr(0, equals));
    if (equal_ignoring_case(name, "for")) element.node = *value;
    if (equal_ignoring_case(name, "proto")) element.proto = *value;
    if (equal_ignoring_case(name, "host")) element.host = *value;
    return true;
}

// Takes what stands behind the last `mark` off the text.
std::string_view pop(std::string_view& text, std::size_t mark) {
    const auto last = trim(mark == kNone ? text : text.substr(mark + 1));
    text = mark == kNone ? std::string_view{} : text.substr(0, mark);
    return last;
}

}  // namespace

std::optional<ForwardedElement> pop_element(std::string_view& list) {
    if (trim(list).empty() || has_open_quote(list)) return std::nullopt;
    auto pairs = pop(list, last_outside_quotes(list, ','));
    ForwardedElement element;
    while (!pairs.empty()) {
        const auto pair = pop(pairs, last_outside_quotes(pairs, ';'));
        if (!pair.empty() && !take_pair(pair, element)) return std::nullopt;
    }
    return element;
}

std::optional<std::string_view> pop_token(std::string_view& list) {
    while (!list.empty()) {
        const auto token = pop(list, list.rfind(','));
        if (!token.empty()) return token;  // RFC 9110 5.6.1.2: empty elements count for nothing
    }
    return std::nullopt;
}

std::optional<net::Ip> parse_node(std::string_view text) {
    if (text.size() > 1 && text.starts_with('"') && text.ends_with('"')) text = text.substr(1, text.size() - 2);
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == kNone) return std::nullopt;
        const auto port = text.substr(close + 1);
        if (!port.empty() && !port.starts_with(':')) return std::nullopt;
        const auto ip = net::Ip::parse(text.substr(1, close - 1));
        return ip && ip->family == net::Family::ipv6 ? std::optional(ip->unmapped()) : std::nullopt;
    }
    const auto colon = text.find(':');
    if (colon != kNone && text.find(':', colon + 1) == kNone) text = text.substr(0, colon);  // an IPv4 address with its port
    const auto ip = net::Ip::parse(text);
    return ip ? std::optional(ip->unmapped()) : std::nullopt;
}

std::string_view quoted_where_needed(std::string_view text, Arena& arena) {
    const auto is_token_octet = [](char c) { return http::is_octet(c, http::kTokenOctet); };
    if (!text.empty() && std::ranges::all_of(text, is_token_octet)) return text;
    auto* const first = static_cast<char*>(arena.allocate(2 * text.size() + 2, 1));
    auto* out = first;
    *out++ = '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') *out++ = '\\';
        *out++ = c;
    }
    *out++ = '"';
    return {first, static_cast<std::size_t>(out - first)};
}

}  // namespace weir::filter
