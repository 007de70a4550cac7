#include "cache/blocks.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

#include "base/sanitizers.h"

namespace weir::cache {
namespace {

TEST(Blocks, WhatWentLastIsTakenFirst) {
    if (kHasAddressSanitizer) GTEST_SKIP() << "nothing waits";
    auto* const a = Blocks::take(1'000);
    auto* const b = Blocks::take(1'000);
    Blocks::give(a, 1'000);
    Blocks::give(b, 1'000);
    // Another size of the same row.
    EXPECT_EQ(Blocks::take(970), b);
    EXPECT_EQ(Blocks::take(1'024), a);
    Blocks::give(a, 1'024);
    Blocks::give(b, 970);
}

TEST(Blocks, AllSizesAreTakenAndGiven) {
    for (const std::size_t octets : {1U, 63U, 64U, 65U, 8'191U, 8'192U, 8'193U, 100'000U}) {
        std::vector<void*> taken;
        for (int i = 0; i < 300; ++i) {
            taken.push_back(Blocks::take(octets));
            std::memset(taken.back(), 'x', octets);
        }
        for (auto* block : taken) Blocks::give(block, octets);
        EXPECT_GE(Blocks::footprint_of(octets), octets);
        EXPECT_LE(Blocks::footprint_of(octets), octets + 64 + 24);
    }
}

TEST(Blocks, AThreadThatEndsKeepsNone) {
    void* left = nullptr;
    std::thread([&] {
        left = Blocks::take(100);
        Blocks::give(Blocks::take(100), 100);  // leaks, if the thread's end does not give it back
    }).join();
    std::memset(left, 'x', 100);
    Blocks::give(left, 100);
}

}  // namespace
}  // namespace weir::cache
