#include "proxy/entry_tags.h"

#include <algorithm>

#include "cache/invalidation.h"

namespace weir::proxy {

std::span<const cache::TagCell> read_tags(const http::Request& request, const http::Facts& facts, const http::Fields& fields,
                                          const CachePlan& plan, const cache::Purges& purges) {
    auto& arena = fields.arena();
    const auto room = arena.make_array<cache::TagCell>(kTagsMax);
    std::size_t count = 0;
    const auto add = [&](std::string_view kind, std::string_view name) {
        if (count < kTagsMax) room[count++] = purges.cell_of(arena.concat({kind, name}));
    };
    add("host:", facts.host);
    if (plan.tag_fields.may_be_in(fields))
        for (const auto& name : plan.tag_fields) for_each_tag(fields.joined(name), [&](std::string_view tag) { add("tag:", tag); });
    // Groups are of an origin.
    for (const auto group : cache::read_groups(fields, arena))
        add("group:", arena.concat({http::name_of(facts.scheme), "|", request.authority, "|", group}));
    return room.first(count);
}

namespace {

bool has_tag(const CachePlan& plan, std::span<const http::Field> fields, std::string_view wanted) {
    bool has_it = false;
    for (const auto& field : fields) {
        const auto is_name = [&](const std::string& name) { return field.is(name); };
        if (std::ranges::none_of(plan.tag_fields, is_name)) continue;
        for_each_tag(field.value, [&](std::string_view tag) { has_it |= tag == wanted; });
    }
    return has_it;
}

}  // namespace

const cache::Policy& policy_for(const CachePlan& plan, std::span<const http::Field> fields) {
    for (const auto& grace : plan.tag_graces)
        if (has_tag(plan, fields, grace.tag)) return grace.policy;
    return plan.policy;
}

}  // namespace weir::proxy
