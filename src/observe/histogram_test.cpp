#include "observe/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weir::observe {
namespace {

using namespace std::chrono_literals;

TEST(Histogram, BoundsAreInclusive) {
    for (std::size_t i = 0; i < kBucketBounds; ++i) {
        const auto bound = std::uint64_t{kBucketMicroseconds[i]} * 1000;
        EXPECT_EQ(Histogram::bucket_of(bound - 1), i) << kBucketNames[i];
        EXPECT_EQ(Histogram::bucket_of(bound), i) << kBucketNames[i];
        EXPECT_EQ(Histogram::bucket_of(bound + 1), i + 1) << kBucketNames[i];
        EXPECT_DOUBLE_EQ(std::stod(std::string(kBucketNames[i])), kBucketMicroseconds[i] / 1e6);
    }
    EXPECT_EQ(Histogram::bucket_of(0), 0U);
    EXPECT_EQ(Histogram::bucket_of(~std::uint64_t{0}), kBucketBounds);
}

TEST(Histogram, EveryWidthAgreesWithASearch) {
    for (std::uint64_t microseconds = 1; microseconds < 70'000'000; microseconds += microseconds / 7 + 1) {
        const auto* found = std::ranges::lower_bound(kBucketMicroseconds, microseconds);
        EXPECT_EQ(Histogram::bucket_of(microseconds * 1000), static_cast<std::size_t>(found - kBucketMicroseconds.begin())) << microseconds;
    }
}

TEST(Histogram, AddsUp) {
    Histogram one, two;
    one.record(1ms);
    one.record(2min);
    two.record(900us);
    two.record(-1s);
    HistogramTotal total;
    one.add_to(total);
    two.add_to(total);
    EXPECT_EQ(total.count(), 4U);
    EXPECT_EQ(total.buckets[0], 1U);
    EXPECT_EQ(total.buckets[1], 2U);
    EXPECT_EQ(total.buckets[kBucketBounds], 1U);
    EXPECT_EQ(total.nanoseconds, static_cast<std::uint64_t>(Duration(2min + 1900us).count()));
    one.clear();
    HistogramTotal after;
    one.add_to(after);
    EXPECT_EQ(after.count(), 0U);
}

}  // namespace
}  // namespace weir::observe
