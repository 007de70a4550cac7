// Believing what proxies say: only the trusted ones, only as far back as they are trusted in a row.

#include "base/text.h"
#include "filter/forwarded.h"
#include "filter/forwarded_element.h"

namespace weir::filter {
namespace {

using http::FieldId;

std::optional<http::Scheme> scheme_of(std::string_view text) {
    if (equal_ignoring_case(text, "https")) return http::Scheme::https;
    if (equal_ignoring_case(text, "http")) return http::Scheme::http;
    return std::nullopt;
}

// Of a list that each proxy may have lengthened: the element that belongs to the same hop as the client's address, when there is
// one for each address; else what the nearest proxy said.
std::string_view element_of_hop(std::string_view list, std::size_t hops_from_right, std::size_t addresses) {
    std::size_t count = 0;
    for_each_token(list, [&count](std::string_view) { ++count; });
    auto steps = count == addresses ? hops_from_right : 0;
    auto token = pop_token(list);
    for (; token && steps > 0; --steps) token = pop_token(list);
    return token.value_or(std::string_view{});
}

ToldClient by_x_forwarded(const net::Ip& peer, std::span<const net::Network> trusted, const http::Fields& fields) {
    ToldClient told{.is_trusted = true, .ip = peer, .scheme = std::nullopt, .host = {}};
    auto list = fields.joined(FieldId::x_forwarded_for);
    std::size_t addresses = 0;
    for_each_token(list, [&addresses](std::string_view) { ++addresses; });
    std::size_t hop = 0;
    for (std::size_t seen = 0;; ++seen) {
        const auto token = pop_token(list);
        if (!token) break;
        const auto ip = parse_node(*token);
        if (!ip) break;
        told.ip = *ip;
        hop = seen;
        if (!net::is_in(*ip, trusted)) break;
    }
    told.scheme = scheme_of(element_of_hop(fields.joined(FieldId::x_forwarded_proto), hop, addresses));
    told.host = element_of_hop(fields.joined(FieldId::x_forwarded_host), hop, addresses);
    return told;
}

ToldClient by_forwarded(const net::Ip& peer, std::span<const net::Network> trusted, const http::Fields& fields) {
    ToldClient told{.is_trusted = true, .ip = peer, .scheme = std::nullopt, .host = {}};
    auto list = fields.joined(FieldId::forwarded);
    while (const auto element = pop_element(list)) {
        // The proxy that wrote this element is trusted, so its words on scheme and host count even where it hides the address.
        if (!element->proto.empty()) told.scheme = scheme_of(element->proto);
        if (!element->host.empty()) told.host = element->host;
        const auto ip = parse_node(element->node);
        if (!ip) break;
        told.ip = *ip;
        if (!net::is_in(*ip, trusted)) break;
    }
    return told;
}

}  // namespace

ToldClient told_client(const net::Ip& peer, std::span<const net::Network> trusted, const http::Fields& fields) {
    const auto plain = peer.unmapped();
    if (!net::is_in(plain, trusted)) return {.is_trusted = false, .ip = plain, .scheme = std::nullopt, .host = {}};
    const bool has_x =
        fields.has(FieldId::x_forwarded_for) || fields.has(FieldId::x_forwarded_proto) || fields.has(FieldId::x_forwarded_host);
    return !has_x && fields.has(FieldId::forwarded) ? by_forwarded(plain, trusted, fields) : by_x_forwarded(plain, trusted, fields);
}

}  // namespace weir::filter
