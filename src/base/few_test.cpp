#include "base/few.h"

#include <gtest/gtest.h>

#include "base/chunk.h"

namespace weir {
namespace {

TEST(Few, AreThereInTheOrderTheyCame) {
    Few<int, 3> numbers;
    EXPECT_TRUE(numbers.empty());
    for (const int number : {7, 8, 9}) numbers.add(number);
    EXPECT_TRUE(numbers.is_full());
    ASSERT_EQ(numbers.size(), 3U);
    EXPECT_EQ(numbers.all()[0], 7);
    EXPECT_EQ(numbers.all()[2], 9);
}

TEST(Few, LetGoWhenTheyAreClearedAndAtTheEnd) {
    const auto before = Chunk::in_use();
    {
        Few<Piece, 8> pieces;
        for (int i = 0; i < 3; ++i) pieces.add({.octets = "x", .owner = Chunk::take(1)});
        EXPECT_EQ(Chunk::in_use(), before + 3);
        pieces.clear();
        EXPECT_EQ(Chunk::in_use(), before);
        pieces.add({.octets = "y", .owner = Chunk::take(1)});
    }
    EXPECT_EQ(Chunk::in_use(), before);
}

}  // namespace
}  // namespace weir
