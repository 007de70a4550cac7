// Caches of the top level, and what a route stores in them.
#include <algorithm>

#include "cache/slicing.h"
#include "cache/use_counts.h"
#include "config/builder.h"
#include "config/phrase.h"

namespace weir::config {

namespace {

using cache::Delta;
using proxy::CachePlan;

constexpr std::string_view kUnnamed = "default";

Delta delta_of(std::string_view text) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(duration_of(text)).count();
    return Delta(static_cast<std::uint32_t>(std::min<std::int64_t>(seconds, cache::kDeltaMax.count())));
}

void read_ttl(Builder&, const Item& item, CachePlan& into) {
    const auto ttl = delta_of(item.text("TIME"));
    const auto statuses = item.all("STATUSES");
    if (statuses.empty()) into.policy.ttl = ttl;
    auto& rows = into.policy.ttl_of_status;
    for (const auto* word : statuses) {
        const auto range = checked(read_status_range(word->text));
        rows.insert(rows.begin(), {.first = range.from, .last = range.to, .ttl = ttl});
    }
}

void read_ttl_default(Builder&, const Item& item, CachePlan& into) { into.policy.ttl_default = delta_of(item.text("TIME")); }
void read_ttl_max(Builder&, const Item& item, CachePlan& into) { into.policy.ttl_max = delta_of(item.text("TIME")); }

std::optional<Delta> option_delta(const Item& item, std::string_view keyword) {
    return item.has_option(keyword) ? std::optional(delta_of(item.option_text(keyword))) : std::nullopt;
}

void read_stale(Builder&, const Item& item, CachePlan& into) {
    if (item.says("tag")) {
        proxy::TagGrace grace{.tag = std::string(item.text("TEXT"))};
        grace.while_revalidate = option_delta(item, "while_revalidate");
        grace.if_error = option_delta(item, "if_error");
        grace.keep_serving = option_delta(item, "keep_serving");
        into.tag_graces.insert(into.tag_graces.begin(), std::move(grace));
        return;
    }
    if (item.has_option("while_revalidate")) into.policy.stale_while_revalidate = delta_of(item.option_text("while_revalidate"));
    if (item.has_option("if_error")) into.policy.stale_if_error = delta_of(item.option_text("if_error"));
}

void read_keep_serving(Builder&, const Item& item, CachePlan& into) {
    into.policy.keep_serving = item.says("off") ? Delta{} : delta_of(item.text("TIME"));
}

void read_key(Builder&, const Item& item, CachePlan& into) {
    auto& key = into.key;
    const auto add = [&](std::string_view role, std::vector<std::string>& to) {
        for (const auto* word : item.all(role)) to.push_back(word->text);
    };
    if (item.says("drop_query")) add("TEXT", key.dropped);
    if (item.says("keep_query")) add("TEXT", key.kept);
    if (item.says("sort_query")) key.sorts_query = true;
    if (item.says("ignore_query")) key.keeps_query = false;
    if (item.says("header")) add("FIELD", key.headers);
    if (item.says("cookie")) add("NAME", key.cookies);
}

void read_tags(Builder&, const Item& item, CachePlan& into) {
    into.tag_fields = {};
    for (const auto* word : item.all("FIELD")) into.tag_fields.add(word->text);
}

void read_marks(const Item& item, proxy::RequestMarks& into) {
    auto& names = item.says("cookie") ? into.cookies : item.says("header") ? into.headers : into.parameters;
    const bool is_header = item.says("header");
    for (const auto* word : item.all("TEXT")) names.push_back(is_header ? lower(word->text) : word->text);
}

void read_bypass(Builder&, const Item& item, CachePlan& into) { read_marks(item, into.bypass); }
void read_refresh(Builder&, const Item& item, CachePlan& into) { read_marks(item, into.refresh); }

void read_min_uses(Builder& builder, const Item& item, CachePlan& into) {
    into.min_uses = number_of<unsigned>(item.text("N"));
    if (into.min_uses == 0 || into.min_uses > cache::UseCounts::kCountMax)
        builder.diagnostics.error(item.find("N")->spot, "so many uses are not counted", "expected 1 to 255");
}

void read_purge(Builder&, const Item& item, CachePlan& into) {
    for (const auto* word : item.all("CIDR")) into.purgers.push_back(checked(read_network(word->text)));
}

void read_micro(Builder&, const Item& item, CachePlan& into) {
    constexpr Delta kGrace{10};
    into.policy.ttl_default = item.find("TIME") != nullptr ? delta_of(item.text("TIME")) : Delta{1};
    into.policy.heuristic_percent = 0;
    into.policy.stale_while_revalidate = kGrace;
}

void read_early_hints(Builder&, const Item& item, CachePlan& into) {
    using proxy::EarlyHints;
    into.early_hints = item.says("off") ? EarlyHints::off : item.has_option("http1") ? EarlyHints::to_all : EarlyHints::to_http2;
}

void read_set_cookie(Builder&, const Item& item, CachePlan& into) {
    using cache::SetCookie;
    into.policy.set_cookie = item.says("store") ? SetCookie::stored : item.says("remove") ? SetCookie::removed : SetCookie::not_stored;
}

void read_heed(Builder&, const Item& item, CachePlan& into) {
    if (item.says("client")) into.policy.heeds_requests = item.says("on");
    else into.policy.ignores_cache_control = item.says("off");
}

void read_type_check(Builder&, const Item& item, CachePlan& into) { into.policy.checks_type = item.says("on"); }

void read_ranges(Builder&, const Item& item, CachePlan& into) { into.policy.serves_ranges = item.says("on"); }

void read_slice(Builder& builder, const Item& item, CachePlan& into) {
    into.slice = 0;
    if (item.says("off")) return;
    const auto octets = size_of(item.text("SIZE"));
    if (octets < cache::kSliceMin || octets > cache::kSliceMax)
        builder.diagnostics.error(item.find("SIZE")->spot, "slices of a size that makes no sense", "expected 16KiB to 64MiB");
    else into.slice = static_cast<std::uint32_t>(octets);
}

constexpr Reader<CachePlan> kParts[] = {
    {"ttl", read_ttl},
    {"ttl_default", read_ttl_default},
    {"ttl_max", read_ttl_max},
    {"stale", read_stale},
    {"key", read_key},
    {"keep_serving", read_keep_serving},
    {"tags", read_tags},
    {"bypass", read_bypass},
    {"heed", read_heed},
    {"set_cookie", read_set_cookie},
    {"type_check", read_type_check},
    {"ranges", read_ranges},
    {"slice", read_slice},
    {"refresh", read_refresh},
    {"min_uses", read_min_uses},
    {"purge", read_purge},
    {"micro", read_micro},
    {"early_hints", read_early_hints},
    {"parent", read_parent},
};

bool is_zone(const Item& item) { return item.directive->opens == BlockKind::cache_zone; }

std::uint32_t zone_of(Builder& builder, std::string_view name, const Word* word) {
    auto& zones = builder.snapshot.zone_options;
    const auto found = std::ranges::find(zones, name, &cache::ZoneOptions::name);
    if (found != zones.end()) return static_cast<std::uint32_t>(found - zones.begin());
    if (name == kUnnamed) {
        zones.push_back({.name = std::string(kUnnamed)});
        return static_cast<std::uint32_t>(zones.size() - 1);
    }
    std::vector<std::string_view> names;
    names.reserve(zones.size());
    for (const auto& zone : zones) names.push_back(zone.name);
    auto hint = did_you_mean(name, names);
    if (hint.empty()) hint = concat({"expected 'cache ", name, " { … }' at the top level"});
    builder.diagnostics.error(word->spot, concat({"no cache is named ", in_quotes(name)}), std::move(hint));
    return proxy::kNoIndex;
}

// Two that write into one folder would take each other's for their own.
void read_folder(Builder& builder, const Item& item, cache::DiskOptions& into) {
    const auto& word = *item.find("FILE");
    if (into.is_there()) builder.diagnostics.error(word.spot, "a second folder for one cache");
    into.folder = builder.path(word);
    into.octets_max = size_of(item.text("SIZE"));
    const auto same = [&](const cache::ZoneOptions& other) { return other.disk.folder == into.folder; };
    if (std::ranges::any_of(builder.snapshot.zone_options, same))
        builder.diagnostics.error(word.spot, concat({"another cache has the folder ", in_quotes(into.folder)}),
                                  "expected a folder of its own");
    const auto* size = item.find("SIZE");
    if (into.octets_max < cache::DiskOptions::kOctetsMin)
        builder.diagnostics.error(size->spot, "a disk of less than 64MiB", "expected at least 64MiB");
    if (into.octets_max > cache::DiskOptions::kOctetsMax)
        builder.diagnostics.error(size->spot, "a disk of more than 8TiB", "expected at most 8TiB");
}

void read_disk(Builder& builder, const Item& zone, cache::DiskOptions& into) {
    const Item* write = nullptr;
    for (const auto& item : zone.children) {
        if (item.name() != "disk") continue;
        if (item.find("FILE") != nullptr) read_folder(builder, item, into);
        else write = &item;
    }
    if (write == nullptr) return;
    into.writes_first = write->says("first");
    if (!into.is_there())
        builder.diagnostics.error(write->spot(), "'disk write' without a folder", "expected 'disk FOLDER SIZE' beside it");
}

}  // namespace

