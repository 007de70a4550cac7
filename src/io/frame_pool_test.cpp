#include "io/frame_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

#include "base/chunk.h"
#include "base/random.h"
#include "io/event.h"
#include "io/test_world.h"

namespace weir::io {
namespace {

struct Taken {
    void* memory;
    std::size_t octets;
    unsigned char mark;
};

void give_checked(const Taken& taken) {
    const auto* octets = static_cast<const unsigned char*>(taken.memory);
    for (std::size_t i = 0; i < taken.octets; ++i) ASSERT_EQ(octets[i], taken.mark) << "overlaps another frame";
    FramePool::give(taken.memory, taken.octets);
}

TEST(FramePoolTest, FramesDoNotOverlapAndAllReturn) {
    const auto before = FramePool::in_use();
    Random random(1);
    std::vector<Taken> taken;
    for (int i = 0; i < 20'000; ++i) {
        if (taken.size() < 300 && random.chance(0.52)) {
            const auto octets = 1 + random.below(random.chance(0.02) ? 3 * FramePool::kPooledMax : 700);
            const Taken one{FramePool::take(octets), octets, static_cast<unsigned char>(i)};
            ASSERT_EQ(reinterpret_cast<std::uintptr_t>(one.memory) % alignof(std::max_align_t), 0U);
            std::memset(one.memory, one.mark, octets);
            taken.push_back(one);
        } else if (!taken.empty()) {
            std::swap(taken[random.below(taken.size())], taken.back());
            give_checked(taken.back());
            taken.pop_back();
        }
        ASSERT_EQ(FramePool::in_use(), before + taken.size());
    }
    for (const auto& one : taken) give_checked(one);
    EXPECT_EQ(FramePool::in_use(), before);
}

TEST(FramePoolTest, CountsByThread) {
    auto* memory = FramePool::take(100);
    const auto here = FramePool::in_use();
    std::thread([] {
        EXPECT_EQ(FramePool::in_use(), 0U);
        FramePool::give(FramePool::take(100), 100);
    }).join();
    EXPECT_EQ(FramePool::in_use(), here);
    FramePool::give(memory, 100);
}

Task<> carry(Chunk chunk, int depth) {
    co_await yield();
    if (depth > 0) co_await carry(chunk, depth - 1);
}

Task<> carry_many() {
    Scope scope;
    for (int i = 0; i < 50; ++i) scope.spawn(carry(Chunk::take(Chunk::kSmall), i % 7));
    EXPECT_EQ(Chunk::in_use(), 50U);
    co_await scope.join();
}

TEST(FramePoolTest, ChunksAndFramesReturnToZero) {
    ASSERT_EQ(Chunk::in_use(), 0U);
    SimWorld world;
    EXPECT_TRUE(world.run(carry_many()));
    EXPECT_EQ(Chunk::in_use(), 0U);
    EXPECT_EQ(FramePool::in_use(), 0U);
}

}  // namespace
}  // namespace weir::io
