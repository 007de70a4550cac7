// News: what a fetch tells those who wait for it or read from it, on all workers.
#pragma once

#include "base/clock.h"
#include "cache/fill.h"

namespace weir::proxy {

class Lane;

// When a mailbox was full: so long until it is looked at again.
inline constexpr Duration kLookAgain = std::chrono::milliseconds(50);

// On the fill's home worker. What a full mailbox does not take is told later, though whoever fetched may have ended by then.
void announce(Lane& lane, const Ref<cache::Fill>& fill);

}  // namespace weir::proxy
