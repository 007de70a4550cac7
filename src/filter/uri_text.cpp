#include "filter/uri_text.h"

#include <algorithm>

#include "base/text.h"
#include "http/octets.h"

namespace weir::filter {
namespace {

bool is_target_octet(char c) { return http::is_octet(c, http::kTargetOctet); }

bool is_location_octet(char c) {
    if (c == '#') return true;
    return is_target_octet(c) && !std::string_view("\"<>\\^`{|}").contains(c);
}

bool is_escape(std::string_view text, std::size_t at) {
    return text.size() - at > 2 && hex_value(text[at + 1]) >= 0 && hex_value(text[at + 2]) >= 0;
}

std::string_view encode(std::string_view text, bool (*is_allowed)(char), Arena& arena) {
    const auto keeps = [&](std::size_t i) { return text[i] == '%' ? is_escape(text, i) : is_allowed(text[i]); };
    std::size_t escapes = 0;
    for (std::size_t i = 0; i < text.size(); ++i) escapes += keeps(i) ? 0 : 1;
    if (escapes == 0) return text;
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    const auto octets = text.size() + 2 * escapes;
    auto* const first = static_cast<char*>(arena.allocate(octets, 1));
    auto* out = first;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (keeps(i)) {
            *out++ = text[i];
            continue;
        }
        *out++ = '%';
        *out++ = kHex[static_cast<unsigned char>(text[i]) >> 4U];
        *out++ = kHex[static_cast<unsigned char>(text[i]) & 15U];
    }
    return {first, octets};
}

// How many dots a segment ("/..", "/%2e.") consists of; 0 when it holds anything else.
std::size_t dots_of(std::string_view segment) {
    std::size_t dots = 0;
    for (std::size_t i = 1; i < segment.size(); ++dots) {
        const bool is_encoded = segment.size() - i > 2 && segment[i] == '%' && segment[i + 1] == '2' && to_lower(segment[i + 2]) == 'e';
        if (!is_encoded && segment[i] != '.') return 0;
        i += is_encoded ? 3 : 1;
    }
    return dots;
}

}  // namespace

std::string_view encode_target(std::string_view text, Arena& arena) { return encode(text, is_target_octet, arena); }
std::string_view encode_location(std::string_view text, Arena& arena) { return encode(text, is_location_octet, arena); }

std::string_view with_one_slash(std::string_view path, Arena& arena) {
    const auto slashes = std::min(path.find_first_not_of('/'), path.size());
    if (slashes == 0) return arena.concat({"/", path});
    return path.substr(slashes - 1);
}

std::string_view without_dot_segments(std::string_view path, Arena& arena) {
    if (path.find("/.") == std::string_view::npos && path.find("/%2") == std::string_view::npos) return path;
    auto* const first = static_cast<char*>(arena.allocate(path.size() + 1, 1));
    auto* out = first;
    while (!path.empty()) {
        const auto next = std::min(path.find('/', 1), path.size());
        const auto segment = path.substr(0, next);
        const auto dots = dots_of(segment);
        path.remove_prefix(next);
        if (dots == 2) {
            do {
                if (out != first) --out;
            } while (out != first && *out != '/');
        }
        if (dots != 1 && dots != 2) out = std::ranges::copy(segment, out).out;
        else if (path.empty()) *out++ = '/';  // "/a/.." is "/"
    }
    return {first, static_cast<std::size_t>(out - first)};
}

}  // namespace weir::filter
