#include "cache/use_counts.h"

#include <gtest/gtest.h>

#include <memory>

namespace weir::cache {
namespace {

TEST(UseCounts, AreOfAKeyAndOfLate) {
    const auto counts = std::make_unique<UseCounts>();
    const TimePoint begin{std::chrono::hours(5)};
    const std::uint64_t one = 0x1234567800000001, of_its_cell = 0x8765432100000001, other = 0x1234567800000002;
    EXPECT_EQ(counts->note(one, begin), 1U);
    EXPECT_EQ(counts->note(one, begin), 2U);
    EXPECT_EQ(counts->count_of(one, begin), 2U);
    EXPECT_EQ(counts->count_of(other, begin), 0U);
    EXPECT_EQ(counts->note(other, begin), 1U);
    EXPECT_EQ(counts->note(one, begin + std::chrono::minutes(UseCounts::kMinutesKept)), 3U);
    EXPECT_EQ(counts->note(one, begin + std::chrono::minutes(2 * UseCounts::kMinutesKept + 1)), 1U);
    EXPECT_EQ(counts->note(of_its_cell, begin), 1U);
    EXPECT_EQ(counts->note(one, begin), 1U);
    for (unsigned i = 0; i < 2 * UseCounts::kCountMax; ++i) counts->note(other, begin);
    EXPECT_EQ(counts->note(other, begin), UseCounts::kCountMax);
}

}  // namespace
}  // namespace weir::cache
