#include "base/chunk.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace weir {
namespace {

TEST(Chunk, HasOneOfThreeSizesOrItsOwn) {
    const struct {
        std::size_t wanted, size;
    } rows[] = {{0, Chunk::kSmall},
                {1, Chunk::kSmall},
                {Chunk::kSmall, Chunk::kSmall},
                {Chunk::kSmall + 1, Chunk::kMedium},
                {Chunk::kMedium, Chunk::kMedium},
                {Chunk::kMedium + 1, Chunk::kLarge},
                {Chunk::kLarge, Chunk::kLarge},
                {Chunk::kLarge + 1, Chunk::kLarge + 1}};
    for (const auto& row : rows) {
        const auto chunk = Chunk::take(row.wanted);
        ASSERT_TRUE(chunk);
        EXPECT_EQ(chunk.size(), row.size);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(chunk.data()) % 16, 0U);
        std::memset(chunk.data(), 'x', chunk.size());
    }
}

TEST(Chunk, LivesAsLongAsSomebodyHoldsIt) {
    const auto before = Chunk::in_use();
    Chunk empty;
    EXPECT_FALSE(empty);
    EXPECT_EQ(empty.size(), 0U);
    EXPECT_FALSE(empty.is_shared());
    {
        auto first = Chunk::take(10);
        EXPECT_FALSE(first.is_shared());
        EXPECT_EQ(Chunk::in_use(), before + 1);
        {
            const Chunk second = first;  // NOLINT(performance-unnecessary-copy-initialization)
            EXPECT_TRUE(first.is_shared());
            EXPECT_EQ(second.data(), first.data());
        }
        EXPECT_FALSE(first.is_shared());
        const Chunk third = std::move(first);
        EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move)
        EXPECT_TRUE(third);
        EXPECT_EQ(Chunk::in_use(), before + 1);
        empty = third;
    }
    EXPECT_EQ(Chunk::in_use(), before + 1);
    empty.reset();
    EXPECT_FALSE(empty);
    EXPECT_EQ(Chunk::in_use(), before);
    empty.reset();
    EXPECT_EQ(Chunk::in_use(), before);
}

TEST(Chunk, IsTakenAgain) {
    auto first = Chunk::take(1);
    const auto* where = first.data();
    first.reset();
    EXPECT_EQ(Chunk::take(1).data(), where);
    // Another size comes from another list.
    EXPECT_NE(Chunk::take(Chunk::kLarge).data(), where);
}

TEST(Chunk, PoolIsBounded) {
    std::vector<Chunk> all;
    const auto count = Chunk::kPooledOctetsMax / Chunk::kLarge + 10;
    for (std::size_t i = 0; i < count; ++i) all.push_back(Chunk::take(Chunk::kLarge));
    EXPECT_GE(Chunk::in_use(), count);
    all.clear();
    EXPECT_EQ(Chunk::in_use(), 0U);
    // What went back to the allocator can be had again.
    for (std::size_t i = 0; i < count; ++i) all.push_back(Chunk::take(Chunk::kLarge));
    EXPECT_EQ(Chunk::in_use(), count);
}

TEST(Chunk, LendsWhatOthersOwn) {
    int back = 0;
    const auto in_use = Chunk::in_use();
    {
        const auto lent = Chunk::lend(&back, [](void* thing) { ++*static_cast<int*>(thing); });
        const Chunk copy = lent;
        EXPECT_TRUE(copy.is_shared());
        EXPECT_EQ(lent.size(), 0U);
        EXPECT_EQ(Chunk::in_use(), in_use + 1);
        const auto another = Chunk::lend(&back, [](void* thing) { ++*static_cast<int*>(thing); });
        EXPECT_EQ(back, 0);
    }
    EXPECT_EQ(back, 2);
    EXPECT_EQ(Chunk::in_use(), in_use);
}

TEST(Piece, IsEmptyOrNot) {
    const Piece none;
    EXPECT_TRUE(none.empty());
    const Piece text{.octets = "abc"};
    EXPECT_EQ(text.size(), 3U);
    EXPECT_FALSE(text.owner);
}

}  // namespace
}  // namespace weir
