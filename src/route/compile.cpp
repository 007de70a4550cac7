// From what is written to what is searched: shapes, conditions and hosts of every site, and what is wrong with them.
#include <algorithm>

#include "route/compiled.h"

namespace weir::route {
namespace {

// Fills a CompiledTable from what is written, and says what is wrong with it.
class Builder {
public:
    Builder(CompiledTable& table, std::span<const SiteSpec> sites, std::vector<TableFault>& faults)
        : table_(table), sites_(sites), faults_(faults) {}

    void build() {
        for (std::uint32_t i = 0; i < sites_.size(); ++i) {
            add_hosts(i);
            add_site(i);
        }
    }

private:
    void fault(std::uint32_t site, std::uint32_t route, std::string message) {
        faults_.push_back({.is_error = true, .site = site, .route = route, .message = std::move(message)});
    }

    void add_hosts(std::uint32_t site) {
        for (const auto& host : sites_[site].hosts) {
            auto owner = site;
            for (const auto listener : sites_[site].listeners)
                if (const auto found = table_.hosts.add(listener, host, site); owner == site) owner = found;
            if (owner != site) report_twice(site, owner, host);  // once: the other listeners would say the same
        }
    }

    void report_twice(std::uint32_t site, std::uint32_t owner, const std::string& host) {
        const auto& first = sites_[owner];
        const auto where = first.place.file == sites_[site].place.file ? "line " + std::to_string(first.place.line) : first.place.text();
        const auto what = host.empty() ? std::string("its listener has a site for every other host already")
                                       : "the host '" + host + "' is taken on this listener";
        fault(site, kNone, what + ": by '" + first.name + "' (" + where + ")");
    }

    void add_site(std::uint32_t site) {
        const auto& spec = sites_[site];
        SiteBuild build{.spec = &spec, .site = site, .shapes = {}, .conditions = std::vector<ConditionSpan>(spec.routes.size())};
        CompiledSite compiled{.tree = {}, .routes = static_cast<std::uint32_t>(spec.routes.size())};
        for (std::uint32_t i = 0; i < spec.routes.size(); ++i) {
            add_shapes(build, i);
            add_conditions(build, i);
        }
        std::vector<PathIndex::Key> keys;
        keys.reserve(build.shapes.size());
        for (std::uint32_t i = 0; i < build.shapes.size(); ++i) {
            const auto& one = build.shapes[i];
            keys.push_back({.text = one.shape.key(),
                            .is_whole = one.shape.kind == Shape::Kind::literal,
                            .entry = {.order = i,
                                      .route = one.route,
                                      .rest = one.rest,
                                      .first_condition = build.conditions[one.route].first,
                                      .conditions = build.conditions[one.route].count}});
        }
        compiled.tree = table_.paths.add(std::move(keys));
        table_.sites.push_back(compiled);
        report_unreachable(table_, build, faults_);
    }

    void add_shapes(SiteBuild& build, std::uint32_t route) {
        const auto& paths = build.spec->routes[route].paths;
        if (paths.empty()) add_pattern(build, {}, route, 0);
        for (std::uint32_t i = 0; i < paths.size(); ++i) add_pattern(build, paths[i], route, i);
    }

    void add_pattern(SiteBuild& build, const PathPattern& pattern, std::uint32_t route, std::uint32_t index) {
        for (auto& shape : shapes_of(pattern)) {
            SiteShape one{.shape = std::move(shape), .route = route, .pattern = index};
            if (one.shape.kind == Shape::Kind::glob) one.rest = add_rest({.glob = one.shape.text, .regex = std::nullopt});
            if (one.shape.kind == Shape::Kind::regex) {
                auto regex = Regex::compile(one.shape.text);
                if (!regex) {
                    fault(build.site, route, "the regex '" + pattern.written() + "' does not compile: " + regex.error().message);
                    continue;
                }
                one.rest = add_rest({.glob = {}, .regex = std::move(*regex)});
            }
            build.shapes.push_back(std::move(one));
        }
    }

    std::uint32_t add_rest(PathRest rest) {
        table_.rests.push_back(std::move(rest));
        return static_cast<std::uint32_t>(table_.rests.size() - 1);
    }

    void add_conditions(SiteBuild& build, std::uint32_t route) {
        auto& span = build.conditions[route];
        span.first = static_cast<std::uint32_t>(table_.conditions.size());
        for (const auto& condition : build.spec->routes[route].conditions) {
            auto made = CompiledCondition::compile(condition);
            // What is not understood is equal to nothing else, so that it covers nothing.
            span.fingerprints.push_back(made ? made->fingerprint() : ~std::uint64_t{route});
            if (made) table_.conditions.push_back(std::move(*made));
            else fault(build.site, route, made.error());
        }
        span.count = static_cast<std::uint32_t>(table_.conditions.size()) - span.first;
        std::ranges::sort(span.fingerprints);
        const auto repeated = std::ranges::unique(span.fingerprints);
        span.fingerprints.erase(repeated.begin(), repeated.end());
    }

    CompiledTable& table_;
    std::span<const SiteSpec> sites_;
    std::vector<TableFault>& faults_;
};

}  // namespace

void compile(std::span<const SiteSpec> sites, CompiledTable& table, std::vector<TableFault>& faults) {
    Builder(table, sites, faults).build();
}

}  // namespace weir::route
