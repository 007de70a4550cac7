// Parameters of a query and cookies: name and value pairs that a client wrote.
#include "base/text.h"
#include "http/uri.h"

namespace weir::http {

namespace {

// The octet at `at`, decoded, and `at` moved behind it.
char decode_next(std::string_view text, std::size_t& at, bool plus_is_space) {
    const char c = text[at++];
    if (c == '+' && plus_is_space) return ' ';
    if (c != '%' || text.size() - at < 2) return c;
    const int high = hex_value(text[at]);
    const int low = hex_value(text[at + 1]);
    if (high < 0 || low < 0) return c;
    at += 2;
    return static_cast<char>(high * 16 + low);
}

bool decodes_to(std::string_view raw, std::string_view wanted) {
    std::size_t at = 0;
    for (const char c : wanted)
        if (at == raw.size() || decode_next(raw, at, true) != c) return false;
    return at == raw.size();
}

}  // namespace

std::string_view percent_decode(std::string_view text, bool plus_is_space, Arena& arena) {
    if (text.find('%') == std::string_view::npos && !(plus_is_space && text.find('+') != std::string_view::npos)) return text;
    auto* const out = static_cast<char*>(arena.allocate(text.size(), 1));
    std::size_t size = 0;
    for (std::size_t at = 0; at < text.size();) out[size++] = decode_next(text, at, plus_is_space);
    return {out, size};
}

std::optional<std::string_view> query_parameter(std::string_view query, std::string_view name, Arena& arena) {
    std::optional<std::string_view> found;
    for_each_parameter(query, [&](std::string_view raw_name, std::string_view raw_value, bool) {
        if (!found && decodes_to(raw_name, name)) found = raw_value;
    });
    if (found) found = percent_decode(*found, true, arena);
    return found;
}

std::optional<std::string_view> cookie_value(std::string_view cookie_field, std::string_view name) {
    while (!cookie_field.empty()) {
        const auto semicolon = cookie_field.find(';');
        const auto pair = trim(cookie_field.substr(0, semicolon));
        const auto equals = pair.find('=');
        if (equals != std::string_view::npos && trim(pair.substr(0, equals)) == name) return trim(pair.substr(equals + 1));
        if (semicolon == std::string_view::npos) break;
        cookie_field.remove_prefix(semicolon + 1);
    }
    return std::nullopt;
}

}  // namespace weir::http
