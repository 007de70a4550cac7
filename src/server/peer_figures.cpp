#include "server/peer_figures.h"

#include "observe/exposition.h"
#include "upstream/group.h"

namespace weir::server {

// A peer without any has no sample: there may be thousands.
void expose_peers(std::span<const Ref<upstream::Group>> groups, observe::Exposition& out) {
    using Figure = std::atomic<std::uint64_t> upstream::Peer::*;
    const auto family = [&](std::string_view name, std::string_view help, Figure figure) {
        out.family(name, observe::Exposition::Type::counter, help);
        for (const auto& group : groups)
            for (const auto& peer : group->peers())
                if (const auto value = ((*peer).*figure).load(std::memory_order_relaxed); value != 0)
                    out.sample({{"upstream", group->options().name}, {"peer", peer->name}}, value);
    };
    family("weir_upstream_downs_total", "Times that health checks found a peer down.", &upstream::Peer::downs);
    family("weir_upstream_ejections_total", "Times that a peer was left out because it failed too often.", &upstream::Peer::ejections);
    family("weir_upstream_connects_outrun_total", "Connects to a peer that another peer's was quicker than.", &upstream::Peer::outrun);
}

}  // namespace weir::server
