// For people: which caches in front of the origin would be asked for a key. Control thread, or without a running process.
#pragma once

#include <string>
#include <string_view>

#include "proxy/snapshot.h"

namespace weir::proxy {

// "shield: 10.0.0.2:8080 by its key, then 10.0.0.3:8080; else the origin"
std::string words_of_parent(const Snapshot& snapshot, const ParentPlan& parent, std::string_view key);

}  // namespace weir::proxy
