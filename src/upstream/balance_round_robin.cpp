#include "upstream/balance_round_robin.h"

#include <algorithm>

namespace weir::upstream {
namespace {
constexpr std::uint64_t kStartStepsMax = 65'536;  // work spent on finding a random place to start
}

void RoundRobin::restart(const Tier& tier, Random& random) {
    credit_.clear();
    next_ = 0;
    if (tier.size() < 2) return;
    if (tier.has_equal_weights) {
        next_ = random.below(tier.size());
        return;
    }
    // A place is reached by walking there: credits that were drawn freely would not sum to zero.
    credit_.resize(tier.size());
    const auto places = std::min<std::uint64_t>(tier.weight_total(), kStartStepsMax / tier.size() + 1);
    for (auto steps = random.below(places); steps > 0; --steps) pick(tier, [](std::size_t) { return true; });
}

}  // namespace weir::upstream
