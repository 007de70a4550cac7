// What a route matches: its path patterns and its `when` lines.
#include <algorithm>

#include "config/builder.h"
#include "config/phrase.h"

namespace weir::config {

namespace {

using route::Condition;

// The words in front of the values.
struct Subject {
    Condition::Kind kind;
    std::string_view word, second = {};
};
constexpr Subject kSubjects[] = {
    {Condition::Kind::method, "method"},
    {Condition::Kind::header, "header"},
    {Condition::Kind::query, "query"},
    {Condition::Kind::cookie, "cookie"},
    {Condition::Kind::client, "client"},
    {Condition::Kind::tls_version, "tls", "version"},
    {Condition::Kind::tls_name, "tls", "sni"},
    {Condition::Kind::tls_client, "tls", "client_cert"},
    {Condition::Kind::tls, "tls"},
    {Condition::Kind::ja3, "ja3"},
    {Condition::Kind::ja4, "ja4"},
};

Condition::Kind condition_kind(const Item& item) {
    const std::size_t first = item.word(0) == "not" ? 1 : 0;
    const auto is_it = [&](const Subject& subject) {
        return item.word(first) == subject.word && (subject.second.empty() || item.word(first + 1) == subject.second);
    };
    return std::ranges::find_if(kSubjects, is_it)->kind;  // the schema knows no other
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
    } else if (out.kind == Condition::Kind::tls_version) {
        out.test = Condition::Test::equals;
        for (std::size_t i = out.is_negated ? 3 : 2; !item.word(i).empty(); ++i) out.values.push_back("TLSv" + std::string(item.word(i)));
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
