// A purge over all tiers of caches: first in those in front of the origin, each member of each group that a route asks, because any of them
// may have answered for another; then here; then in those behind this one. Each is given a time, all of one tier at once; who does not
// answer is told of, and the purge counts as failed there, which the text says line by line. Thread: control.
#pragma once

#include "io/deadline.h"
#include "io/task.h"
#include "proxy/purge_order.h"
#include "server/caches.h"

namespace weir::server {

struct PurgeReport {
    std::uint16_t status = 200;  // 400: it made no sense; 502: some tier has not done it
    std::string text;
};

// The snapshot as it is when it begins.
io::Task<PurgeReport> purge_tiers(Caches& caches, Ref<proxy::Snapshot> snapshot, proxy::PurgeOrder order, io::Stop& stop);

}  // namespace weir::server
