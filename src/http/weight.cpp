#include "http/weight.h"

#include <algorithm>

#include "base/text.h"

namespace weir::http {

std::optional<std::uint16_t> parse_weight(std::string_view text) {
    constexpr std::size_t kOctetsMax = 5;
    if (text.empty() || text.size() > kOctetsMax || (text[0] != '0' && text[0] != '1') || (text.size() > 1 && text[1] != '.'))
        return std::nullopt;
    unsigned weight = text[0] == '1' ? kFullWeight : 0;
    unsigned unit = 100;
    for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
        if (!is_digit(c)) return std::nullopt;
        weight += static_cast<unsigned>(c - '0') * unit;
        unit /= 10;
    }
    return weight <= kFullWeight ? std::optional(static_cast<std::uint16_t>(weight)) : std::nullopt;
}

std::optional<Weighted> read_weighted(std::string_view element) {
    const auto semicolon = element.find(';');
    const auto name = trim(element.substr(0, semicolon));
    if (semicolon == std::string_view::npos) return Weighted{.name = name, .weight = kFullWeight};
    const auto parameter = trim(element.substr(semicolon + 1));
    if (parameter.size() < 2 || to_lower(parameter[0]) != 'q' || parameter[1] != '=') return std::nullopt;
    const auto weight = parse_weight(parameter.substr(2));
    if (!weight) return std::nullopt;
    return Weighted{.name = name, .weight = *weight};
}

}  // namespace weir::http
