#include "cache/storing.h"

#include <algorithm>

#include "base/text.h"
#include "cache/freshness.h"
#include "cache/ranges.h"
#include "cache/type_check.h"
#include "cache/validate.h"
#include "cache/vary.h"
#include "http/uri.h"

namespace weir::cache {

using http::FieldId;
using http::FieldSet;
using http::Method;

Refusal refuses_request(const http::Request& request) {
    if (request.method != Method::get && request.method != Method::head) return Refusal::method;
    // Two requests that differ in their bodies alone would share an answer (fat GET poisoning).
    if (request.framing == http::Framing::chunked || request.content_length != 0) return Refusal::request_body;
    constexpr FieldSet kForOrigin{FieldId::if_match, FieldId::if_unmodified_since};
    if (request.fields.has_any(kForOrigin)) return Refusal::precondition;
    return request.upgrade.empty() ? Refusal::none : Refusal::upgrade;
}

bool is_understood(std::uint16_t status) { return status >= 200 && !http::reason_of(status).empty(); }

bool is_heuristically_cacheable(std::uint16_t status) {
    switch (status) {
        case 200:
        case 203:
        case 204:
        case 206:
        case 300:
        case 301:
        case 308:
        case 404:
        case 405:
        case 410:
        case 414:
        case 501: return true;
        default: return false;
    }
}

namespace {

// Answers that speak of one request, one connection or one client, whatever their fields say: for everybody else they would be an outage
// (cache-poisoned denial of service). RFC 6585 forbids 428, 429, 431 and 511; 416 depends on Range, which is in no key.
bool is_status_of_one_request(std::uint16_t status) {
    switch (status) {
        case 304:
        case 406:
        case 407:
        case 408:
        case 411:
        case 412:
        case 413:
        case 415:
        case 416:
        case 417:
        case 421:
        case 425:
        case 428:
        case 429:
        case 431:
        case 511: return true;
        default: return status < 200;
    }
}

// A part that says where it belongs, and is as long as it says.
bool is_placeable_part(const http::Response& response) {
    if (response.fields.count(FieldId::content_range) != 1 || response.framing != http::Framing::length) return false;
    const auto range = parse_content_range(response.fields.value(FieldId::content_range));
    return range && range->range && range->range->size() == response.content_length;
}

Refusal refuses_status(const http::Response& response, const Policy& policy) {
    if (is_status_of_one_request(response.status)) return Refusal::status;
    if (response.status == 206 && !(policy.stores_partial && is_placeable_part(response))) return Refusal::partial;
    return Refusal::none;
}

// What is no success promises nothing: an error has the type of error pages.
Refusal refuses_type(const http::Request& request, const http::Response& response, const Policy& policy) {
    if (!policy.checks_type || response.status >= 300) return Refusal::none;
    const auto path = request.target.substr(0, request.target.find('?'));
    const auto extension = extension_of(http::percent_decode(path, false, response.arena()));
    return type_agrees(extension, response.fields.value(FieldId::content_type)) ? Refusal::none : Refusal::type;
}

// RFC 9111 3 and 5.2.2.3: a cache that understands the status may pass over no-store beside must-understand.
Refusal refuses_directives(const http::Response& response, const ResponseDirectives& directives) {
    if (directives.has_must_understand) {
        if (!is_understood(response.status)) return Refusal::status_not_understood;
    } else if (directives.has_no_store) {
        return Refusal::no_store;
    }
    return directives.is_private ? Refusal::is_private : Refusal::none;
}

constexpr std::string_view kSetCookie2 = "Set-Cookie2";

bool is_set_cookie(FieldId id, std::string_view name) {
    return id == FieldId::set_cookie || (id == FieldId::other && equal_ignoring_case(name, kSetCookie2));
}

bool is_listed(const ResponseDirectives& directives, std::string_view name) {
    return lists_field(directives.no_cache_fields, name) || lists_field(directives.private_fields, name);
}

// A cookie that the answer itself keeps out of the store harms nobody.
bool sets_cookie(const http::Fields& fields, const ResponseDirectives& directives) {
    return std::ranges::any_of(
        fields, [&](const http::Field& field) { return is_set_cookie(field.id, field.name) && !is_listed(directives, field.name); });
}

Refusal refuses_person(const http::Request& request, const http::Response& response, const ResponseDirectives& directives,
                       const Policy& policy) {
    if (request.fields.has(FieldId::authorization) && !is_for_others_too(directives)) return Refusal::authorization;
    if (policy.set_cookie == SetCookie::not_stored && sets_cookie(response.fields, directives)) return Refusal::set_cookie;
    return Refusal::none;
}

// Weir writes them anew for each request; what the client sent under these names selects nothing.
constexpr http::FieldSet kOfOneClient{FieldId::forwarded, FieldId::x_forwarded_for, FieldId::x_real_ip, FieldId::x_request_id};

bool names_one_client(std::string_view names) {
    bool found = false;
    for_each_token(names, [&](std::string_view name) { found = found || kOfOneClient.has(http::id_of(name)); });
    return found;
}

Refusal refuses_vary(const http::Response& response) {
    if (!response.fields.has(FieldId::vary)) return Refusal::none;
    const auto vary = read_vary(response.fields, response.arena());
    if (vary.is_any) return Refusal::vary_any;
    if (names_one_client(vary.names)) return Refusal::vary_client;
    return vary.is_too_long ? Refusal::vary_too_much : Refusal::none;
}

Refusal refuses_request_part(const http::Request& request, const Policy& policy) {
    if (const auto refusal = refuses_request(request); refusal != Refusal::none) return refusal;
    const bool has_directives = policy.heeds_requests && has_request_directives(request.fields);
    return has_directives && read_request_directives(request.fields).has_no_store ? Refusal::request_no_store : Refusal::none;
}

// RFC 9111 3, its last condition. What the operator says of a status counts as an extension.
bool is_cacheable(const http::Response& response, const ResponseDirectives& directives, const Policy& policy) {
    if (is_heuristically_cacheable(response.status) || directives.is_public || directives.max_age || directives.s_maxage) return true;
    if (!directives.is_targeted && response.fields.has(FieldId::expires)) return true;
    return std::ranges::any_of(policy.ttl_of_status,
                               [&](const StatusTtl& one) { return response.status >= one.first && response.status <= one.last; });
}

// Will anything ever use it? Explicitly or heuristically fresh, in a window of grace, or with something to ask about.
Refusal refuses_use(const http::Response& response, const Terms& terms, const Policy& policy) {
    if (end_of_use(terms, policy) > terms.received) return Refusal::none;
    return read_validators(response.fields, terms.date).any() ? Refusal::none : Refusal::no_lifetime;
}

// Whatever its lifetime.
Refusal refuses_sharing(const http::Request& request, const http::Response& response, const ResponseDirectives& directives,
                        const Policy& policy) {
    if (const auto refusal = refuses_request_part(request, policy); refusal != Refusal::none) return refusal;
    if (const auto refusal = refuses_status(response, policy); refusal != Refusal::none) return refusal;
    if (const auto refusal = refuses_type(request, response, policy); refusal != Refusal::none) return refusal;
    if (const auto refusal = refuses_directives(response, directives); refusal != Refusal::none) return refusal;
    if (const auto refusal = refuses_person(request, response, directives, policy); refusal != Refusal::none) return refusal;
    return refuses_vary(response);
}

}  // namespace

bool is_for_others_too(const ResponseDirectives& directives) {
    return directives.is_public || directives.s_maxage || directives.has_must_revalidate;
}

bool concerns_all(const http::Request& request, const http::Response& response, const ResponseDirectives& directives,
                  const Policy& policy) {
    return directives.private_fields.empty() && refuses_sharing(request, response, directives, policy) == Refusal::none;
}

Refusal refuses_storing(const http::Request& request, const http::Response& response, const ResponseDirectives& directives,
                        const Policy& policy, const Terms& terms) {
    if (request.method == Method::head) return Refusal::head;
    if (const auto refusal = refuses_sharing(request, response, directives, policy); refusal != Refusal::none) return refusal;
    if (!is_cacheable(response, directives, policy)) return Refusal::status;
    return refuses_use(response, terms, policy);
}

Refusal refuses_renewing(const http::Request& request, const http::Response& renewed, const ResponseDirectives& directives,
                         const Policy& policy, WallTime received) {
    if (const auto refusal = refuses_sharing(request, renewed, directives, policy); refusal != Refusal::none) return refusal;
    return refuses_use(renewed, read_terms(renewed, directives, received, received), policy);
}

// RFC 9111 3.1.
constexpr FieldSet kNever{
    FieldId::connection, FieldId::keep_alive,         FieldId::proxy_connection,    FieldId::te,     FieldId::transfer_encoding,
    FieldId::upgrade,    FieldId::proxy_authenticate, FieldId::proxy_authorization, FieldId::trailer};

bool is_never_stored(FieldId id, std::string_view name) {
    if (id != FieldId::other) return kNever.has(id);
    return equal_ignoring_case(name, "Proxy-Authentication-Info");
}

void remove_unstorable(http::Fields& fields, const ResponseDirectives& directives, const Policy& policy) {
    const auto of_connection = fields.joined(FieldId::connection);
    const bool has_lists = !of_connection.empty() || !directives.no_cache_fields.empty() || !directives.private_fields.empty();
    if (!has_lists && !fields.has_any(kNever) && !fields.has_any({FieldId::set_cookie, FieldId::other})) return;
    fields.remove_if([&](const http::Field& field) {
        if (is_never_stored(field.id, field.name)) return true;
        if (policy.set_cookie != SetCookie::stored && is_set_cookie(field.id, field.name)) return true;
        return has_lists && (lists_field(of_connection, field.name) || is_listed(directives, field.name));
    });
}

}  // namespace weir::cache
