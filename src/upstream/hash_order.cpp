#include "upstream/hash_order.h"

#include "upstream/balance_hash.h"
#include "upstream/peer_set.h"

namespace weir::upstream {

std::vector<std::string> hash_order(std::span<const Ref<Peer>> peers, std::uint64_t hash, std::size_t count) {
    const PeerSet set({peers.begin(), peers.end()}, true);
    std::vector<std::string> order;
    std::vector<bool> is_named(set.primary.size());
    while (order.size() < std::min(count, set.primary.size())) {
        const auto next = Hash::pick(set.primary, hash, 0, [&](std::size_t i) { return !is_named[i]; });
        is_named[next] = true;
        order.push_back(set.primary.peers[next]->name);
    }
    return order;
}

std::vector<std::string> hash_order(const GroupOptions& options, std::uint64_t hash, std::size_t count) {
    std::vector<Ref<Peer>> peers;
    for (const auto& server : options.servers) {
        const auto address = server.at.literal();
        if (!address) return {};
        peers.push_back(make_ref<Peer>(*address, address->text(), server.weight, server.is_backup, server.connections_max));
    }
    return hash_order(peers, hash, count);
}

}  // namespace weir::upstream
