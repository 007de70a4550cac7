#include "proxy/cache_key.h"

#include "base/text.h"
#include "cache/hash.h"
#include "filter/aliases.h"
#include "http/h1/writer.h"
#include "http/uri.h"
#include "proxy/plan.h"

namespace weir::proxy {

cache::KeyInput key_input(const http::Request& request, const http::Facts& facts) {
    return {.scheme = facts.scheme,
            .host = facts.host,
            .port = facts.host == request.host ? request.port : std::uint16_t{0},
            .path = facts.target.path,
            .query = facts.target.query,
            .has_query = facts.target.has_query,
            .fields = &request.fields};
}

const http::Fields& selecting_fields(const RoutePlan& route, const http::Facts& facts) {
    const auto& came = facts.request->fields;
    if (route.request_headers.empty() && !http::h1::has_fields_of_the_hop(came)) return came;
    auto& fields = *came.arena().make<http::Fields>(came.arena());
    fields.add(came);
    http::h1::remove_hop_by_hop(fields);
    filter::remove_aliases(route.request_headers, fields);
    filter::apply(route.request_headers, facts, fields);
    return fields;
}

std::expected<cache::KeyInput, std::string> key_input(std::string_view url, const http::PathPolicy& paths, Arena& arena) {
    const auto absolute = http::split_absolute(url);
    if (!absolute) return std::unexpected("it needs a scheme and a host, as in http://example.com/page");
    if (url.contains('#')) return std::unexpected("leave out '#' and what follows: it never reaches a server");
    if (absolute->authority.contains('@')) return std::unexpected("leave out what stands before '@': it is no part of the host");
    const auto authority = http::parse_authority(absolute->authority, arena);
    if (!authority) return std::unexpected("'" + std::string(absolute->authority) + "' is not a host with or without a port");
    const auto target = http::parse_target(absolute->target.empty() ? "/" : absolute->target, paths, arena);
    if (!target) return std::unexpected("its path has a fault that no request may have: " + std::string(word_of(target.error())));
    return cache::KeyInput{.scheme = equal_ignoring_case(absolute->scheme, "https") ? http::Scheme::https : http::Scheme::http,
                           .host = authority->host,
                           .port = authority->port.value_or(0),
                           .path = target->path,
                           .query = target->query,
                           .has_query = target->has_query,
                           .fields = nullptr};
}

std::uint64_t pass_mark(std::uint64_t hash, const http::Fields& request) {
    if (request.has(http::FieldId::authorization)) return cache::hash_of(request.value(http::FieldId::authorization), hash);
    return request.has(http::FieldId::cookie) ? ~hash : hash;
}

}  // namespace weir::proxy
