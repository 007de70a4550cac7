// The final form of a configuration, as a configuration: every site and route with all that is in effect there, defaults included.
// Nothing in it is taken over (`reset` stands in front), so that each block can be read alone. Loading it gives the same Snapshot.
// A comment behind a directive says where it comes from, unless the block itself says it.
#pragma once

#include "config/resolve.h"
#include "config/tree.h"

namespace weir::config {

Block effective(const Resolved& resolved, const Sources& sources);

}  // namespace weir::config
