// Sites, in the order written: the table's indices are the snapshot's.
#include <algorithm>

#include "config/builder.h"
#include "config/site_addresses.h"

namespace weir::config {

namespace {

// "localhost" is this machine, by whichever of its names.
void add_hosts(const SiteName& name, std::vector<std::string>& hosts) {
    hosts.push_back(name.host);
    if (name.is_loopback) hosts.insert(hosts.end(), {"127.0.0.1", "::1"});
}

std::vector<std::string> hosts_of(const Item& site) {
    std::vector<std::string> hosts;
    for (const auto* word : site.all("SITE")) add_hosts(checked(read_site_name(word->text)), hosts);
    std::ranges::sort(hosts);
    const auto repeated = std::ranges::unique(hosts);
    hosts.erase(repeated.begin(), repeated.end());
    return hosts;
}

// What depends on both the routes and the certificate of the site.
void finish_tls(const ResolvedSite& resolved, proxy::SitePlan& plan) {
    // RFC 6797 8.3: browsers keep the port that they have and change 80 to 443, so nothing is said for a name on another port.
    const auto has_port = [](const Word* word) { return checked(read_site_name(word->text)).port != 0; };
    const bool is_usual = !has_listen(resolved) && std::ranges::none_of(resolved.site->all("SITE"), has_port);
    const bool fetches = is_usual && plan.tls && plan.tls->source.kind == tls::CertificateSource::Kind::acme;
    const auto finish = [&](proxy::RoutePlan& route) {
        if (plan.tls) plan.tls->allows_early_data |= route.allows_early_data;
        if (!route.hsts.is_explicit && !fetches) route.hsts.value.clear();
    };
    for (auto& route : plan.routes) finish(route);
    finish(plan.fallback);
}

void build_site(Builder& builder, const ResolvedSite& resolved, std::uint32_t label) {
    const auto& item = *resolved.site;
    proxy::SitePlan plan;
    plan.name = item.text("SITE");
    plan.place = builder.place(item);
    plan.metrics_label = label;
    if (const auto* canonical = item.child("canonical"))
        plan.canonical = filter::Canonical{.host = checked(config::read_host(canonical->text("HOST")))};
    route::SiteSpec spec{
        .hosts = hosts_of(item), .listeners = build_listeners(builder, resolved), .routes = {}, .name = plan.name, .place = plan.place};
    build_site_tls(builder, resolved, spec.hosts, plan);
    for (const auto& route : resolved.routes) {
        spec.routes.push_back(build_match(builder, route));
        if (route.route == nullptr) spec.routes.back().place = plan.place;
        plan.routes.push_back(build_route(builder, route.items));
        plan.routes.back().name = spec.routes.back().name;
        plan.routes.back().place = spec.routes.back().place;
        plan.routes.back().metrics_label = builder.routes_count++;
    }
    const bool answers_all = !resolved.routes.empty() && resolved.routes.back().route == nullptr;
    if (!answers_all) plan.fallback = build_route(builder, resolved.items);
    plan.fallback.name = "none";
    plan.fallback.place = plan.place;
    finish_tls(resolved, plan);
    plan.digest = digest_of(builder, resolved, plan);
    builder.snapshot.sites.push_back(std::move(plan));
    builder.specs.push_back(std::move(spec));
}

}  // namespace

void build_sites(Builder& builder) {
    std::uint32_t label = 0;
    for (const auto& site : builder.resolved.sites) build_site(builder, site, label++);
}

}  // namespace weir::config
