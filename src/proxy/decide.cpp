#include "proxy/decide.h"

namespace weir::proxy {
namespace {

void refuse(Decision& decision, ErrorCode code, const char* detail) {
    if (decision.is_refused) return;
    decision.is_refused = true;
    decision.refusal = Error{.code = code, .side = Side::client, .detail = detail};
}

const char* sentence_of(http::PathFault fault) {
    switch (fault) {
        case http::PathFault::encoded_nul: return "the path holds an encoded NUL (%00)";
        case http::PathFault::control_octet: return "the path holds an encoded control octet";
        case http::PathFault::bad_encoding: return "the path holds a '%' without two hex digits";
        case http::PathFault::above_root: return "the path climbs above the root";
        case http::PathFault::backslash: return "the path holds a backslash";
        case http::PathFault::bad_octet: return "the target holds an octet that no target may hold";
    }
    return "bad path";
}

constexpr std::uint8_t kAllowAll = 0xff;

struct Fault {
    bool is_there = false;
    http::PathFault which{};
};

route::Match find(const Snapshot& snapshot, const DecideQuery& query, const Decision& decision, Arena& arena, route::Trace* trace) {
    const route::Query asked{.listener = query.listener,
                             .host = decision.host,
                             .path = decision.target.path,
                             .query = decision.target.query,
                             .request = query.request,
                             .client = query.client,
                             .tls = query.tls};
    return snapshot.table->find(asked, arena, trace);
}

void set_host(Decision& decision, const DecideQuery& query, Arena& arena) {
    if (query.authority.empty()) return;
    if (query.authority.data() == query.request->authority.data()) {
        decision.host = query.request->host;  // the codec has read it
        return;
    }
    const auto authority = http::parse_authority(query.authority, arena);
    if (authority) decision.host = authority->host;
    else refuse(decision, ErrorCode::malformed, "the host is no valid authority");
}

// What a route allows can be known only once it is found; it is found by the normalised path. So a path with a fault is normalised as far
// as it can be, and refused unless the route it leads to allows that fault.
Fault set_target(Decision& decision, const DecideQuery& query, Arena& arena) {
    Fault fault;
    auto target = http::parse_target(query.request->target, {}, arena);
    if (!target) {
        fault = {.is_there = true, .which = target.error()};
        target = http::parse_target(query.request->target, {.allowed = kAllowAll}, arena);
    }
    if (target) decision.target = *target;
    else refuse(decision, ErrorCode::malformed, sentence_of(target.error()));
    return fault;
}

void take(const Snapshot& snapshot, Decision& decision, const route::Match& match) {
    decision.site = &snapshot.sites[match.site];
    decision.captures = match.captures;
    decision.route = match.route == route::kNone ? &decision.site->fallback : &snapshot.routes_of(*decision.site)[match.route];
}

// Where slashes are kept, '//' is another path than '/': what was found by the folded one is looked up again.
void apply_path_policy(const Snapshot& snapshot, const DecideQuery& query, Decision& decision, const Fault& fault, Arena& arena) {
    const auto& policy = decision.route->paths;
    if (!fault.is_there && policy.merges_slashes) return;
    const auto again = http::parse_target(query.request->target, policy, arena);
    if (!again) return refuse(decision, ErrorCode::malformed, sentence_of(fault.is_there ? fault.which : again.error()));
    const bool is_another = again->path != decision.target.path;
    decision.target = *again;
    if (is_another && !policy.merges_slashes) take(snapshot, decision, find(snapshot, query, decision, arena, nullptr));
}

}  // namespace

std::optional<Error> refusal_by(const RoutePlan& route, const http::Request& request) {
    const auto refusal = [](ErrorCode code, const char* detail) { return Error{.code = code, .side = Side::client, .detail = detail}; };
    const bool allows_connect = route.proxy && route.proxy->allows_connect;
    if (request.method == http::Method::connect && !allows_connect)
        return refusal(ErrorCode::method_not_allowed, "CONNECT is not configured here");
    // TRACE would show a script the fields that were meant for the origin only (cross-site tracing).
    if (request.method == http::Method::trace) return refusal(ErrorCode::method_not_allowed, "TRACE is never answered");
    if (route.body_max != 0 && request.framing == http::Framing::length && request.content_length > route.body_max)
        return refusal(ErrorCode::body_too_large, "Content-Length is larger than 'body max' allows");
    return std::nullopt;
}

bool goes_no_further(const http::Request& request) {
    return request.method == http::Method::options && request.fields.value(http::FieldId::max_forwards) == "0";
}

Decision decide(const Snapshot& snapshot, const DecideQuery& query, Arena& arena, route::Trace* trace) {
    Decision decision;
    decision.route = &snapshot.fallback;
    Fault fault;
    set_host(decision, query, arena);
    if (query.request->method == http::Method::connect) decision.target = {.raw_path = "/", .path = "/", .query = {}, .has_query = false};
    else fault = set_target(decision, query, arena);
    if (decision.is_refused) return decision;
    const auto match = find(snapshot, query, decision, arena, trace);
    if (match.site == route::kNone) {
        refuse(decision, ErrorCode::misdirected, "no site is configured for this host");
        return decision;
    }
    take(snapshot, decision, match);
    apply_path_policy(snapshot, query, decision, fault, arena);
    return decision;
}

}  // namespace weir::proxy
