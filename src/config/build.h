// The last stage: what is in effect → the typed Snapshot. One small file a subject (build_*.cpp), one small reader a directive; a
// default goes through the same reader as what somebody wrote. Faults that only meaning can show become diagnostics here.
#pragma once

#include "config/diagnostic.h"
#include "config/resolve.h"
#include "proxy/snapshot.h"

namespace weir::config {

// Fills the snapshot; it is good for running only when no error came up.
void build(const Resolved& resolved, const Sources& sources, proxy::Snapshot& snapshot, Diagnostics& diagnostics);

}  // namespace weir::config
