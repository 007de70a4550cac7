#include "config/build.h"

#include "config/builder.h"
#include "config/file.h"
#include "config/import.h"
#include "config/phrase.h"

namespace weir::config {

std::string Builder::path_of(const Spot& spot, std::string_view path) const { return path_beside(sources, spot, path); }

const SharedText* Builder::file(const Word& word, std::string_view written, std::size_t octets_max) {
    const auto where = path_of(word.spot, written);
    if (const auto known = files.find(where); known != files.end()) return &known->second;
    auto octets = read_whole_file(where, octets_max);
    if (octets) return &files.emplace(where, std::move(*octets)).first->second;
    diagnostics.error(word.spot, concat({"can't read ", in_quotes(where)}), octets.error());
    return nullptr;
}

http::Template template_of(std::string_view text) {
    auto compiled = http::Template::compile(text);
    return compiled ? std::move(*compiled) : http::Template{};
}

namespace {

void report(Builder& builder, const route::TableFault& fault) {
    if (fault.site >= builder.resolved.sites.size()) return;  // of a redirect: its site has the same fault
    const auto& site = builder.resolved.sites[fault.site];
    const auto* route = fault.route < site.routes.size() ? site.routes[fault.route].route : nullptr;
    const auto& item = route == nullptr ? *site.site : *route;
    if (fault.is_error) builder.diagnostics.error(item.spot(), fault.message);
    else builder.diagnostics.warning(item.spot(), fault.message);
}

}  // namespace

void build(const Resolved& resolved, const Sources& sources, proxy::Snapshot& snapshot, Diagnostics& diagnostics) {
    Builder builder{.resolved = resolved, .sources = sources, .snapshot = snapshot, .diagnostics = diagnostics};
    build_process(builder);
    build_upstreams(builder);
    build_zones(builder);
    build_tiers(builder);
    snapshot.fallback = build_route(builder, resolved.shared);
    build_sites(builder);
    build_redirects(builder);
    share_wide_listeners(builder);
    scope_caches(builder);
    build_endpoints(builder);
    name_loop_guards(builder);
    warn_of_unused_upstreams(builder);
    std::vector<route::TableFault> faults;
    snapshot.table = route::Table::build(builder.specs, faults);
    for (const auto& fault : faults) report(builder, fault);
}

}  // namespace weir::config
