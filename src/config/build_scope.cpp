// Where a URL alone does not say which route answers it, the keys of caches say it as well: two routes of one path that conditions tell
// apart, two sites of one host at different addresses. Else what one of them brings, for those inside perhaps, were a hit for everybody.
#include <algorithm>
#include <array>
#include <map>

#include "config/builder.h"
#include "config/phrase.h"

namespace weir::config {

namespace {

using route::Condition;
using route::SiteSpec;

void add_condition(const Condition& condition, std::string& into) {
    into += concat({std::to_string(static_cast<int>(condition.kind)), condition.is_negated ? "!" : "=",
                    std::to_string(static_cast<int>(condition.test)), "\n", condition.name});
    for (const auto& value : condition.values) into += concat({"\n", value});
    for (const auto& network : condition.networks) into += concat({"\n", network.text()});
    into += '\n';
}

// Not by the method: what is stored is an answer to GET, and a POST makes it stale by its URL.
std::string conditions_of(const route::RouteSpec& spec) {
    std::vector<std::string> texts;
    for (const auto& condition : spec.conditions)
        if (condition.kind != Condition::Kind::method) add_condition(condition, texts.emplace_back());
    std::ranges::sort(texts);
    std::string all;
    for (const auto& text : texts) all += text;
    return all;
}

bool is_host_of(std::string_view pattern, std::string_view host) {
    if (pattern.empty() || pattern == host) return true;
    return pattern.starts_with("*.") && host.ends_with(pattern.substr(1));
}

bool share_a_host(const SiteSpec& one, const SiteSpec& other) {
    const auto meets = [&](const std::string& host) {
        return std::ranges::any_of(other.hosts, [&](const std::string& its) { return is_host_of(host, its) || is_host_of(its, host); });
    };
    return std::ranges::any_of(one.hosts, meets);
}

bool is_cached(const proxy::SitePlan& site) {
    return std::ranges::any_of(site.routes, [](const proxy::RoutePlan& route) { return route.cache.has_value(); });
}

// The addresses of a site, whatever their order.
std::string addresses_of(const Builder& builder, const SiteSpec& spec) {
    std::vector<std::string> texts;
    texts.reserve(spec.listeners.size());
    for (const auto listener : spec.listeners) texts.push_back(builder.snapshot.listeners[listener].at.text());
    std::ranges::sort(texts);
    std::string all;
    for (const auto& text : texts) all += concat({text, "\n"});
    return all;
}

// Of the sites with a cache, by the addresses where they are reached. Mostly all have the same.
using ByAddresses = std::map<std::string, std::vector<std::size_t>>;

ByAddresses cached_sites(const Builder& builder) {
    ByAddresses out;
    for (std::size_t i = 0; i < builder.specs.size(); ++i)
        if (is_cached(builder.snapshot.sites[i])) out[addresses_of(builder, builder.specs[i])].push_back(i);
    return out;
}

// Who comes to one address may name a host of the other.
bool has_namesake(const Builder& builder, const ByAddresses& sites, std::size_t site, const std::string& addresses) {
    for (const auto& [others, members] : sites) {
        if (others == addresses) continue;
        const auto is_one = [&](std::size_t member) { return share_a_host(builder.specs[site], builder.specs[member]); };
        if (std::ranges::any_of(members, is_one)) return true;
    }
    return false;
}

// A number that stays the same over restarts, and shows nothing of what conditions hold, which may be secrets.
std::string mark_of(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::uint64_t value = 0xcbf29ce484222325U;  // FNV-1a
    for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    std::array<char, 16> out;
    for (auto& digit : out) digit = kDigits[value & 15U], value >>= 4U;
    return {out.data(), out.size()};
}

}  // namespace

void scope_caches(Builder& builder) {
    const auto sites = cached_sites(builder);
    for (const auto& [addresses, members] : sites) {
        for (const auto site : members) {
            const auto& spec = builder.specs[site];
            const auto where = has_namesake(builder, sites, site, addresses) ? addresses : std::string{};
            for (std::size_t i = 0; i < spec.routes.size(); ++i) {
                auto& cache = builder.snapshot.sites[site].routes[i].cache;
                const auto text = concat({where, conditions_of(spec.routes[i])});
                if (cache && !text.empty()) cache->key.scope = mark_of(text);
            }
        }
    }
}

}  // namespace weir::config
