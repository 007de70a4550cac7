// What the disks of caches hold and do, for the metrics page and for `weir cache stats`. Thread: control.
#pragma once

#include <string>
#include <vector>

#include "cache/zone.h"
#include "observe/exposition.h"

namespace weir::server {

// Nothing when no cache has a disk.
void expose_disks(const std::vector<Ref<cache::Zone>>& zones, observe::Exposition& out);
// A line; empty when it has none.
std::string disk_stats(const cache::Zone& zone);

}  // namespace weir::server
