// What `weir cache show` tells of a stored answer, for a person: its state, its encoded forms, its slices. Thread: control.
#pragma once

#include <string>

#include "cache/zone.h"

namespace weir::server {

std::string lines_of(const cache::Zone& zone, const cache::Entry& entry, const cache::Policy& policy, WallTime now);

}  // namespace weir::server
