#include "tls/replay_record.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/random.h"

namespace weir::tls {
namespace {

using std::chrono::seconds;

using Octets = std::array<unsigned char, 32>;

Octets octets_of(Random& random) {
    Octets octets;
    for (auto& octet : octets) octet = static_cast<unsigned char>(random.below(256));
    return octets;
}

const TimePoint kStart = TimePoint() + seconds(1'000'000);

TEST(ReplayRecordTest, TakesEachOnceWithinTheWindow) {
    const ReplayRecord record;
    Random random(1);
    const auto one = octets_of(random);
    const auto other = octets_of(random);
    EXPECT_TRUE(record.is_first(one, kStart));
    EXPECT_TRUE(record.is_first(other, kStart + seconds(1)));
    for (int late = 0; late <= 15; late += 5) EXPECT_FALSE(record.is_first(one, kStart + seconds(late))) << late;
    // By then its ticket's age is wrong, and OpenSSL does not ask.
    EXPECT_TRUE(record.is_first(one, kStart + ReplayRecord::kWindow + seconds(1)));
}

TEST(ReplayRecordTest, ZeroIsARandomLikeOthers) {
    const ReplayRecord record;
    EXPECT_TRUE(record.is_first(Octets{}, kStart));
    EXPECT_FALSE(record.is_first(Octets{}, kStart));
}

TEST(ReplayRecordTest, TheClocksWrapIsNoTrouble) {
    const ReplayRecord record;
    const auto at = TimePoint() + seconds(0xffff);
    EXPECT_TRUE(record.is_first(Octets{1}, at));
    EXPECT_FALSE(record.is_first(Octets{1}, at + seconds(2)));
}

TEST(ReplayRecordTest, IsClosedAtFirstWhereOldTicketsMayCome) {
    const ReplayRecord record(kStart + seconds(15));
    EXPECT_FALSE(record.is_first(Octets{1}, kStart));
    EXPECT_TRUE(record.is_first(Octets{1}, kStart + seconds(15)));
}

TEST(ReplayRecordTest, WhatFindsNoPlaceIsRefusedAndNothingIsForgotten) {
    const ReplayRecord record;
    Random random(2);
    std::vector<Octets> taken;
    std::size_t refused = 0;
    for (std::size_t i = 0; i < 2 * ReplayRecord::kPlaces; ++i) {
        const auto one = octets_of(random);
        if (record.is_first(one, kStart)) taken.push_back(one);
        else ++refused;
    }
    EXPECT_LE(taken.size(), ReplayRecord::kPlaces);
    EXPECT_GT(taken.size(), ReplayRecord::kPlaces * 9 / 10);
    EXPECT_GT(refused, 0U);
    for (const auto& one : taken) ASSERT_FALSE(record.is_first(one, kStart + seconds(10)));
    EXPECT_TRUE(record.is_first(octets_of(random), kStart + seconds(30))) << "old ones make room";
}

TEST(ReplayRecordTest, WorkersThatAskAtOnceAreNeverBothTold) {
    const ReplayRecord record;
    constexpr std::size_t kRandoms = 20'000;
    std::vector<Octets> all;
    Random random(3);
    for (std::size_t i = 0; i < kRandoms; ++i) all.push_back(octets_of(random));
    std::vector<std::atomic<int>> firsts(kRandoms);
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
        threads.emplace_back([&, t] {
            // Their clocks differ a little: what is old for one is not for another.
            for (std::size_t i = 0; i < kRandoms; ++i)
                if (record.is_first(all[i], kStart + seconds(t))) ++firsts[i];
        });
    for (auto& thread : threads) thread.join();
    for (const auto& count : firsts) ASSERT_LE(count.load(), 1);
}

}  // namespace
}  // namespace weir::tls
