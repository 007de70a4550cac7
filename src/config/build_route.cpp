// A route: what is in effect there, read directive by directive.
#include <algorithm>

#include "config/builder.h"
#include "config/fallback.h"

namespace weir::config {

namespace {

using http::PathFault;
using http::PathPolicy;

std::uint8_t fault_bit(std::string_view word) {
    for (const auto fault : {PathFault::encoded_nul, PathFault::control_octet, PathFault::bad_encoding, PathFault::above_root,
                             PathFault::backslash, PathFault::bad_octet})
        if (http::word_of(fault) == word) return static_cast<std::uint8_t>(1U << static_cast<unsigned>(fault));
    return 0;
}

void read_paths(Builder&, const Item& item, RouteDraft& into) {
    for (const auto& child : item.children) {
        if (child.name() == "keep") into.plan.paths.merges_slashes = false;
        if (child.name() != "allow") continue;
        for (const auto& word : child.node->args) into.plan.paths.allowed |= fault_bit(word.text);
    }
}

void read_body(Builder&, const Item& item, RouteDraft& into) { into.plan.body_max = item.says("off") ? 0 : size_of(item.text("SIZE")); }

void read_timeout(Builder&, const Item& item, RouteDraft& into) {
    auto& timeouts = into.plan.timeouts;
    for (const auto& child : item.children) {
        const auto time = duration_of(child.text("TIME"));
        if (child.name() == "first_byte") timeouts.first_byte = time;
        if (child.name() == "between_bytes") timeouts.between_bytes = time;
        if (child.name() == "tunnel") timeouts.tunnel_idle = time;
        if (child.name() == "total") timeouts.total = child.says("off") ? Duration::zero() : time;
    }
}

void read_log(Builder&, const Item&, RouteDraft&) {}  // build_logs reads all of a route's logs together

constexpr Reader<RouteDraft> kReaders[] = {
    {"paths", read_paths},       {"early_data", read_early_data}, {"hsts", read_hsts},           {"body", read_body},
    {"timeout", read_timeout},   {"request_id", read_request_id}, {"forwarded", read_forwarded}, {"host", read_host},
    {"via", read_via},           {"rewrite", read_rewrite},       {"header", read_header},       {"redirect", read_redirect},
    {"respond", read_respond},   {"proxy", read_proxy},           {"cache", read_cache},         {"cdn_loop", read_cdn_loop},
    {"compress", read_compress}, {"upgrade", read_upgrade},       {"connect", read_connect},     {"error_page", read_error_page},
    {"log", read_log},
};

}  // namespace

bool reads_route_directive(std::string_view name) {
    return std::ranges::find(kReaders, name, &Reader<RouteDraft>::directive) != std::end(kReaders);
}

proxy::RoutePlan build_route(Builder& builder, const InEffect& items) {
    RouteDraft draft;
    for (const auto& item : fallbacks(BlockKind::route)) read_with(kReaders, builder, item, draft);
    for (const auto* item : items) read_with(kReaders, builder, *item, draft);
    draft.plan.access_logs = build_logs(builder, items);
    finish_tiers(builder, items, draft);
    if (draft.proxy.group != proxy::kNoIndex) draft.plan.proxy = std::move(draft.proxy);
    return std::move(draft.plan);
}

}  // namespace weir::config
