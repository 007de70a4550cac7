// What Table holds: flat arrays, read by all workers, written only while it is built.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "route/condition.h"
#include "route/host_index.h"
#include "route/path_index.h"
#include "route/pattern.h"

namespace weir::route {

// The part of a pattern that the path index can't decide.
struct PathRest {
    std::string glob;
    std::optional<Regex> regex;  // instead of the glob
};

struct CompiledSite {
    PathIndex::Tree tree;
    std::uint32_t routes = 0;
};

struct CompiledTable {
    explicit CompiledTable(std::size_t names_max) : hosts(names_max) {}

    HostIndex hosts;
    PathIndex paths;
    std::vector<CompiledSite> sites;
    std::vector<CompiledCondition> conditions;
    std::vector<PathRest> rests;
};

// Where the shapes of a site came from; PathEntry::order is the index here. Known while the table is built.
struct SiteShape {
    Shape shape;
    std::uint32_t route = 0;
    std::uint32_t pattern = 0;
    std::uint32_t rest = PathEntry::kNoRest;
};

struct ConditionSpan {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    std::vector<std::uint64_t> fingerprints;  // sorted
};

struct SiteBuild {
    const SiteSpec* spec = nullptr;
    std::uint32_t site = 0;
    std::vector<SiteShape> shapes;
    std::vector<ConditionSpan> conditions;  // by route
};

// Fills an empty table. With a fault that is an error the table must not be used.
void compile(std::span<const SiteSpec> sites, CompiledTable& table, std::vector<TableFault>& faults);

// Routes that an earlier one always wins against: errors where it is certain, warnings where a regex makes it likely.
void report_unreachable(const CompiledTable& table, const SiteBuild& build, std::vector<TableFault>& faults);

}  // namespace weir::route
