#include "route/condition.h"

#include <algorithm>
#include <functional>

#include "base/text.h"
#include "http/uri.h"
#include "route/pattern.h"
#include "tls/facts.h"

namespace weir::route {
namespace {

using Kind = Condition::Kind;
using Test = Condition::Test;

std::string_view word_of(Kind kind) {
    switch (kind) {
        case Kind::method: return "method";
        case Kind::header: return "header";
        case Kind::query: return "query";
        case Kind::cookie: return "cookie";
        case Kind::client: return "client";
        case Kind::tls: return "tls";
        case Kind::tls_version: return "tls version";
        case Kind::tls_name: return "tls sni";
        case Kind::tls_client: return "tls client_cert";
        case Kind::ja3: return "ja3";
        case Kind::ja4: return "ja4";
    }
    return {};
}

// Those that are about one thing, which needs no name.
bool is_of_tls(Kind kind) { return kind >= Kind::tls; }

// One text for all conditions that mean the same.
std::uint64_t fingerprint_of(const Condition& condition) {
    auto values = condition.values;
    for (const auto& network : condition.networks) values.push_back(network.text());
    std::ranges::sort(values);
    const auto name = condition.kind == Kind::header ? lower(condition.name) : condition.name;
    auto text = std::string{static_cast<char>(condition.kind), static_cast<char>(condition.test), condition.is_negated ? '!' : ' '} + name;
    for (const auto& value : values) text += '\0' + value;
    return std::hash<std::string>{}(text);
}

std::string joined(const std::vector<std::string>& values) {
    std::string out;
    for (const auto& value : values) out += (out.empty() ? "" : " or ") + value;
    return out;
}

}  // namespace

std::expected<CompiledCondition, std::string> CompiledCondition::compile(const Condition& condition) {
    CompiledCondition out;
    out.condition_ = condition;
    out.fingerprint_ = fingerprint_of(condition);
    if (condition.kind == Kind::header) out.id_ = http::id_of(condition.name);
    if (condition.test != Test::regex) return out;
    for (const auto& pattern : condition.values) {
        auto regex = Regex::compile(pattern);
        if (!regex) return std::unexpected("the regex '~" + pattern + "' does not compile: " + regex.error().message);
        out.regexes_.push_back(std::move(*regex));
    }
    return out;
}

bool CompiledCondition::is_wanted(std::string_view value) const {
    const auto& values = condition_.values;
    switch (condition_.test) {
        case Test::present: return true;
        case Test::equals: return std::ranges::any_of(values, [value](const std::string& one) { return one == value; });
        case Test::glob: return std::ranges::any_of(values, [value](const std::string& one) { return glob_matches(one, value); });
        case Test::regex: return std::ranges::any_of(regexes_, [value](const Regex& one) { return one.matches(value); });
    }
    return false;
}

bool CompiledCondition::any_header_matches(const http::Request& request) const {
    if (id_ != http::FieldId::other && !request.fields.has(id_)) return false;
    return std::ranges::any_of(request.fields, [this](const http::Field& field) {
        const bool is_it = id_ != http::FieldId::other ? field.id == id_ : field.is(condition_.name);
        return is_it && is_wanted(field.value);
    });
}

bool CompiledCondition::any_cookie_matches(const http::Request& request) const {
    if (!request.fields.has(http::FieldId::cookie)) return false;
    for (const auto& field : request.fields) {
        if (field.id != http::FieldId::cookie) continue;
        const auto value = http::cookie_value(field.value, condition_.name);
        if (value && is_wanted(*value)) return true;
    }
    return false;
}

// Every parameter of that name counts, not only the first: "?admin=0&admin=1" must not slip past a condition.
bool CompiledCondition::any_parameter_matches(std::string_view query, Arena& arena) const {
    bool found = false;
    http::for_each_parameter(query, [&](std::string_view name, std::string_view value, bool) {
        if (found || http::percent_decode(name, true, arena) != condition_.name) return;
        found = is_wanted(http::percent_decode(value, true, arena));
    });
    return found;
}

bool CompiledCondition::tls_matches(const tls::ConnectionFacts& tls) const {
    switch (condition_.kind) {
        case Kind::tls_version: return is_wanted(tls.version);
        case Kind::tls_name: return !tls.server_name.empty() && is_wanted(tls.server_name);
        // One that was shown and not accepted says nothing.
        case Kind::tls_client: return tls.is_client_verified && is_wanted(tls.client_subject);
        case Kind::ja3: return !tls.ja3.empty() && is_wanted(tls.ja3);
        case Kind::ja4: return !tls.ja4.empty() && is_wanted(tls.ja4);
        default: return true;
    }
}

bool CompiledCondition::any_matches(const Query& query, Arena& arena) const {
    if (condition_.kind == Kind::client)
        return std::ranges::any_of(condition_.networks, [&query](const net::Network& one) { return one.contains(query.client); });
    if (is_of_tls(condition_.kind)) return query.tls != nullptr && tls_matches(*query.tls);
    if (condition_.kind == Kind::query) return any_parameter_matches(query.query, arena);
    if (query.request == nullptr) return false;
    switch (condition_.kind) {
        case Kind::method: return is_wanted(query.request->method_name);
        case Kind::header: return any_header_matches(*query.request);
        default: return any_cookie_matches(*query.request);
    }
}

bool CompiledCondition::is_there(const Query& query) const {
    CompiledCondition presence;
    presence.condition_ = {.kind = condition_.kind, .name = condition_.name};
    presence.id_ = id_;
    Arena arena;
    return presence.any_matches(query, arena);
}

std::string CompiledCondition::wanted_text() const {
    if (condition_.kind == Kind::client) {
        std::vector<std::string> networks;
        networks.reserve(condition_.networks.size());
        for (const auto& network : condition_.networks) networks.push_back(network.text());
        return "in " + joined(networks);
    }
    if (condition_.kind == Kind::method) return joined(condition_.values);
    const auto mark = condition_.test == Test::regex ? "'~" : "'";
    std::string out;
    for (const auto& value : condition_.values) out += (out.empty() ? "" : " or ") + (mark + value + "'");
    return out;
}

std::string CompiledCondition::reason(const Query& query) const {
    auto subject = std::string(word_of(condition_.kind)) + (is_of_tls(condition_.kind) ? "" : " ");
    if (condition_.kind == Kind::method) subject += query.request == nullptr ? "" : query.request->method_name;
    else if (condition_.kind == Kind::client) subject += query.client.unmapped().text();
    else subject += condition_.name;
    const bool is_named = condition_.kind != Kind::method && condition_.kind != Kind::client;
    if (is_named && condition_.test == Test::present) return subject + (condition_.is_negated ? " is present" : " is absent");
    if (is_named && !is_there(query)) return subject + " is absent";
    return subject + (condition_.is_negated ? " is " : " is not ") + wanted_text();
}

}  // namespace weir::route
