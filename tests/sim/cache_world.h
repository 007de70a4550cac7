// CacheWorld: clients that ask for a few things again and again, the real proxy with a cache, an origin that changes its mind, and the
// second reading of RFC 9111 (cache_rules.h) that judges each reply: was it allowed, at that virtual time, to that request?
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir::sim {

struct CacheWorldResult {
    std::vector<std::string> faults;
    int replies = 0;
    int reused = 0;   // that were first given to another request
    int stale = 0;    // of those: beyond their lifetime
    int hints = 0;    // 103 that came before replies
    int fetched = 0;  // what the origin was asked
};

CacheWorldResult run_cache_world(std::uint64_t seed);

}  // namespace weir::sim
