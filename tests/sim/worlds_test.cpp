// Seeded worlds: each kind of trouble alone, then all of them together.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/text.h"
#include "sim/world.h"

namespace weir::sim {
namespace {

constexpr std::uint64_t kWorlds = 10'000;  // over all kinds
constexpr std::uint64_t kKinds = 9;
constexpr std::uint64_t kStallingShare = 4;  // beside them, one for so many of each kind: these worlds are large
constexpr int kFaultsShown = 5;

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : parse_decimal(text).value_or(otherwise);
}

void run_worlds(WorldPlan plan, std::uint64_t first_seed) {
    const auto replay = setting("WEIR_SIM_SEED", 0);
    const auto share = plan.stalls ? kStallingShare : 1;
    const auto count = replay != 0 ? 1 : (setting("WEIR_SIM_WORLDS", kWorlds) + kKinds * share - 1) / (kKinds * share);
    int clean = 0;
    int shown = 0;
    for (std::uint64_t i = 0; i < count && shown < kFaultsShown; ++i) {
        plan.seed = replay != 0 ? replay : first_seed + i;
        const auto result = run_world(plan);
        clean += result.clean;
        for (const auto& fault : result.faults) {
            ADD_FAILURE() << "seed " << plan.seed << ": " << fault;
            if (++shown == kFaultsShown) break;
        }
    }
    EXPECT_GT(clean, 0) << "no world had a clean answer: the worlds prove nothing";
}

TEST(Worlds, Calm) { run_worlds({}, 1'000'000); }
TEST(Worlds, OriginsMisbehave) { run_worlds({.origin_faults = true}, 2'000'000); }
TEST(Worlds, ConnectionsBreak) { run_worlds({.resets = true}, 3'000'000); }
TEST(Worlds, ClientsLeave) { run_worlds({.clients_leave = true}, 4'000'000); }
TEST(Worlds, ReloadsMeanwhile) { run_worlds({.reloads = true}, 5'000'000); }
TEST(Worlds, Everything) { run_worlds({.resets = true, .origin_faults = true, .clients_leave = true, .reloads = true}, 6'000'000); }
TEST(Worlds, CalmHttp2Origins) { run_worlds({.h2_origins = true}, 7'000'000); }
TEST(Worlds, Http2OriginsMisbehave) { run_worlds({.origin_faults = true, .h2_origins = true}, 8'000'000); }
TEST(Worlds, EverythingWithHttp2Origins) {
    run_worlds({.resets = true, .origin_faults = true, .clients_leave = true, .reloads = true, .h2_origins = true}, 9'000'000);
}

TEST(Worlds, Http2Stalls) { run_worlds({.stalls = true}, 10'000'000); }
TEST(Worlds, Http2StallsBothSides) { run_worlds({.h2_origins = true, .stalls = true}, 11'000'000); }
TEST(Worlds, EverythingStalls) {
    run_worlds({.resets = true, .origin_faults = true, .clients_leave = true, .h2_origins = true, .stalls = true}, 12'000'000);
}

}  // namespace
}  // namespace weir::sim
