// Client: asks one script after another on one connection, sometimes pipelined, and judges what comes back.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "net/address.h"
#include "sim/script.h"
#include "sim/wire.h"

namespace weir::sim {

struct Verdicts {
    int clean = 0;                          // whole answers of the origin
    int refused = 0;                        // whole answers of Weir itself: 502, 503, 504
    int broken = 0;                         // ended early, and looked so
    std::map<std::uint64_t, int> answered;  // heads of final answers, by script
    std::vector<std::string> faults;        // what must not be
};

struct ClientPlan {
    net::Address weir;
    std::vector<Script> scripts;
    std::uint64_t seed = 0;
    bool pipelines = false;
    bool speaks_h2 = false;
    bool stalls = false;        // over HTTP/2: see Conduct
    bool leaves_early = false;  // closes while an answer is on its way
    bool world_is_calm = true;  // nothing may go wrong but by script
};

io::Task<> run_client(ClientPlan plan, Verdicts& verdicts);

}  // namespace weir::sim
