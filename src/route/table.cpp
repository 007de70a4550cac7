#include "route/table.h"

#include <algorithm>
#include <array>

#include "route/compiled.h"

namespace weir::route {

struct Table::Compiled : CompiledTable {
    using CompiledTable::CompiledTable;
};

namespace {

// Follows a search for explain: every route up to the one that won, with the reason the others lost.
class Tracer {
public:
    Tracer(Trace* trace, std::uint32_t routes) : trace_(trace), routes_(routes) {}

    void lost(std::uint32_t route, const std::string& reason) {
        pass_over(route);
        trace_->steps.push_back({.route = next_++, .matched = false, .reason = reason});
    }
    void won(std::uint32_t route) {
        if (trace_ == nullptr) return;
        pass_over(route);
        trace_->steps.push_back({.route = next_++, .matched = true, .reason = {}});
    }
    void none() {
        if (trace_ != nullptr) pass_over(routes_);
    }
    bool is_on() const { return trace_ != nullptr; }

private:
    // Those that the index never gave: their paths don't match.
    void pass_over(std::uint32_t until) {
        while (next_ < until) trace_->steps.push_back({.route = next_++, .matched = false, .reason = "path"});
    }

    Trace* trace_;
    std::uint32_t routes_;
    std::uint32_t next_ = 0;
};

bool rest_matches(const PathRest& rest, std::string_view path, Arena& arena, std::span<const std::string_view>& captures) {
    if (!rest.regex) return glob_matches(rest.glob, path);
    std::array<std::string_view, Regex::kCapturesMax> found;
    const auto count = rest.regex->match(path, found);
    if (count == 0) return false;
    const auto kept = arena.make_array<std::string_view>(count);
    std::copy_n(found.begin(), count, kept.begin());
    captures = kept;
    return true;
}

const CompiledCondition* first_broken(const CompiledTable& table, const PathEntry& entry, const Query& query, Arena& arena) {
    const auto conditions = std::span(table.conditions).subspan(entry.first_condition, entry.conditions);
    const auto broken = std::ranges::find_if(conditions, [&](const CompiledCondition& one) { return !one.holds(query, arena); });
    return broken == conditions.end() ? nullptr : &*broken;
}

std::string site_reason(const HostIndex::Found& found) {
    switch (found.rank) {
        case HostRank::exact: return "exact host";
        case HostRank::wildcard: return "wildcard *" + std::string(found.suffix);
        case HostRank::fallback: return "default of the listener";
        case HostRank::none: return "no site";
    }
    return {};
}

// The first route, in the order written, whose path and conditions hold.
void find_route(const CompiledTable& table, const Query& query, Arena& arena, Tracer& tracer, Match& match) {
    const auto& site = table.sites[match.site];
    table.paths.prefetch(site.tree);
    auto candidates = table.paths.candidates(site.tree, query.path, arena);
    auto lost = kNone;  // a route whose conditions failed fails with its other patterns too
    while (const auto* entry = candidates.next()) {
        if (entry->route == lost) continue;
        std::span<const std::string_view> captures;
        const bool fits = entry->rest == PathEntry::kNoRest || rest_matches(table.rests[entry->rest], query.path, arena, captures);
        if (!fits) continue;
        const auto* broken = entry->conditions == 0 ? nullptr : first_broken(table, *entry, query, arena);
        if (broken == nullptr) {
            match.route = entry->route;
            match.captures = captures;
            return tracer.won(entry->route);
        }
        lost = entry->route;
        if (tracer.is_on()) tracer.lost(entry->route, broken->reason(query));
    }
    tracer.none();
}

std::size_t names_of(std::span<const SiteSpec> sites) {
    std::size_t names = 0;
    for (const auto& site : sites) names += site.hosts.size() * site.listeners.size();
    return names;
}

}  // namespace

Table::Table() = default;
Table::~Table() = default;

std::unique_ptr<const Table> Table::build(std::span<const SiteSpec> sites, std::vector<TableFault>& faults) {
    std::unique_ptr<Table> table(new Table);
    table->compiled_ = std::make_unique<Compiled>(names_of(sites));
    compile(sites, *table->compiled_, faults);
    return table;
}

Match Table::find(const Query& query, Arena& arena, Trace* trace) const {
    const auto found = compiled_->hosts.find(query.listener, query.host);
    if (trace != nullptr) trace->site_reason = site_reason(found);
    if (found.rank == HostRank::none) return {};
    Match match{.site = found.site};
    Tracer tracer(trace, compiled_->sites[found.site].routes);
    find_route(*compiled_, query, arena, tracer, match);
    return match;
}

}  // namespace weir::route
