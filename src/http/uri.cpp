#include "http/uri.h"

#include "base/text.h"

namespace weir::http {

std::expected<Target, PathFault> parse_target(std::string_view target, const PathPolicy& policy, Arena& arena) {
    if (target == "*") return Target{.raw_path = target, .path = target};
    const auto mark = target.find('?');
    Target parts{.raw_path = target.substr(0, mark)};
    if (mark != std::string_view::npos) {
        parts.query = target.substr(mark + 1);
        parts.has_query = true;
    }
    const auto path = normalise_path(parts.raw_path, policy, arena);
    if (!path) return std::unexpected(path.error());
    parts.path = *path;
    return parts;
}

std::optional<AbsoluteForm> split_absolute(std::string_view uri) {
    constexpr std::string_view kSeparator = "://";
    const auto colon = uri.find(':');
    if (colon == std::string_view::npos || !uri.substr(colon).starts_with(kSeparator)) return std::nullopt;
    const auto scheme = uri.substr(0, colon);
    if (!equal_ignoring_case(scheme, "http") && !equal_ignoring_case(scheme, "https")) return std::nullopt;
    const auto rest = uri.substr(colon + kSeparator.size());
    const auto authority = rest.substr(0, rest.find_first_of("/?#"));
    return AbsoluteForm{.scheme = scheme, .authority = authority, .target = rest.substr(authority.size())};
}

}  // namespace weir::http
