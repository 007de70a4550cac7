// Consistent hashing with bounded load: the same key goes to the same peer; when a peer comes or goes only its share of the keys moves;
// and no peer gets more than a given share of the average load (Mirrokni, Thorup, Zadimoghaddam 2017), whatever the keys.
// The key space is cut into slots. Each slot belongs to the peer that wins a weighted rendezvous for it, which depends on that peer's name
// and weight alone: a new peer takes slots from the others, and nobody else's change hands. All that is computed when the
// set is made; a pick is one look into the table. A key whose peer is down or full goes on to the same further slots each time.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "upstream/peer_set.h"

namespace weir::upstream {

// 64 well mixed bits. The same in every process and build: several proxies in a row agree on the peer.
std::uint64_t hash_key(std::string_view key);

class HashTable {
public:
    static constexpr std::size_t kSlots = 16'384;  // 10 peers of equal weight differ by about 2.5 % in their shares

    explicit HashTable(const Tier& tier);
    std::size_t owner(std::uint64_t hash) const { return owners_[hash % kSlots]; }

private:
    std::vector<std::uint16_t> owners_;
};

class Hash {
public:
    static constexpr int kProbesMax = 32;  // further slots for a key whose peer may not serve, before all peers are searched
    // A peer with fewer exchanges under way is never too loaded: with little traffic the bound would tear one client's parallel
    // requests apart and win nothing.
    static constexpr std::uint32_t kFreeLoad = 8;

    // `bound_percent`: of the average load of those that may serve, each for its weight. 0: no bound.
    template <class May>
    static std::size_t pick(const Tier& tier, std::uint64_t hash, std::uint32_t bound_percent, May&& may) {
        if (tier.size() == 0) return kNoPeer;
        const auto load = bound_percent == 0 ? Load{} : load_of(tier, may);
        const auto fits = [&](std::size_t i) { return may(i) && (bound_percent == 0 || load.is_within(*tier.peers[i], bound_percent)); };
        for (int probe = 0; probe < kProbesMax; ++probe) {
            const auto index = tier.table->owner(hash);
            if (fits(index)) return index;
            hash = next_probe(hash);
        }
        // Hardly any may serve. The bound leaves room for one at least: it is above the average.
        const auto start = hash % tier.size();
        auto allowed = kNoPeer;
        for (std::size_t step = 0; step < tier.size(); ++step) {
            const auto index = (start + step) % tier.size();
            if (fits(index)) return index;
            if (allowed == kNoPeer && may(index)) allowed = index;
        }
        return allowed;
    }

private:
    struct Load {
        std::uint64_t active = 0;
        std::uint64_t weight = 0;
        // The load with this exchange, spread by weight, times the bound: rounded up, so that one is always allowed.
        bool is_within(const Peer& peer, std::uint64_t bound_percent) const {
            const auto here = std::uint64_t{peer.active.load(std::memory_order_relaxed)};
            return here < kFreeLoad || here * weight * 100 < (active + 1) * peer.weight * bound_percent;
        }
    };

    template <class May>
    static Load load_of(const Tier& tier, May& may) {
        Load load;
        for (std::size_t i = 0; i < tier.size(); ++i) {
            if (!may(i)) continue;
            load.active += tier.peers[i]->active.load(std::memory_order_relaxed);
            load.weight += tier.peers[i]->weight;
        }
        return load;
    }

    static std::uint64_t next_probe(std::uint64_t hash);
};

}  // namespace weir::upstream
