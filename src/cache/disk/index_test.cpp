#include "cache/disk/index.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace weir::cache {
namespace {

std::vector<DiskPlace> found(const DiskIndex& index, std::uint64_t hash) {
    DiskIndex::Candidates places;
    index.find(hash, places);
    return {places.all().begin(), places.all().end()};
}

TEST(DiskIndex, FindsPlacesWithSizesRoundedUpALittle) {
    DiskIndex index;
    for (std::uint32_t octets : {1U, 16U, 100U, 128U, 129U, 4096U, 5000U, 65'537U, 1'000'000U, 200'000'000U}) {
        index.put(octets * 0x9e3779b97f4a7c15U, {.segment = 7, .identity = 3, .offset = 160, .octets_max = octets});
        const auto places = found(index, octets * 0x9e3779b97f4a7c15U);
        ASSERT_EQ(places.size(), 1U);
        EXPECT_EQ(places[0].segment, 7);
        EXPECT_EQ(places[0].identity, 3);
        EXPECT_EQ(places[0].offset, 160U);
        EXPECT_GE(places[0].octets_max, octets);
        EXPECT_LE(places[0].octets_max, octets + octets / 8 + 16);
    }
    EXPECT_EQ(index.objects(), 10U);
}

TEST(DiskIndex, ANewerOneOfTheSameIdentityTakesThePlace) {
    DiskIndex index;
    index.put(1, {.segment = 1, .identity = 0, .offset = 32, .octets_max = 64});
    index.put(1, {.segment = 1, .identity = 5, .offset = 96, .octets_max = 64});
    index.put(1, {.segment = 2, .identity = 0, .offset = 32, .octets_max = 64});
    EXPECT_EQ(found(index, 1).size(), 2U);
    EXPECT_EQ(index.objects(), 2U);
    EXPECT_FALSE(index.has(1, {.segment = 1, .offset = 32}));
    EXPECT_TRUE(index.has(1, {.segment = 2, .offset = 32}));
    EXPECT_EQ(index.remove_all(1), 2U);
    EXPECT_FALSE(index.has_any(1));
}

TEST(DiskIndex, ASegmentGoesAndTellsWhatWasUsedOfIt) {
    DiskIndex index;
    for (std::uint32_t i = 1; i <= 1000; ++i)
        index.put(i * 0x9e3779b97f4a7c15U,
                  {.segment = static_cast<std::uint16_t>(i % 2), .identity = 0, .offset = i * 32, .octets_max = 32});
    for (std::uint32_t i = 1; i <= 1000; i += 100)  // odd ones
        index.mark_used(i * 0x9e3779b97f4a7c15U, {.segment = 1, .offset = i * 32});
    EXPECT_EQ(index.remove_segment(1).size(), 10U);
    EXPECT_EQ(index.objects(), 500U);
    EXPECT_TRUE(index.remove_segment(0).empty());
    EXPECT_EQ(index.objects(), 0U);
}

// The same as a plain set, whatever is put and removed.
TEST(DiskIndex, BehavesAsASet) {
    std::mt19937_64 random(1);  // NOLINT(cert-msc51-cpp): the same each time
    DiskIndex index;
    std::set<std::pair<std::uint64_t, std::uint32_t>> oracle;
    for (int step = 0; step < 200'000; ++step) {
        const auto hash = (random() % 5000) * 0x9e3779b97f4a7c15U;
        const auto offset = static_cast<std::uint32_t>(1 + random() % 4) * 32;
        const DiskPlace place{.segment = 1, .identity = static_cast<std::uint16_t>(offset), .offset = offset, .octets_max = 32};
        if (random() % 3 != 0) index.put(hash, place), oracle.emplace(hash, offset);
        else index.remove(hash, place), oracle.erase({hash, offset});
    }
    EXPECT_EQ(index.objects(), oracle.size());
    for (const auto& [hash, offset] : oracle) EXPECT_TRUE(index.has(hash, {.segment = 1, .offset = offset}));
}

TEST(DiskIndex, TakesAtMost32OctetsAnObject) {
    DiskIndex index;
    std::mt19937_64 random(2);  // NOLINT(cert-msc51-cpp): the same each time
    for (std::uint32_t i = 1; i <= 300'000; ++i) {
        index.put(random(), {.segment = 1, .identity = 0, .offset = i * 16, .octets_max = 1024});
        const bool is_looked_at = i >= 10'000 && (i % 1000 == 0);
        if (is_looked_at) ASSERT_LE(index.octets(), index.objects() * 32) << i;
    }
    EXPECT_GT(index.objects(), 299'900U);  // tags of 40 bits meet seldom
}

}  // namespace
}  // namespace weir::cache
