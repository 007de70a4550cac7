#include "upstream/peer_set.h"

#include <utility>

#include "upstream/balance_hash.h"

namespace weir::upstream {

Tier::Tier() = default;
Tier::~Tier() = default;
Tier::Tier(Tier&&) noexcept = default;

void Tier::add(Ref<Peer> peer) {
    if (!peers.empty() && peer->weight != peers.front()->weight) has_equal_weights = false;
    weight_upto.push_back(weight_total() + peer->weight);
    peers.push_back(std::move(peer));
}

PeerSet::PeerSet(const std::vector<Ref<Peer>>& peers, bool needs_hash) {
    for (const auto& peer : peers) {
        if (size() == kPeersMax) break;
        (peer->is_backup ? backup : primary).add(peer);
    }
    if (!needs_hash) return;
    for (auto* tier : {&primary, &backup})
        if (tier->size() != 0) tier->table = std::make_unique<HashTable>(*tier);
}

}  // namespace weir::upstream
