#include <algorithm>

#include "base/text.h"
#include "filter/respond.h"
#include "filter/uri_text.h"
#include "http/uri.h"

namespace weir::filter {
namespace {

using http::Method;
using http::Variable;

constexpr auto kNowhere = std::string_view::npos;
constexpr std::uint16_t kHttpsPort = 443;

// A 308 keeps the method; old clients know 301 better, and of a GET nothing is lost.
std::uint16_t permanent(Method method) { return method == Method::get || method == Method::head ? 301 : 308; }

// Where the path begins in "scheme://authority/path" or "//authority/path"; kNowhere when the authority is empty or missing.
std::size_t path_behind_authority(std::string_view location) {
    const auto slashes = location.find("//");
    if (slashes == kNowhere || (slashes != 0 && location[slashes - 1] != ':')) return kNowhere;
    const auto first = slashes + 2;
    const auto end = std::min(location.find_first_of("/?#", first), location.size());
    return end == first ? kNowhere : end;
}

// Does the configuration itself name another place: "https:…", "$scheme:…", "//…"?
bool names_a_place(const http::Template& to) {
    if (to.first_variable() == Variable::scheme) return true;
    const auto prefix = to.literal_prefix();
    if (prefix.starts_with("//")) return true;
    const auto colon = prefix.find(':');
    return colon != kNowhere && colon != 0 && prefix.find_first_of("/?#") > colon;
}

std::string_view location_of(const http::Template& to, const http::Facts& facts, Arena& arena) {
    const auto location = encode_location(to.evaluate_uri(facts, arena), arena);
    if (!names_a_place(to)) return location.starts_with('?') || location.starts_with('#') ? location : with_one_slash(location, arena);
    if (location.find("//") == kNowhere || path_behind_authority(location) != kNowhere) return location;
    // A request without a host left "https:///path": browsers would take the path's first segment for the host.
    return with_one_slash(location.substr(location.find("//") + 2), arena);
}

}  // namespace

MadeReply make_reply(const Redirect& redirect, const http::Facts& facts, Arena& arena) {
    return {.status = redirect.status, .location = location_of(redirect.to, facts, arena)};
}

std::optional<MadeReply> make_reply(const ToHttps& to, const http::Facts& facts, Arena& arena) {
    if (facts.request == nullptr || facts.host.empty() || !facts.request->target.starts_with('/')) return std::nullopt;
    const auto& request = *facts.request;
    const auto asked = http::parse_authority(request.authority, arena);
    const bool tells_port = to.port != kHttpsPort && (!to.is_usual || (asked && asked->port && *asked->port == facts.port));
    const auto port = tells_port ? arena.copy(":" + std::to_string(to.port)) : std::string_view{};
    const bool is_ipv6 = facts.host.contains(':');
    return MadeReply{.status = permanent(request.method),
                     .location = arena.concat(
                         {"https://", is_ipv6 ? "[" : "", facts.host, is_ipv6 ? "]" : "", port, encode_location(request.target, arena)})};
}

std::optional<MadeReply> make_reply(const Canonical& canonical, const http::Facts& facts, Arena& arena) {
    if (facts.request == nullptr || equal_ignoring_case(facts.host, canonical.host)) return std::nullopt;
    const auto& request = *facts.request;
    if (!request.target.starts_with('/')) return std::nullopt;  // the '*' of OPTIONS, an authority of CONNECT
    const auto asked = http::parse_authority(request.authority, arena);
    const auto port = asked && asked->port ? arena.copy(":" + std::to_string(*asked->port)) : std::string_view{};
    const auto target = encode_location(request.target, arena);
    return MadeReply{.status = permanent(request.method),
                     .location = arena.concat({name_of(facts.scheme), "://", canonical.host, port, target})};
}

}  // namespace weir::filter
