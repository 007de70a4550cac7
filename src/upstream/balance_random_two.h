// Power of two choices: two peers are drawn by weight, the less loaded one for its weight is taken. Nearly as even as least
// connections, without looking at every peer and without the herd that runs to the emptiest one (Mitzenmacher 2001). Thread: the
// worker's. O(log peers) a pick while most peers may serve.
#pragma once

#include <algorithm>

#include "base/random.h"
#include "upstream/balance_least_connections.h"

namespace weir::upstream {

class RandomTwo {
public:
    static constexpr int kDrawsMax = 4;  // of one peer, before it is searched for

    template <class May>
    static std::size_t pick(const Tier& tier, Random& random, May&& may) {
        const auto first = draw(tier, random, may, kNoPeer);
        if (first == kNoPeer || tier.size() == 1) return first;
        const auto second = draw(tier, random, may, first);
        if (second == kNoPeer) return first;
        return is_less_loaded(*tier.peers[second], *tier.peers[first]) ? second : first;
    }

private:
    static std::size_t draw_any(const Tier& tier, Random& random) {
        if (tier.has_equal_weights) return random.below(tier.size());
        const auto at = random.below(tier.weight_total());
        return static_cast<std::size_t>(std::ranges::upper_bound(tier.weight_upto, at) - tier.weight_upto.begin());
    }

    template <class May>
    static std::size_t draw(const Tier& tier, Random& random, May& may, std::size_t but) {
        if (tier.size() == 0) return kNoPeer;
        for (int tries = 0; tries < kDrawsMax; ++tries) {
            const auto index = draw_any(tier, random);
            if (index != but && may(index)) return index;
        }
        // Most may not serve: take the next that may, from a random place.
        const auto start = random.below(tier.size());
        for (std::size_t step = 0; step < tier.size(); ++step) {
            const auto index = (start + step) % tier.size();
            if (index != but && may(index)) return index;
        }
        return kNoPeer;
    }
};

}  // namespace weir::upstream
