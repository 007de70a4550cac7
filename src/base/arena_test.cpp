#include "base/arena.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace weir {
namespace {

TEST(Arena, GivesAlignedMemoryThatDoesNotOverlap) {
    Arena arena;
    struct Block {
        char* at;
        std::size_t size;
        char mark;
    };
    std::vector<Block> blocks;
    for (std::size_t i = 0; i < 2000; ++i) {
        const auto size = i * 7 % 300 + 1;
        const auto alignment = std::size_t{1} << (i % 5);
        auto* at = static_cast<char*>(arena.allocate(size, alignment));
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(at) % alignment, 0U);
        blocks.push_back({at, size, static_cast<char>(i)});
        std::memset(at, blocks.back().mark, size);
    }
    for (const auto& block : blocks) EXPECT_EQ(std::string_view(block.at, block.size), std::string(block.size, block.mark));
}

TEST(Arena, GivesBlocksOfAnySize) {
    Arena arena;
    for (const std::size_t size :
         {Chunk::kSmall - 16, Chunk::kSmall, Chunk::kSmall + 1, Chunk::kLarge, Chunk::kLarge * 3, std::size_t{1}}) {
        auto* at = static_cast<char*>(arena.allocate(size));
        std::memset(at, 'x', size);
    }
    EXPECT_GT(arena.used(), Chunk::kLarge * 4);
}

TEST(Arena, GivesEverythingBack) {
    const auto before = Chunk::in_use();
    {
        Arena arena;
        EXPECT_EQ(Chunk::in_use(), before);
        for (int i = 0; i < 100; ++i) arena.allocate(1000);
        EXPECT_GT(Chunk::in_use(), before);
        arena.reset();
        EXPECT_EQ(Chunk::in_use(), before);
        EXPECT_EQ(arena.used(), 0U);
        arena.allocate(1);
        EXPECT_EQ(Chunk::in_use(), before + 1);
    }
    EXPECT_EQ(Chunk::in_use(), before);
}

TEST(Arena, MakesObjects) {
    Arena arena;
    struct Point {
        int x;
        int y;
    };
    arena.allocate(1, 1);
    const auto* point = arena.make<Point>(1, 2);
    EXPECT_EQ(point->x, 1);
    EXPECT_EQ(point->y, 2);
    const auto numbers = arena.make_array<std::uint64_t>(1000);
    EXPECT_EQ(numbers.size(), 1000U);
    for (auto& number : numbers) number = 7;
    EXPECT_EQ(point->y, 2);
}

TEST(Arena, CopiesAndJoinsText) {
    Arena arena;
    std::string text = "hello";
    const auto copy = arena.copy(text);
    text = "HELLO";
    EXPECT_EQ(copy, "hello");
    EXPECT_EQ(arena.copy(""), "");
    EXPECT_EQ(arena.concat({"a", "", "bc", copy}), "abchello");
    EXPECT_EQ(arena.concat({}), "");
    EXPECT_EQ(arena.concat({"", ""}), "");
}

}  // namespace
}  // namespace weir
