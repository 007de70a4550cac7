#include "filter/forwarded.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "filter/forwarded_element.h"

namespace weir::filter {
namespace {

using http::FieldId;

bool begins_with(std::string_view text, std::string_view lower_case_prefix) {
    return text.size() >= lower_case_prefix.size() && equal_ignoring_case(text.substr(0, lower_case_prefix.size()), lower_case_prefix);
}

// Every field by which somebody else may speak of the client: an unknown "X-Forwarded-Prefix" is believed by some framework too.
constexpr http::FieldSet kOfClient{FieldId::forwarded,
                                   FieldId::x_forwarded_for,
                                   FieldId::x_forwarded_host,
                                   FieldId::x_forwarded_port,
                                   FieldId::x_forwarded_proto,
                                   FieldId::x_real_ip,
                                   FieldId::other};

bool speaks_of_client(const http::Field& field) {
    return field.id == FieldId::other ? begins_with(field.name, "x-forwarded") : kOfClient.has(field.id);
}

constexpr std::array<std::string_view, 6> kVendorFields{"true-client-ip",   "cf-connecting-ip", "cf-connecting-ipv6",
                                                        "fastly-client-ip", "x-client-ip",      "x-cluster-client-ip"};

bool carries_address(const http::Field& field) {
    if (field.id == FieldId::x_forwarded_for || field.id == FieldId::x_real_ip || field.id == FieldId::forwarded) return true;
    if (field.id != FieldId::other) return false;
    return std::ranges::any_of(kVendorFields, [&field](std::string_view name) { return equal_ignoring_case(field.name, name); });
}

std::string_view text_of(const net::Ip& ip, Arena& arena) {
    if (ip.family != net::Family::ipv4 && ip.family != net::Family::ipv6) return {};  // a Unix socket has no address
    auto* out = static_cast<char*>(arena.allocate(net::kIpTextMax, 1));
    return {out, ip.unmapped().write(out)};
}

// The list so far, which is there only when a trusted proxy sent it, and one more.
std::string_view continued(std::string_view list, std::string_view one, Arena& arena) {
    if (one.empty()) return list;
    return list.empty() ? one : arena.concat({list, ", ", one});
}

std::string_view authority_of(const http::Facts& facts) {
    return facts.request != nullptr && !facts.request->authority.empty() ? facts.request->authority : facts.host;
}

void set_or_remove(FieldId id, std::string_view value, http::Fields& fields) {
    if (value.empty()) fields.remove(id);
    else fields.set(id, value);
}

void tell_x_forwarded(const ForwardedOptions& options, const http::Facts& facts, http::Fields& fields) {
    auto& arena = fields.arena();
    if (!options.hides_client) {
        const auto address = text_of(facts.connection_peer, arena);
        set_or_remove(FieldId::x_forwarded_for, continued(fields.joined(FieldId::x_forwarded_for), address, arena), fields);
    }
    if (!fields.has(FieldId::x_forwarded_proto)) fields.set(FieldId::x_forwarded_proto, name_of(facts.scheme));
    if (!fields.has(FieldId::x_forwarded_host)) set_or_remove(FieldId::x_forwarded_host, authority_of(facts), fields);
}

// RFC 7239 6: an IPv6 address in brackets, and so in quotes; 6.3: an obfuscated identifier begins with '_'.
std::string_view node_of(const ForwardedOptions& options, const net::Ip& ip, Arena& arena) {
    if (options.hides_client) return "_hidden";
    const auto text = text_of(ip, arena);
    if (text.empty()) return "unknown";
    return text.contains(':') ? arena.concat({"\"[", text, "]\""}) : text;
}

// An element behind one that never ends (an open quote) would be read as part of it.
std::string_view well_formed(std::string_view list) {
    auto rest = list;
    return pop_element(rest) ? list : std::string_view{};
}

void tell_forwarded(const ForwardedOptions& options, const http::Facts& facts, http::Fields& fields) {
    auto& arena = fields.arena();
    const auto before = well_formed(fields.joined(FieldId::forwarded));
    const auto host = authority_of(facts);
    const auto host_pair = host.empty() ? std::string_view{} : arena.concat({";host=", quoted_where_needed(host, arena)});
    const auto node = node_of(options, facts.connection_peer, arena);
    const auto element = arena.concat({"for=", node, host_pair, ";proto=", name_of(facts.scheme)});
    fields.set(FieldId::forwarded, continued(before, element, arena));
}

}  // namespace

void apply(const ForwardedOptions& options, const http::Facts& facts, http::Fields& fields) {
    if (!facts.is_peer_trusted && fields.has_any(kOfClient)) fields.remove_if(speaks_of_client);
    if (options.hides_client) fields.remove_if(carries_address);
    if (options.x_forwarded) tell_x_forwarded(options, facts, fields);
    if (options.rfc7239) tell_forwarded(options, facts, fields);
    if (options.real_ip && !options.hides_client) set_or_remove(FieldId::x_real_ip, text_of(facts.client, fields.arena()), fields);
}

}  // namespace weir::filter
