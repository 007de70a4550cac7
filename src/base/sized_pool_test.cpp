#include "base/sized_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

namespace weir {
namespace {

struct RowsLimited {
    static constexpr std::size_t kPooledMax = 8 * 1024;
    static constexpr std::size_t kRowMax = 4 * 1024;
    static constexpr std::size_t kWaitingMax = 64 * 1024;
};
struct AllLimited {
    static constexpr std::size_t kPooledMax = 8 * 1024;
    static constexpr std::size_t kRowMax = 16 * 1024;
    static constexpr std::size_t kWaitingMax = 16 * 1024;
};

template <class Limits>
class SizedPoolTest : public testing::Test {
protected:
    using Pool = SizedPool<Limits>;

    void SetUp() override {
        if (kHasAddressSanitizer) GTEST_SKIP() << "nothing waits";
    }
};
using LimitsOfPools = testing::Types<RowsLimited, AllLimited>;
TYPED_TEST_SUITE(SizedPoolTest, LimitsOfPools);

TYPED_TEST(SizedPoolTest, WhatWentLastIsTakenFirst) {
    using Pool = typename TestFixture::Pool;
    auto* const a = Pool::take(1'000);
    auto* const b = Pool::take(1'000);
    Pool::give(a, 1'000);
    Pool::give(b, 1'000);
    // Another size of the same row.
    EXPECT_EQ(Pool::take(970), b);
    EXPECT_EQ(Pool::take(1'024), a);
    Pool::give(a, 1'024);
    Pool::give(b, 970);
}

// On a thread of its own, where nothing waits yet.
template <class Pool>
std::size_t waiting_after(int given, std::size_t octets) {
    std::size_t waiting = 0;
    std::thread([&] {
        std::vector<void*> taken;
        for (int i = 0; i < given; ++i) taken.push_back(Pool::take(octets));
        for (auto* memory : taken) Pool::give(memory, octets);
        waiting = Pool::waiting_octets();
    }).join();
    return waiting;
}

TEST(SizedPool, NoMoreWaitsThanItsRowAndAllMay) {
    const bool waits = !kHasAddressSanitizer;
    EXPECT_EQ(waiting_after<SizedPool<RowsLimited>>(3, 1'000), waits ? 3U * 1'024 : 0U);
    EXPECT_EQ(waiting_after<SizedPool<RowsLimited>>(20, 1'000), waits ? 4U * 1'024 : 0U);
    EXPECT_EQ(waiting_after<SizedPool<AllLimited>>(20, 1'000), waits ? 16U * 1'024 : 0U);
    EXPECT_EQ(waiting_after<SizedPool<AllLimited>>(5, 9'000), 0U) << "the allocator's";
}

TEST(SizedPool, AllSizesAreTakenAndGiven) {
    using Pool = SizedPool<RowsLimited>;
    for (const std::size_t octets : {1U, 63U, 64U, 65U, 8'191U, 8'192U, 8'193U, 100'000U}) {
        std::vector<void*> taken;
        for (int i = 0; i < 300; ++i) {
            taken.push_back(Pool::take(octets));
            std::memset(taken.back(), 'x', octets);
        }
        for (auto* memory : taken) Pool::give(memory, octets);
        EXPECT_GE(Pool::allocated_for(octets), octets);
        EXPECT_LT(Pool::allocated_for(octets), octets + Pool::kStep);
    }
}

TEST(SizedPool, AThreadThatEndsKeepsNone) {
    using Pool = SizedPool<AllLimited>;
    void* left = nullptr;
    std::thread([&] {
        left = Pool::take(100);
        Pool::give(Pool::take(100), 100);  // leaks, if the thread's end does not give it back
    }).join();
    std::memset(left, 'x', 100);
    Pool::give(left, 100);
}

}  // namespace
}  // namespace weir
