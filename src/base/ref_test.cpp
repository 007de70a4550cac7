#include "base/ref.h"

#include <gtest/gtest.h>

#include <thread>
#include <utility>
#include <vector>

namespace weir {
namespace {

struct Thing : Counted {
    explicit Thing(std::atomic<int>& living) : living_(living) { ++living_; }
    ~Thing() { --living_; }
    std::atomic<int>& living_;
};

TEST(Ref, LastOneDeletes) {
    std::atomic<int> living = 0;
    auto first = make_ref<Thing>(living);
    {
        const Ref<Thing> second = first;
        EXPECT_EQ(first, second);
        first = Ref<Thing>{};
        EXPECT_FALSE(first);
        EXPECT_EQ(living, 1);
    }
    EXPECT_EQ(living, 0);
}

TEST(Ref, MovesWithoutCounting) {
    std::atomic<int> living = 0;
    auto first = make_ref<Thing>(living);
    auto* raw = first.raw();
    auto second = std::move(first);
    EXPECT_EQ(second.raw(), raw);
    EXPECT_EQ(living, 1);
    second = make_ref<Thing>(living);
    EXPECT_EQ(living, 1);
}

TEST(Ref, SelfAssignmentKeepsIt) {
    std::atomic<int> living = 0;
    auto one = make_ref<Thing>(living);
    auto& same = one;
    one = same;
    EXPECT_TRUE(one);
    EXPECT_EQ(living, 1);
}

TEST(Ref, ThreadsShareIt) {
    std::atomic<int> living = 0;
    {
        const auto shared = make_ref<Thing>(living);
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([copy = shared] {
                for (int n = 0; n < 1000; ++n) {
                    const Ref<Thing> again = copy;
                    ASSERT_TRUE(again);
                }
            });
        for (auto& thread : threads) thread.join();
        EXPECT_EQ(living, 1);
    }
    EXPECT_EQ(living, 0);
}

}  // namespace
}  // namespace weir
