#include "server/caches.h"

#include <algorithm>
#include <optional>
#include <random>
#include <set>

#include "cache/disk/store.h"
#include "cache/key.h"
#include "http/uri.h"
#include "proxy/cache_key.h"
#include "proxy/entry_tags.h"
#include "proxy/parent_words.h"
#include "server/disk_figures.h"
#include "server/entry_lines.h"
#include "server/refusal_lines.h"

namespace weir::server {
namespace {

// A host as answers are noted with it: in lower case, on whatever port.
std::optional<std::string_view> tag_of(const Caches::Purge& purge, Arena& arena) {
    if (purge.what == Caches::Purge::What::tag) return arena.concat({"tag:", purge.text});
    const auto authority = http::parse_authority(purge.text, arena);
    return authority ? std::optional(arena.concat({"host:", authority->host})) : std::nullopt;
}

using Told = Caches::Told;

// A zone as one of its routes uses it, and what that makes of a URL.
struct Used {
    cache::Zone* zone;
    const proxy::CachePlan* plan;
    std::string_view key;
};

// Each pair of zone and key once. Else what is wrong with the URL, for a person.
std::expected<std::vector<Used>, std::string> uses_of(const proxy::Snapshot& snapshot, std::string_view url, Arena& arena) {
    constexpr std::size_t kShownMax = 200;
    const auto fault = [&](const std::string& why) {
        return std::unexpected("not a URL of anything stored: " + std::string(url.substr(0, kShownMax)) +
                               (url.size() > kShownMax ? "…: " : ": ") + why + "\n");
    };
    std::vector<Used> uses;
    std::set<std::pair<const cache::Zone*, std::string_view>> told;
    std::string why;
    const auto add = [&](const proxy::RoutePlan& route) {
        if (!route.cache) return;
        const auto input = proxy::key_input(url, route.paths, arena);
        if (!input) why = input.error();
        const auto key = input ? cache::uri_key(route.cache->key, *input, arena) : std::nullopt;
        auto* const zone = snapshot.zones[route.cache->zone].raw();
        if (key && told.emplace(zone, *key).second) uses.push_back({.zone = zone, .plan = &*route.cache, .key = *key});
    };
    for (const auto& site : snapshot.sites) {
        std::ranges::for_each(site.routes, add);
        add(site.fallback);
    }
    if (uses.empty() && !why.empty()) return fault(why);
    return uses;
}

std::string lines_of_missing(const Used& use, TimePoint now) {
    return refusal_line(*use.zone, use.key, TimePoint::min(), now) + waiting_lines(*use.zone, *use.plan, use.key, now);
}

// Behind the key. An answer that came later and was not stored did not take its place.
std::string lines_of_stored(const Used& use, Caches::Moment now) {
    const auto& [zone, plan, key] = use;
    const auto entries = zone->entries_of(key);
    const bool is_on_disk = zone->disk() != nullptr && zone->disk()->may_have(zone->hash_of(key));
    if (entries.empty() && !is_on_disk) return {};
    std::string text = is_on_disk ? ", on the disk, too\n" : "\n";
    auto age = Duration::max();
    for (const auto& entry : entries) {
        text += lines_of(*zone, *entry, proxy::policy_for(*plan, entry->fields()), now.wall);
        age = std::min(age, now.wall - entry->terms().received);
    }
    if (entries.empty()) return text + "  nothing in memory\n" + lines_of_missing(use, now.steady);
    return text + refusal_line(*zone, key, now.steady - age, now.steady);
}

void expose_refusals(const std::vector<Ref<cache::Zone>>& zones, observe::Exposition& out) {
    out.family("weir_cache_not_stored_total", observe::Exposition::Type::counter,
               "Times that the origin was asked and nothing was stored.");
    for (const auto& zone : zones) {
        for (auto i = static_cast<std::size_t>(cache::Refusal::none) + 1; i < static_cast<std::size_t>(cache::Refusal::count_); ++i) {
            const auto why = static_cast<cache::Refusal>(i);
            out.sample({{"zone", zone->name()}, {"reason", cache::word_of(why)}}, zone->refusals().counted(why));
        }
    }
}

std::string count_text(std::uint64_t count) { return std::to_string(count) + (count == 1 ? " stored answer" : " stored answers"); }

}  // namespace

// A zone stays as long as it has its name and its folder.
std::expected<Ref<cache::Zone>, std::string> Caches::find_or_make(const cache::ZoneOptions& options) {
    const auto is_it = [&](const Ref<cache::Zone>& zone) {
        const auto* disk = zone->disk();
        return zone->name() == options.name && (disk == nullptr ? std::string_view{} : disk->folder()) == options.disk.folder;
    };
    const auto known = std::ranges::find_if(zones_, is_it);
    if (known != zones_.end()) return *known;
    if (!options.disk.is_there()) return make_ref<cache::Zone>(options, workers_, seed_);
    auto medium = cache::open_folder(options.disk.folder);
    if (!medium) return std::unexpected("cache " + options.name + ": " + medium.error());
    std::random_device random;
    const auto fresh_seed = (std::uint64_t{random()} << 32U) | random();
    auto store = cache::DiskStore::open(options.disk, std::move(*medium), fresh_seed);
    if (!store) return std::unexpected("cache " + options.name + ": " + store.error());
    return make_ref<cache::Zone>(options, workers_, std::move(*store));
}

std::expected<void, std::string> Caches::prepare(const std::vector<cache::ZoneOptions>& options) {
    prepared_.clear();
    for (const auto& one : options) {
        auto zone = find_or_make(one);
        if (!zone) {
            prepared_.clear();
            return std::unexpected(std::move(zone.error()));
        }
        prepared_.push_back(std::move(*zone));
    }
    return {};
}

std::vector<Ref<cache::Zone>> Caches::bind(const std::vector<cache::ZoneOptions>& options) {
    auto bound = std::exchange(prepared_, {});
    for (std::size_t i = 0; i < bound.size(); ++i) bound[i]->set_limits(options[i]);
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
    expose_refusals(zones_, out);
    each("weir_cache_slices_stored_total", Type::counter, "Those of them that are slices of something larger.",
         [](const auto& of) { return of.slices; });
    each("weir_cache_parent_answers_total", Type::counter, "Answers that came from a cache in front of the origin.",
         [](const auto& of) { return of.parent_answers; });
    each("weir_cache_parent_passed_total", Type::counter, "Requests that went to the origin because no cache in front of it answered.",
         [](const auto& of) { return of.parents_passed; });
    each("weir_cache_evicted_total", Type::counter, "Answers that left for want of room.", [](const auto& of) { return of.evicted; });
    each("weir_cache_crowded_total", Type::counter,
         "Answers that were not stored because nothing could leave: all memory was taken by what slow clients are being sent.",
         [](const auto& of) { return of.crowded; });
    each("weir_cache_next_tries_total", Type::counter,
         "Fetches that failed or were refused, and were led once more by one of those who had waited.",
         [](const auto& of) { return of.next_tries; });
    each("weir_cache_purged_total", Type::counter, "Answers that a purge made void, those by tag as they are asked for.",
         [](const auto& of) { return of.purged; });
    each("weir_cache_invalidated_total", Type::counter, "Answers that an unsafe request made invalid.",
         [](const auto& of) { return of.invalidated; });
    each("weir_cache_early_hints_learned_total", Type::counter, "Pages whose early hints were learned.",
         [](const auto& of) { return of.hints_learned; });
    each("weir_cache_early_hints_sent_total", Type::counter, "103 that were sent with what was learned.",
         [](const auto& of) { return of.hints_told; });
    expose_disks(zones_, out);
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
        text += disk_stats(*zone);
    }
    return text;
}

