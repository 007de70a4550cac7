#include "proxy/snapshot.h"

#include "observe/access_log.h"
#include "upstream/group.h"

namespace weir::proxy {

Snapshot::Snapshot() = default;
Snapshot::~Snapshot() = default;

}  // namespace weir::proxy
