#include "cache/blocks.h"

#include <gtest/gtest.h>

namespace weir::cache {
namespace {

TEST(Blocks, WhatOneReallyTakesIsWhatTheAllocatorGives) {
    EXPECT_EQ(Blocks::footprint_of(1), footprint(64));
    EXPECT_EQ(Blocks::footprint_of(65), footprint(128));
    EXPECT_EQ(Blocks::footprint_of(8 * 1024), footprint(8 * 1024));
    EXPECT_EQ(Blocks::footprint_of(8 * 1024 + 1), footprint(8 * 1024 + 1));
}

}  // namespace
}  // namespace weir::cache