Told Caches::purge(const Purge& purge, const proxy::Snapshot& snapshot, Arena& arena) {
    auto told = carry_out(purge, snapshot, arena);
    if (!told) return told;
    bool is_noted = true;
    for (const auto& zone : zones_)
        if (zone->disk() != nullptr) is_noted = zone->disk()->settle() && is_noted;
    if (!is_noted) *told += "but the disk did not take a note of it: a crash would undo it there; see the log\n";
    return told;
}

Told Caches::carry_out(const Purge& purge, const proxy::Snapshot& snapshot, Arena& arena) {
    using What = Purge::What;
    const bool is_soft = purge.is_soft;
    const std::string done = is_soft ? " marked stale\n" : " purged\n";
    if (purge.what == What::all) {
        for (const auto& zone : zones_) zone->purge_all(is_soft);
        return "everything" + done;
    }
    if (purge.what == What::tag || purge.what == What::host) {
        const auto text = tag_of(purge, arena);
        if (!text) return std::unexpected("not a host: " + std::string(purge.text) + "\n");
        for (const auto& zone : zones_) zone->purge_tag(*text, is_soft);
        return "everything of " + std::string(text->substr(text->find(':') + 1)) + done;
    }
    const auto uses = uses_of(snapshot, purge.text, arena);
    if (!uses) return std::unexpected(uses.error());
    std::uint64_t count = 0;
    for (const auto& [zone, plan, key] : *uses)
        count += purge.what == What::prefix ? zone->purge_prefix(key, is_soft) : zone->purge_url(key, is_soft);
    return count_text(count) + done;
}

Told Caches::show(std::string_view url, const proxy::Snapshot& snapshot, Moment now, Arena& arena) const {
    const auto uses = uses_of(snapshot, url, arena);
    if (!uses) return std::unexpected(uses.error());
    if (snapshot.zones.empty()) return "no route has a cache\n";
    std::string stored, missing, asked;
    for (const auto& use : *uses) {
        const auto& [zone, plan, key] = use;
        const auto head = "cache " + zone->name() + ", key " + std::string(key);
        if (const auto lines = lines_of_stored(use, now); !lines.empty()) stored += head + lines;
        else if (const auto why = lines_of_missing(use, now.steady); !why.empty()) missing += head + "\n" + why;
        if (plan->parent.is_there())
            asked +=
                "cache " + zone->name() + ": what is missing is asked of " + proxy::words_of_parent(snapshot, plan->parent, key) + "\n";
    }
    if (stored.empty()) stored = "nothing is stored of " + std::string(url) + "\n";
    return stored + missing + asked;
}

}  // namespace weir::server