void build_zones(Builder& builder) {
    auto& zones = builder.snapshot.zone_options;
    for (const auto& item : builder.resolved.items) {
        if (!is_zone(item)) continue;
        cache::ZoneOptions options{.name = std::string(item.text("NAME"))};
        if (std::ranges::find(zones, options.name, &cache::ZoneOptions::name) != zones.end()) {
            builder.diagnostics.error(item.find("NAME")->spot, concat({"the cache ", in_quotes(options.name), " is given twice"}));
            continue;
        }
        if (const auto* memory = item.child("memory")) options.memory_max = size_of(memory->text("SIZE"));
        if (options.memory_max < cache::Zone::kMemoryMin)
            builder.diagnostics.error(item.child("memory")->find("SIZE")->spot, "a cache of less than 8MiB", "expected at least 8MiB");
        if (const auto* object = item.child("object")) options.object_max = size_of(object->text("SIZE"));
        read_disk(builder, item, options.disk);
        zones.push_back(std::move(options));
    }
}

void finish_tag_graces(CachePlan& plan) {
    for (auto& grace : plan.tag_graces) {
        grace.policy = plan.policy;
        grace.policy.stale_while_revalidate = grace.while_revalidate.value_or(plan.policy.stale_while_revalidate);
        grace.policy.stale_if_error = grace.if_error.value_or(plan.policy.stale_if_error);
        grace.policy.keep_serving = grace.keep_serving.value_or(plan.policy.keep_serving);
    }
}

// What the cache says first, then what the site and the route say.
void read_cache(Builder& builder, const Item& item, RouteDraft& into) {
    std::string_view name = kUnnamed;
    const Word* word = nullptr;
    const auto* zone = item.child("zone");
    into.plan.cache.reset();
    if (zone != nullptr && zone->says("off")) return;
    if (zone != nullptr && zone->find("NAME") != nullptr) word = zone->find("NAME"), name = word->text;
    auto& plan = into.plan.cache.emplace();
    plan.zone = zone_of(builder, name, word);
    for (const auto& other : builder.resolved.items)
        if (is_zone(other) && other.text("NAME") == name)
            for (const auto& part : other.children) read_with(kParts, builder, part, plan);
    for (const auto& part : item.children) {
        if (part.name() == "zone" && part.has_option("ttl")) plan.policy.ttl = delta_of(part.option_text("ttl"));
        read_with(kParts, builder, part, plan);
    }
    finish_tag_graces(plan);
    if (plan.policy.ignores_cache_control && !plan.policy.ttl && plan.policy.ttl_of_status.empty())
        builder.diagnostics.error(item.spot(), "'heed origin off' without a 'ttl' stores nothing", "expected a 'ttl' beside it");
}

}  // namespace weir::config
