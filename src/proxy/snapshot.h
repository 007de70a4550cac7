// Snapshot: one whole configuration, compiled, immutable, counted. Workers swap to a new one between two turns; exchanges finish on the
// one they began with. Connections outlive it.
#pragma once

#include <memory>
#include <vector>

#include "base/ref.h"
#include "cache/zone.h"
#include "proxy/plan.h"
#include "route/table.h"

namespace weir::observe {
class AccessLog;
}
namespace weir::upstream {
class Group;
}

namespace weir::proxy {

class Snapshot : public Counted {
public:
    Snapshot();
    ~Snapshot();

    ProcessPlan process;
    std::vector<ListenerPlan> listeners;
    std::vector<SitePlan> sites;  // same order as the table's
    std::unique_ptr<const route::Table> table;
    std::vector<net::Network> trusted_proxies;
    std::vector<net::Network> purgers;        // other caches whose purges of anything count here
    std::vector<std::uint32_t> purged_edges;  // indices into groups: caches behind this one that are told of purges
    std::vector<upstream::GroupOptions> group_options;
    std::vector<cache::ZoneOptions> zone_options;
    std::vector<observe::AccessLogOptions> access_logs;
    observe::MetricsOptions metrics;
    RoutePlan fallback;  // for requests that no site takes: 404, default log
    // Bound by server/ before publication: running groups, one for each of group_options, shared with the last Snapshot where equal.
    std::vector<Ref<upstream::Group>> groups;
    std::vector<Ref<cache::Zone>> zones;        // one for each of zone_options, kept over reloads by name
    std::vector<Ref<observe::AccessLog>> logs;  // one for each of access_logs
    std::uint64_t serial = 0;                   // 1 is the first; shown by metrics and `weir reload`

    // Of a site that leads to HTTPS: those of the site that it leads to.
    const std::vector<RoutePlan>& routes_of(const SitePlan& site) const {
        return site.to_https ? sites[site.served_by].routes : site.routes;
    }
};

}  // namespace weir::proxy
