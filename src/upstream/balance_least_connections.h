// Least connections: the peer with the fewest exchanges under way for its weight, over all workers. Peers that are equally loaded take
// turns, so that an idle group does not send all to the first. Thread: the worker's. O(peers) a pick.
#pragma once

#include <cstdint>

#include "upstream/peer_set.h"

namespace weir::upstream {

// Is peer a less loaded than peer b, each for its weight?
inline bool is_less_loaded(const Peer& a, const Peer& b) {
    return std::uint64_t{a.active.load(std::memory_order_relaxed)} * b.weight <
           std::uint64_t{b.active.load(std::memory_order_relaxed)} * a.weight;
}

class LeastConnections {
public:
    void restart(std::size_t start) { next_ = start; }

    template <class May>
    std::size_t pick(const Tier& tier, May&& may) {
        auto best = kNoPeer;
        const auto start = next_ < tier.size() ? next_ : 0;
        for (std::size_t step = 0; step < tier.size(); ++step) {
            const auto index = start + step < tier.size() ? start + step : start + step - tier.size();
            if (!may(index)) continue;
            if (best == kNoPeer || is_less_loaded(*tier.peers[index], *tier.peers[best])) best = index;
        }
        if (best != kNoPeer) next_ = best + 1;
        return best;
    }

private:
    std::size_t next_ = 0;  // where the last pick was, and one further
};

}  // namespace weir::upstream
