#include "upstream/eject.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weir::upstream {
namespace {

struct World {
    explicit World(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            const net::Address address{.ip = {.family = net::Family::ipv4, .octets = {10, 0, 0, static_cast<std::uint8_t>(i)}}, .port = 80};
            peers.push_back(make_ref<Peer>(address, address.text(), std::uint16_t{1}, false, 0U));
        }
        set = make_ref<const PeerSet>(peers, false);
    }
    void fail(std::size_t index, int times = 1) {
        while (times-- > 0) ejector.failed(*peers[index], *set, now, "test");
    }
    void succeed(std::size_t index) { ejector.succeeded(*peers[index], now); }
    bool is_out(std::size_t index) const { return !peers[index]->may_serve(now); }
    std::size_t out() const {
        return static_cast<std::size_t>(std::ranges::count_if(peers, [&](auto& peer) { return !peer->may_serve(now); }));
    }

    EjectOptions options{.failures = 3, .base_time = 10s, .time_max = 60s, .share_max_percent = 50};
    std::vector<Ref<Peer>> peers;
    Ref<const PeerSet> set;
    Ejector ejector{options, "group"};
    TimePoint now{std::chrono::hours(1)};
};

TEST(Ejector, TimesDouble) {
    const EjectOptions options{.base_time = 10s, .time_max = 60s};
    const std::chrono::seconds expected[] = {10s, 20s, 40s, 60s, 60s};
    for (std::uint32_t i = 0; i < std::size(expected); ++i) EXPECT_EQ(Ejector::time_of(options, i), expected[i]) << i;
    EXPECT_EQ(Ejector::time_of(options, 4'000'000'000U), 60s);
}

TEST(Ejector, CountsFailuresInARow) {
    World world(4);
    world.fail(0, 2);
    EXPECT_FALSE(world.is_out(0));
    world.succeed(0);
    world.fail(0, 2);
    EXPECT_FALSE(world.is_out(0));
    world.fail(0);
    EXPECT_TRUE(world.is_out(0));
    EXPECT_EQ(world.peers[0]->ejections, 1U);
    world.now += 10s;
    EXPECT_FALSE(world.is_out(0));
}

TEST(Ejector, ComesBackOnTrialAndStaysAwayLonger) {
    World world(4);
    world.fail(0, 3);
    world.now += 10s;
    world.fail(0);  // the first failure
    EXPECT_TRUE(world.is_out(0));
    world.now += 19s;
    EXPECT_TRUE(world.is_out(0));
    world.now += 1s;
    EXPECT_FALSE(world.is_out(0));
    world.succeed(0);  // trusted again: three failures
    world.fail(0, 2);
    EXPECT_FALSE(world.is_out(0));
}

TEST(Ejector, GoodTimesShortenTheNextEjection) {
    World world(4);
    for (int i = 0; i < 3; ++i) {
        world.fail(0, 3);
        ASSERT_TRUE(world.is_out(0));
        world.now += 60s;
    }
    EXPECT_EQ(world.peers[0]->ejections_in_a_row, 3U);
    world.now += 20s;  // as long after the end of the last one, 40 s, as it was
    world.succeed(0);
    EXPECT_EQ(world.peers[0]->ejections_in_a_row, 2U);
    world.succeed(0);
    EXPECT_EQ(world.peers[0]->ejections_in_a_row, 2U) << "only as time goes by";
    for (int i = 0; i < 10; ++i) {
        world.now += 40s;
        world.succeed(0);
    }
    EXPECT_EQ(world.peers[0]->ejections_in_a_row, 0U);
    world.fail(0, 3);
    world.now += 10s;
    EXPECT_FALSE(world.is_out(0));
}

TEST(Ejector, NeverMoreThanTheShare) {
    struct Row {
        std::size_t peers;
        std::uint16_t percent;
        std::size_t out;
    };
    for (const auto& row : {Row{1, 50, 0}, Row{1, 100, 0}, Row{2, 50, 1}, Row{3, 50, 1}, Row{4, 50, 2}, Row{10, 50, 5}, Row{10, 30, 3},
                            Row{3, 30, 0}, Row{3, 100, 3}, Row{4, 0, 0}}) {
        World world(row.peers);
        world.options.share_max_percent = row.percent;
        for (std::size_t i = 0; i < row.peers; ++i) world.fail(i, 10);
        EXPECT_EQ(world.out(), row.out) << row.peers << " at " << row.percent;
    }
}

TEST(Ejector, WhoIsDownCountsInTheShare) {
    World world(4);
    world.peers[0]->is_down = world.peers[1]->is_down = true;
    world.fail(2, 10);
    EXPECT_FALSE(world.is_out(2));
}

TEST(Ejector, WhatBeganBeforeTheEjectionProvesNothing) {
    World world(4);
    world.fail(0, 3);
    world.succeed(0);
    EXPECT_TRUE(world.is_out(0));
}

TEST(Ejector, ATrialDecides) {
    World world(2);
    world.options.share_max_percent = 100;
    world.fail(0, 3);
    world.now += 1s;
    world.fail(1, 3);
    world.peers[0]->is_on_trial = true;
    world.now += 5s;
    world.fail(0);  // behind the other one in the order of trials
    EXPECT_GT(world.peers[0]->ejected_until.load(), world.peers[1]->ejected_until.load());
    EXPECT_EQ(world.peers[0]->ejections, 1U);
    world.succeed(0);
    EXPECT_FALSE(world.is_out(0));
}

TEST(Ejector, OffIsOff) {
    World world(4);
    world.options.failures = 0;
    world.fail(0, 100);
    EXPECT_FALSE(world.is_out(0));
}

}  // namespace
}  // namespace weir::upstream
