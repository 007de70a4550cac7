// A client that speaks HTTP/2: asks several scripts at once on one connection and judges what comes back. Its frames are written and read
// the naive way; it keeps account of every window, both ways.
#pragma once

#include "sim/client.h"

namespace weir::sim {

io::Task<> run_h2_client(ClientPlan plan, Verdicts& verdicts);

}  // namespace weir::sim
