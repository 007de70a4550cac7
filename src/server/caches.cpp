#include "server/caches.h"

#include <algorithm>

#include "cache/key.h"
#include "proxy/cache_key.h"

namespace weir::server {
namespace {

using Told = Caches::Told;

// A zone as one of its routes uses it.
struct Used {
    cache::Zone* zone;
    const proxy::CachePlan* plan;
};

// Each pair once that may give the URL another key.
std::vector<Used> uses_of(const proxy::Snapshot& snapshot) {
    std::vector<Used> uses;
    const auto add = [&](const proxy::RoutePlan& route) {
        if (route.cache) uses.push_back({.zone = snapshot.zones[route.cache->zone].raw(), .plan = &*route.cache});
    };
    for (const auto& site : snapshot.sites) {
        std::ranges::for_each(site.routes, add);
        add(site.fallback);
    }
    return uses;
}

std::string count_text(std::uint64_t count) { return std::to_string(count) + (count == 1 ? " stored answer" : " stored answers"); }

std::string line_of(const cache::Entry& entry, const cache::Policy& policy, WallTime now) {
    using State = cache::Entry::State;
    const auto use = cache::use(entry.terms_now(), now, policy);
    const auto seconds = [](Duration time) { return std::to_string(std::chrono::floor<std::chrono::seconds>(time).count()) + "s"; };
    const auto state = entry.state();
    std::string text = "  status " + std::to_string(entry.status()) + ", " + std::to_string(entry.body()->size()) + " octets";
    text += state == State::filling ? " so far" : state == State::broken ? ", broken" : "";
    text += ", age " + seconds(use.age) + ", ttl " + seconds(use.ttl) + ", ";
    text += cache::word_of(use.why);
    if (!entry.vary_names().empty()) text += ", varies by " + std::string(entry.vary_names());
    if (!entry.validators().etag.empty()) text += ", etag " + std::string(entry.validators().etag);
    return text + "\n";
}

}  // namespace

std::vector<Ref<cache::Zone>> Caches::bind(const std::vector<cache::ZoneOptions>& options) {
    std::vector<Ref<cache::Zone>> bound;
    for (const auto& one : options) {
        const auto known = std::ranges::find(zones_, one.name, [](const auto& zone) { return zone->name(); });
        if (known != zones_.end()) (*known)->set_limits(one);
        bound.push_back(known != zones_.end() ? *known : make_ref<cache::Zone>(one, workers_, seed_));
    }
    return bound;
}

void Caches::expose(observe::Exposition& out) const {
    if (zones_.empty()) return;
    using Type = observe::Exposition::Type;
    const auto each = [&](std::string_view name, Type type, std::string_view help, auto figure) {
        out.family(name, type, help);
        for (const auto& zone : zones_) out.sample({{"zone", zone->name()}}, figure(zone->figures()));
    };
    each("weir_cache_bytes", Type::gauge, "Memory that a cache takes, everything included.", [](const auto& of) { return of.octets; });
    each("weir_cache_bytes_max", Type::gauge, "Memory that it may take.", [](const auto& of) { return of.octets_max; });
    each("weir_cache_entries", Type::gauge, "Answers that are stored.", [](const auto& of) { return of.entries; });
    each("weir_cache_stored_total", Type::counter, "Answers that were stored.", [](const auto& of) { return of.stored; });
    each("weir_cache_evicted_total", Type::counter, "Answers that left for want of room.", [](const auto& of) { return of.evicted; });
    each("weir_cache_purged_total", Type::counter, "Answers that a purge made void, those by tag as they are asked for.",
         [](const auto& of) { return of.purged; });
    each("weir_cache_invalidated_total", Type::counter, "Answers that an unsafe request made invalid.",
         [](const auto& of) { return of.invalidated; });
}

std::string Caches::stats() const {
    if (zones_.empty()) return "no route has a cache\n";
    std::string text;
    for (const auto& zone : zones_) {
        const auto of = zone->figures();
        text += "cache " + zone->name() + ": " + count_text(of.entries) + " of " + std::to_string(of.keys) + " keys, " +
                std::to_string(of.octets) + " of " + std::to_string(of.octets_max) + " octets; so far " + std::to_string(of.stored) +
                " stored, " + std::to_string(of.evicted) + " evicted, " + std::to_string(of.purged) + " purged, " +
                std::to_string(of.invalidated) + " invalidated\n";
    }
    return text;
}

Told Caches::purge(const Purge& purge, const proxy::Snapshot& snapshot, Arena& arena) {
    using What = Purge::What;
    const bool is_soft = purge.is_soft;
    const std::string done = is_soft ? " marked stale\n" : " purged\n";
    if (purge.what == What::all || purge.what == What::tag || purge.what == What::host) {
        const auto text =
            purge.what == What::all ? std::string_view{} : arena.concat({purge.what == What::tag ? "tag:" : "host:", purge.text});
        for (const auto& zone : zones_) purge.what == What::all ? zone->purge_all(is_soft) : zone->purge_tag(text, is_soft);
        return purge.what == What::all ? "everything" + done : "everything of " + std::string(purge.text) + done;
    }
    const auto input = proxy::key_input(purge.text, arena);
    if (!input) return std::unexpected("not a URL with scheme and host: " + std::string(purge.text) + "\n");
    std::uint64_t count = 0;
    for (const auto& [zone, plan] : uses_of(snapshot)) {
        const auto key = cache::uri_key(plan->key, *input, arena);
        if (key) count += purge.what == What::prefix ? zone->purge_prefix(*key, is_soft) : zone->purge_url(*key, is_soft);
    }
    return count_text(count) + done;
}

Told Caches::show(std::string_view url, const proxy::Snapshot& snapshot, WallTime now, Arena& arena) const {
    const auto input = proxy::key_input(url, arena);
    if (!input) return std::unexpected("not a URL with scheme and host: " + std::string(url) + "\n");
    std::string text;
    std::vector<std::pair<cache::Zone*, std::string>> told;
    for (const auto& [zone, plan] : uses_of(snapshot)) {
        const auto key = cache::uri_key(plan->key, *input, arena);
        if (!key || std::ranges::find(told, std::pair(zone, std::string(*key))) != told.end()) continue;
        told.emplace_back(zone, *key);
        const auto entries = zone->entries_of(*key);
        if (entries.empty()) continue;
        text += "cache " + zone->name() + ", key " + std::string(*key) + "\n";
        for (const auto& entry : entries) text += line_of(*entry, plan->policy, now);
    }
    return text.empty() ? "nothing is stored of " + std::string(url) + "\n" : text;
}

}  // namespace weir::server
