// Worlds with a cache: every reply is one that RFC 9111 allows at that virtual time, to that request.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/text.h"
#include "sim/cache_world.h"

namespace weir::sim {
namespace {

constexpr std::uint64_t kWorlds = 60;
constexpr std::uint64_t kFirstSeed = 7'000'000;
constexpr int kFaultsShown = 5;

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : parse_decimal(text).value_or(otherwise);
}

TEST(CacheWorlds, SendWhatTheRulesAllow) {
    const auto replay = setting("WEIR_SIM_SEED", 0);
    const auto count = replay != 0 ? 1 : setting("WEIR_SIM_WORLDS", kWorlds);
    CacheWorldResult all;
    int shown = 0;
    for (std::uint64_t i = 0; i < count && shown < kFaultsShown; ++i) {
        const auto seed = replay != 0 ? replay : kFirstSeed + i;
        const auto result = run_cache_world(seed);
        all.replies += result.replies, all.reused += result.reused, all.stale += result.stale, all.fetched += result.fetched;
        all.hints += result.hints;
        for (const auto& fault : result.faults) {
            ADD_FAILURE() << "seed " << seed << ": " << fault;
            if (++shown == kFaultsShown) break;
        }
    }
    RecordProperty("replies", all.replies);
    EXPECT_GT(all.reused, all.replies / 50) << "next to nothing came from the cache: the worlds prove nothing";
    if (replay == 0) EXPECT_GT(all.stale, 0);
    if (replay == 0) EXPECT_GT(all.hints, 0);
}

}  // namespace
}  // namespace weir::sim
