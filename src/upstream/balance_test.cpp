#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>

#include "upstream/balance_hash.h"
#include "upstream/balance_least_connections.h"
#include "upstream/balance_random_two.h"
#include "upstream/balance_round_robin.h"

namespace weir::upstream {
namespace {

Ref<Peer> peer(int number, std::uint16_t weight = 1) {
    const net::Address address{.ip = {.family = net::Family::ipv4, .octets = {10, 0, 0, static_cast<std::uint8_t>(number)}}, .port = 80};
    return make_ref<Peer>(address, address.text(), weight, false, 0);
}

Tier tier_of(const std::vector<std::uint16_t>& weights) {
    Tier tier;
    for (std::size_t i = 0; i < weights.size(); ++i) tier.add(peer(static_cast<int>(i), weights[i]));
    return tier;
}

const auto kAll = [](std::size_t) { return true; };

TEST(RoundRobin, SpreadsTurnsOfHeavyPeers) {
    struct Row {
        std::vector<std::uint16_t> weights;
        std::string expected;
    };
    const Row rows[] = {
        {{1}, "aaaa"},      {{1, 1}, "abab"},      {{3, 3, 3}, "abcabc"}, {{5, 1, 1}, "aabacaaaabacaa"},  // nginx's own example
        {{2, 1}, "abaaba"}, {{1, 2, 3}, "cbacbc"}, {{4, 2}, "abaaba"},
    };
    for (const auto& row : rows) {
        const auto tier = tier_of(row.weights);
        // The sequence repeats; a random start is a rotation of it.
        Random random(1);
        RoundRobin turns;
        turns.restart(tier, random);
        std::string got;
        for (std::size_t i = 0; i < row.expected.size() * 2; ++i) got += static_cast<char>('a' + turns.pick(tier, kAll));
        EXPECT_NE(got.find(row.expected), std::string::npos) << got << " holds no " << row.expected;
    }
}

TEST(RoundRobin, GivesExactSharesOverARound) {
    for (const auto& weights : std::vector<std::vector<std::uint16_t>>{{1, 1, 1}, {7, 3, 1}, {100, 1}, {1000, 999, 1, 500}, {2, 2, 5}}) {
        const auto tier = tier_of(weights);
        Random random(7);
        RoundRobin turns;
        turns.restart(tier, random);
        std::vector<std::uint32_t> got(weights.size());
        for (std::uint32_t i = 0; i < tier.weight_total() * 3; ++i) ++got[turns.pick(tier, kAll)];
        for (std::size_t i = 0; i < weights.size(); ++i) EXPECT_EQ(got[i], weights[i] * 3U);
    }
}

TEST(RoundRobin, StartsAtDifferentPlaces) {
    for (const auto& weights : std::vector<std::vector<std::uint16_t>>{{1, 1, 1, 1}, {4, 3, 2, 1}}) {
        const auto tier = tier_of(weights);
        std::set<std::size_t> first;
        for (std::uint64_t seed = 0; seed < 64; ++seed) {
            Random random(seed);
            RoundRobin turns;
            turns.restart(tier, random);
            first.insert(turns.pick(tier, kAll));
        }
        EXPECT_EQ(first.size(), 4U);
    }
}

TEST(RoundRobin, LeavesOutWhoMayNotServe) {
    for (const auto& weights : std::vector<std::vector<std::uint16_t>>{{1, 1, 1}, {3, 2, 1}}) {
        const auto tier = tier_of(weights);
        Random random(3);
        RoundRobin turns;
        turns.restart(tier, random);
        std::vector<std::uint32_t> got(3);
        for (int i = 0; i < 120; ++i) ++got[turns.pick(tier, [](std::size_t index) { return index != 0; })];
        EXPECT_EQ(got[0], 0U);
        EXPECT_NEAR(got[1], 120U * weights[1] / (weights[1] + weights[2]), 1);
        EXPECT_EQ(turns.pick(tier, [](std::size_t) { return false; }), kNoPeer);
        // One that comes back has saved no credit: it does not get a burst.
        std::vector<std::uint32_t> then(3);
        for (std::uint32_t i = 0; i < tier.weight_total(); ++i) ++then[turns.pick(tier, kAll)];
        EXPECT_NEAR(then[0], weights[0], 1);
    }
}

TEST(LeastConnections, TakesTheLeastLoadedForItsWeight) {
    struct Row {
        std::vector<std::uint16_t> weights;
        std::vector<std::uint32_t> active;
        std::size_t expected;
    };
    const Row rows[] = {
        {{1, 1, 1}, {3, 1, 2}, 1}, {{1, 1, 1}, {0, 5, 5}, 0}, {{10, 1}, {9, 1}, 0},  // 0.9 against 1
        {{10, 1}, {11, 1}, 1},                                                       // 1.1 against 1
        {{1, 100}, {0, 1}, 0},
    };
    for (const auto& row : rows) {
        const auto tier = tier_of(row.weights);
        for (std::size_t i = 0; i < row.active.size(); ++i) tier.peers[i]->active = row.active[i];
        for (std::size_t start = 0; start < tier.size(); ++start) {
            LeastConnections turns;
            turns.restart(start);
            EXPECT_EQ(turns.pick(tier, kAll), row.expected);
        }
    }
}

TEST(LeastConnections, RotatesAmongEquals) {
    const auto tier = tier_of({1, 1, 1, 1});
    LeastConnections turns;
    std::vector<int> got(4);
    for (int i = 0; i < 40; ++i) ++got[turns.pick(tier, kAll)];
    EXPECT_EQ(got, (std::vector<int>{10, 10, 10, 10}));
    EXPECT_EQ(turns.pick(tier, [](std::size_t index) { return index == 2; }), 2U);
    EXPECT_EQ(turns.pick(tier, [](std::size_t) { return false; }), kNoPeer);
}

TEST(LeastConnections, FillsByWeight) {
    const auto tier = tier_of({4, 2, 1, 1});
    LeastConnections turns;
    for (int i = 0; i < 80; ++i) ++tier.peers[turns.pick(tier, kAll)]->active;
    EXPECT_EQ(tier.peers[0]->active, 40U);
    EXPECT_EQ(tier.peers[1]->active, 20U);
    EXPECT_EQ(tier.peers[2]->active, 10U);
}

TEST(RandomTwo, NeverTakesTheMostLoaded) {
    const auto tier = tier_of({1, 1, 1, 1});
    tier.peers[2]->active = 100;
    Random random(5);
    for (int i = 0; i < 1000; ++i) EXPECT_NE(RandomTwo::pick(tier, random, kAll), 2U);
}

TEST(RandomTwo, FillsNearlyEvenly) {
    const auto tier = tier_of({1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
    Random random(11);
    for (int i = 0; i < 10'000; ++i) ++tier.peers[RandomTwo::pick(tier, random, kAll)]->active;
    // Drawing one at random would leave peers some 90 apart.
    for (const auto& each : tier.peers) EXPECT_NEAR(each->active.load(), 1000, 8);
}

TEST(RandomTwo, FillsByWeight) {
    const auto tier = tier_of({6, 3, 1});
    Random random(12);
    for (int i = 0; i < 10'000; ++i) ++tier.peers[RandomTwo::pick(tier, random, kAll)]->active;
    EXPECT_NEAR(tier.peers[0]->active.load(), 6000, 60);
    EXPECT_NEAR(tier.peers[1]->active.load(), 3000, 60);
}

TEST(RandomTwo, FindsTheOnlyOneThatMayServe) {
    std::vector<std::uint16_t> weights(200, 1);
    const auto tier = tier_of(weights);
    Random random(13);
    for (int i = 0; i < 50; ++i) EXPECT_EQ(RandomTwo::pick(tier, random, [](std::size_t index) { return index == 77; }), 77U);
    EXPECT_EQ(RandomTwo::pick(tier, random, [](std::size_t) { return false; }), kNoPeer);
    EXPECT_EQ(RandomTwo::pick(tier_of({1}), random, kAll), 0U);
    EXPECT_EQ(RandomTwo::pick(tier_of({}), random, kAll), kNoPeer);
}

std::vector<std::string> keys(int count) {
    std::vector<std::string> out;
    for (int i = 0; i < count; ++i) out.push_back("10." + std::to_string(i / 256) + ".7." + std::to_string(i % 256));
    return out;
}

Tier hashed(Tier tier) {
    tier.table = std::make_unique<HashTable>(tier);
    return tier;
}

std::string owner(const Tier& tier, std::string_view key) { return tier.peers[Hash::pick(tier, hash_key(key), 0, kAll)]->name; }

TEST(HashKey, IsTheSameEverywhere) {
    // Fixed, so that proxies of different builds agree. Little-endian machines only, like all that Weir runs on.
    EXPECT_EQ(hash_key(""), hash_key(std::string_view{}));
    EXPECT_NE(hash_key("a"), hash_key("b"));
    EXPECT_NE(hash_key("a"), hash_key(std::string_view("a\0", 2)));
    EXPECT_NE(hash_key("abcdefgh"), hash_key("abcdefghi"));
}

TEST(Hash, SharesFollowWeights) {
    for (const auto& weights : std::vector<std::vector<std::uint16_t>>{std::vector<std::uint16_t>(10, 1), {5, 3, 2}, {1, 9}}) {
        const auto tier = hashed(tier_of(weights));
        std::map<std::string, int> got;
        const auto all = keys(50'000);
        for (const auto& key : all) ++got[owner(tier, key)];
        for (std::size_t i = 0; i < weights.size(); ++i) {
            const double share = 50'000.0 * weights[i] / tier.weight_total();
            EXPECT_NEAR(got[tier.peers[i]->name], share, share * 0.1) << i << " of " << weights.size();
        }
    }
}

TEST(Hash, ANewPeerMovesItsShareAndNoMore) {
    const auto all = keys(40'000);
    for (const std::size_t count : {2U, 5U, 10U, 50U}) {
        const auto before = hashed(tier_of(std::vector<std::uint16_t>(count, 1)));
        const auto after = hashed(tier_of(std::vector<std::uint16_t>(count + 1, 1)));
        const auto newcomer = after.peers.back()->name;
        int moved = 0;
        for (const auto& key : all) {
            const auto now = owner(after, key);
            if (owner(before, key) == now) continue;
            ++moved;
            ASSERT_EQ(now, newcomer) << "a key moved between two peers that were there before";
        }
        const double share = 40'000.0 / static_cast<double>(count + 1);
        EXPECT_NEAR(moved, share, share * 0.15) << count;
    }
}

TEST(Hash, OrderOfPeersDoesNotMatter) {
    Tier forward;
    Tier backward;
    for (int i = 0; i < 7; ++i) forward.add(peer(i));
    for (int i = 6; i >= 0; --i) backward.add(peer(i));
    const auto a = hashed(std::move(forward));
    const auto b = hashed(std::move(backward));
    for (const auto& key : keys(500)) EXPECT_EQ(owner(a, key), owner(b, key));
}

TEST(Hash, KeysOfAPeerThatIsDownSpreadAndComeBack) {
    const auto tier = hashed(tier_of(std::vector<std::uint16_t>(5, 1)));
    const auto all = keys(10'000);
    std::map<std::size_t, int> taken;
    for (const auto& key : all) {
        const auto home = Hash::pick(tier, hash_key(key), 0, kAll);
        const auto now = Hash::pick(tier, hash_key(key), 0, [](std::size_t index) { return index != 3; });
        if (home == 3) ++taken[now];
        else ASSERT_EQ(home, now);
    }
    ASSERT_EQ(taken.size(), 4U);
    for (const auto& [index, count] : taken) EXPECT_NEAR(count, 500, 120) << index;
}

TEST(Hash, NoPeerGetsMoreThanItsBoundWhateverTheKeys) {
    for (const std::uint32_t bound : {100U, 125U, 200U}) {
        const auto tier = hashed(tier_of({1, 1, 1, 2}));
        const auto one_key = hash_key("the same client each time");
        for (int i = 0; i < 1000; ++i) ++tier.peers[Hash::pick(tier, one_key, bound, kAll)]->active;
        for (const auto& each : tier.peers) EXPECT_LE(each->active.load(), std::ceil(1000.0 * each->weight / 5 * bound / 100)) << bound;
    }
}

TEST(Hash, LittleTrafficIsNotTornApart) {
    const auto tier = hashed(tier_of(std::vector<std::uint16_t>(10, 1)));
    const auto key = hash_key("one browser");
    const auto home = Hash::pick(tier, key, 125, kAll);
    for (int i = 0; i < 6; ++i) {
        EXPECT_EQ(Hash::pick(tier, key, 125, kAll), home);
        ++tier.peers[home]->active;
    }
}

TEST(Hash, FindsTheOnlyOneThatMayServe) {
    const auto tier = hashed(tier_of(std::vector<std::uint16_t>(100, 1)));
    for (const auto& key : keys(50)) {
        EXPECT_EQ(Hash::pick(tier, hash_key(key), 125, [](std::size_t index) { return index == 42; }), 42U);
        EXPECT_EQ(Hash::pick(tier, hash_key(key), 125, [](std::size_t) { return false; }), kNoPeer);
    }
    EXPECT_EQ(Hash::pick(Tier{}, 1, 125, kAll), kNoPeer);
}

}  // namespace
}  // namespace weir::upstream
