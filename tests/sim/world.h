// World: clients, the real proxy and origins in one simulated world. Throws nothing; what was wrong is in faults().
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir::sim {

struct WorldPlan {
    std::uint64_t seed = 1;
    bool resets = false;         // connections break, connects are refused or hang
    bool origin_faults = false;  // origins behave badly by script
    bool clients_leave = false;
    bool reloads = false;  // Snapshots are swapped meanwhile
    bool h2_origins = false;
    bool stalls = false;  // clients, and origins of HTTP/2, read late or never, and much is under way at once
};

struct WorldResult {
    std::vector<std::string> faults;
    int clean = 0, refused = 0, broken = 0;
};

WorldResult run_world(const WorldPlan& plan);

}  // namespace weir::sim
