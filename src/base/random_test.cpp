#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace weir {
namespace {

TEST(Random, RepeatsFromItsSeed) {
    Random first(42), second(42), other(43);
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
        const auto number = first.next();
        EXPECT_EQ(number, second.next());
        differs = differs || number != other.next();
    }
    EXPECT_TRUE(differs);
}

TEST(Random, StaysBelowItsBound) {
    Random random(1);
    for (const std::uint64_t bound : {1ULL, 2ULL, 10ULL, 1'000'000'007ULL, ~0ULL})
        for (int i = 0; i < 1000; ++i) EXPECT_LT(random.below(bound), bound);
    EXPECT_EQ(random.below(1), 0U);
}

// With a fixed seed this is a fact, not a chance.
TEST(Random, SpreadsEvenly) {
    Random random(7);
    std::array<int, 10> counts{};
    for (int i = 0; i < 100'000; ++i) ++counts[random.below(counts.size())];
    for (const auto count : counts) EXPECT_NEAR(count, 10'000, 500);
    int hits = 0;
    for (int i = 0; i < 100'000; ++i) hits += random.chance(0.25) ? 1 : 0;
    EXPECT_NEAR(hits, 25'000, 700);
    EXPECT_FALSE(random.chance(0));
    EXPECT_TRUE(random.chance(1));
}

TEST(Random, ServesTheStandardLibrary) {
    Random random(3);
    std::array<int, 8> numbers{0, 1, 2, 3, 4, 5, 6, 7};
    std::ranges::shuffle(numbers, random);
    EXPECT_FALSE(std::ranges::is_sorted(numbers));
    std::ranges::sort(numbers);
    EXPECT_EQ(numbers[7], 7);
}

TEST(Secret, DiffersEachTime) {
    std::array<std::uint8_t, 32> first{}, second{};
    secret_octets(first);
    secret_octets(second);
    EXPECT_NE(first, second);
    EXPECT_NE(secret_seed(), secret_seed());
    secret_octets({});
}

}  // namespace
}  // namespace weir
