// The meaning of a route table, as plainly as it can be said: every route of every site, one after the other, octet by octet. Tests and
// fuzzing compare the compiled table with it. Shares nothing with the table but the data it is built from.
#pragma once

#include <algorithm>
#include <string_view>

#include "http/uri.h"
#include "route/table.h"
#include "tls/facts.h"

namespace weir::route::oracle {

inline bool glob(std::string_view pattern, std::string_view text) {
    if (pattern.empty()) return text.empty();
    if (pattern.front() != '*') return !text.empty() && pattern.front() == text.front() && glob(pattern.substr(1), text.substr(1));
    for (std::size_t taken = 0; taken <= text.size(); ++taken)
        if (glob(pattern.substr(1), text.substr(taken))) return true;
    return false;
}

inline bool path_matches(const PathPattern& pattern, std::string_view path) {
    switch (pattern.kind) {
        case PathPattern::Kind::any: return true;
        case PathPattern::Kind::exact: return path == pattern.text;
        case PathPattern::Kind::regex: return Regex::compile(pattern.text)->matches(path);
        case PathPattern::Kind::prefix:
        case PathPattern::Kind::glob: {
            auto written = pattern.written();
            for (auto stars = written.find("**"); stars != std::string::npos; stars = written.find("**")) written.erase(stars, 1);
            if (written == "*" || written == "/*" || glob(written, path)) return true;
            return written.ends_with("/*") && glob(std::string_view(written).substr(0, written.size() - 2), path);
        }
    }
    return false;
}

inline bool wanted(const Condition& condition, std::string_view value) {
    if (condition.test == Condition::Test::present) return true;
    return std::ranges::any_of(condition.values, [&](const std::string& one) {
        if (condition.test == Condition::Test::equals) return one == value;
        return condition.test == Condition::Test::glob ? glob(one, value) : Regex::compile(one)->matches(value);
    });
}

inline bool holds_of_tls(const Condition& condition, const tls::ConnectionFacts& tls) {
    switch (condition.kind) {
        case Condition::Kind::tls_version: return wanted(condition, tls.version);
        case Condition::Kind::tls_name: return !tls.server_name.empty() && wanted(condition, tls.server_name);
        case Condition::Kind::tls_client: return tls.is_client_verified && wanted(condition, tls.client_subject);
        case Condition::Kind::ja3: return !tls.ja3.empty() && wanted(condition, tls.ja3);
        case Condition::Kind::ja4: return !tls.ja4.empty() && wanted(condition, tls.ja4);
        default: return true;
    }
}

inline bool holds(const Condition& condition, const Query& query) {
    bool found = false;
    Arena arena;
    switch (condition.kind) {
        case Condition::Kind::method: found = wanted(condition, query.request->method_name); break;
        case Condition::Kind::header:
            for (const auto& field : query.request->fields) found |= field.is(condition.name) && wanted(condition, field.value);
            break;
        case Condition::Kind::query:
            http::for_each_parameter(query.query, [&](std::string_view name, std::string_view value, bool) {
                found |= http::percent_decode(name, true, arena) == condition.name &&
                         wanted(condition, http::percent_decode(value, true, arena));
            });
            break;
        case Condition::Kind::cookie:
            for (const auto& field : query.request->fields) {
                const auto value = field.is("cookie") ? http::cookie_value(field.value, condition.name) : std::nullopt;
                found |= value && wanted(condition, *value);
            }
            break;
        case Condition::Kind::client:
            for (const auto& network : condition.networks) found |= network.contains(query.client);
            break;
        default: found = query.tls != nullptr && holds_of_tls(condition, *query.tls);
    }
    return found != condition.is_negated;
}

// How well a name fits: the exact one best, then wildcards by their length, then the default; -1 not at all.
inline int fit(std::string_view name, std::string_view host) {
    if (name.empty()) return 0;
    if (name == host) return 100'000;
    if (!name.starts_with("*.") || host.size() < name.size() || host.front() == '.') return -1;
    return host.ends_with(name.substr(1)) ? static_cast<int>(name.size()) : -1;
}

inline Match find(std::span<const SiteSpec> sites, const Query& query) {
    Match match;
    int best = -1;
    for (std::uint32_t s = 0; s < sites.size(); ++s) {
        if (std::ranges::find(sites[s].listeners, query.listener) == sites[s].listeners.end()) continue;
        for (const auto& name : sites[s].hosts)
            if (fit(name, query.host) > best) best = fit(name, query.host), match.site = s;
    }
    if (match.site == kNone) return match;
    const auto& routes = sites[match.site].routes;
    for (std::uint32_t r = 0; r < routes.size(); ++r) {
        const auto& paths = routes[r].paths;
        const bool fits =
            paths.empty() || std::ranges::any_of(paths, [&](const PathPattern& one) { return path_matches(one, query.path); });
        if (!fits || !std::ranges::all_of(routes[r].conditions, [&](const Condition& one) { return holds(one, query); })) continue;
        match.route = r;
        return match;
    }
    return match;
}

}  // namespace weir::route::oracle
