// What a route matches: its path patterns and its `when` lines.
#include <algorithm>

#include "config/builder.h"
#include "config/phrase.h"

namespace weir::config {

namespace {

using route::Condition;

Condition::Kind condition_kind(const Item& item) {
    if (item.says("method")) return Condition::Kind::method;
    if (item.says("header")) return Condition::Kind::header;
    if (item.says("query")) return Condition::Kind::query;
    return item.says("cookie") ? Condition::Kind::cookie : Condition::Kind::client;
}

// How the values are compared: all of a condition in one way.
void read_values(Builder& builder, const std::vector<const Word*>& values, Condition& into) {
    if (values.empty()) return;
    into.test = Condition::Test::equals;
    for (const auto* value : values) {
        if (value->text.contains('*')) into.test = Condition::Test::glob;
        into.values.push_back(value->text);
    }
    const auto is_regex = [](const Word* value) { return value->text.starts_with('~'); };
    const auto regex = std::ranges::find_if(values, is_regex);
    if (regex == values.end()) return;
    if (values.size() > 1) builder.diagnostics.error((*regex)->spot, "a regex stands alone", "join the alternatives in one regex: '~a|b'");
    into.test = Condition::Test::regex;
    into.values = {(*regex)->text.substr(1)};
}

Condition condition_of(Builder& builder, const Item& item) {
    Condition out;
    out.kind = condition_kind(item);
    out.is_negated = item.says("not");
    out.name = out.kind == Condition::Kind::header ? item.text("FIELD") : item.text("NAME");
    if (out.kind == Condition::Kind::client)
        for (const auto* word : item.all("CIDR")) out.networks.push_back(checked(read_network(word->text)));
    else if (out.kind == Condition::Kind::method) {
        out.test = Condition::Test::equals;
        for (const auto* word : item.all("METHOD")) out.values.push_back(word->text);
    } else {
        read_values(builder, item.all("MATCH"), out);
    }
    return out;
}

}  // namespace

route::RouteSpec build_match(Builder& builder, const ResolvedRoute& resolved) {
    route::RouteSpec spec;
    spec.name = "*";
    if (resolved.route == nullptr) return spec;
    const auto& item = *resolved.route;
    spec.name.clear();
    for (const auto* word : item.all("PATTERN")) {
        spec.paths.push_back(route::PathPattern::parse(word->text));
        spec.name.append(spec.name.empty() ? "" : " ").append(word->text);
    }
    for (const auto& child : item.children)
        if (child.name() == "when") spec.conditions.push_back(condition_of(builder, child));
    spec.place = builder.place(item);
    return spec;
}

}  // namespace weir::config
