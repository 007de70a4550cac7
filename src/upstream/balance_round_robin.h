// Smooth weighted round robin: peers take turns in proportion to their weights, and the turns of a heavy peer are spread out (for
// weights 5, 1, 1: a a b a c a a). State of one worker and tier; it starts at a random place so that workers do not step in time.
// Thread: the worker's. O(peers) a pick, O(1) when all weights are equal.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "upstream/peer_set.h"

namespace weir::upstream {

class RoundRobin {
public:
    void restart(const Tier& tier, Random& random);

    // The next peer of those that `may(index)` allows; kNoPeer when it allows none.
    template <class May>
    std::size_t pick(const Tier& tier, May&& may) {
        return tier.has_equal_weights ? rotate(tier, may) : weigh(tier, may);
    }

    // For equal weights only: whose turn it is, and on to the next one.
    std::size_t next() const { return next_; }
    void advance(std::size_t peers) { next_ = next_ + 1 == peers ? 0 : next_ + 1; }

private:
    template <class May>
    std::size_t rotate(const Tier& tier, May& may) {
        for (std::size_t tries = tier.size(); tries > 0; --tries) {
            const auto index = next_;
            advance(tier.size());
            if (may(index)) return index;
        }
        return kNoPeer;
    }

    // Each gains its weight, the richest is taken and pays for all. Those that may not serve neither gain nor pay.
    template <class May>
    std::size_t weigh(const Tier& tier, May& may) {
        std::int64_t paid = 0;
        auto best = kNoPeer;
        for (std::size_t i = 0; i < tier.size(); ++i) {
            if (!may(i)) continue;
            credit_[i] += tier.peers[i]->weight;
            paid += tier.peers[i]->weight;
            if (best == kNoPeer || credit_[i] > credit_[best]) best = i;
        }
        if (best != kNoPeer) credit_[best] -= paid;
        return best;
    }

    std::vector<std::int64_t> credit_;  // for unequal weights
    std::size_t next_ = 0;              // for equal ones
};

}  // namespace weir::upstream
