#include "observe/label_table.h"

#include <gtest/gtest.h>

namespace weir::observe {
namespace {

TEST(LabelTable, TheSameNameHasTheSameNumber) {
    LabelTable table;
    const auto first = table.take("shop", "10.0.0.1:80", 10);
    EXPECT_TRUE(first.is_new);
    EXPECT_NE(first.index, kOtherLabel);
    const auto again = table.take("shop", "10.0.0.1:80", 10);
    EXPECT_FALSE(again.is_new);
    EXPECT_EQ(again.index, first.index);
    EXPECT_NE(table.take("shop", "10.0.0.2:80", 10).index, first.index);
    // The border between both parts counts.
    EXPECT_NE(table.take("ab", "c", 10).index, table.take("a", "bc", 10).index);
    EXPECT_EQ(table[first.index].second, "10.0.0.1:80");
    EXPECT_EQ(table[kOtherLabel].first, "other");
}

TEST(LabelTable, FurtherNamesAreOther) {
    LabelTable table;
    EXPECT_EQ(table.take("a", "", 2).index, 1U);
    EXPECT_EQ(table.take("b", "", 2).index, 2U);
    const auto third = table.take("c", "", 2);
    EXPECT_EQ(third.index, kOtherLabel);
    EXPECT_FALSE(third.is_new);
    EXPECT_EQ(table.take("a", "", 2).index, 1U);
    EXPECT_EQ(table.take("c", "", 0).index, kOtherLabel);
    // A larger limit later helps those that come then.
    EXPECT_EQ(table.take("c", "", 3).index, 3U);
}

TEST(LabelTable, AReleasedPlaceIsTakenWhenThereIsNoOther) {
    LabelTable table;
    const auto a = table.take("a", "", 2).index;
    const auto b = table.take("b", "", 2).index;
    table.release(b);
    table.release(a);
    // Comes back before its place was needed: keeps its number.
    EXPECT_EQ(table.take("a", "", 2).index, a);
    table.release(a);
    // The one released first goes first.
    const auto c = table.take("c", "", 2);
    EXPECT_EQ(c.index, b);
    EXPECT_TRUE(c.is_new);
    EXPECT_EQ(table[b].first, "c");
    EXPECT_EQ(table.take("b", "", 2).index, a);
    EXPECT_EQ(table.take("a", "", 2).index, kOtherLabel);
}

TEST(LabelTable, UsesAreCounted) {
    LabelTable table;
    const auto a = table.take("a", "", 1).index;
    table.take("a", "", 1);
    table.release(a);
    EXPECT_EQ(table.take("b", "", 1).index, kOtherLabel);
    table.release(a);
    table.release(a);  // one too many does no harm
    table.release(kOtherLabel);
    table.release(77);
    EXPECT_EQ(table.take("b", "", 1).index, a);
}

TEST(LabelTable, OnlyTheLivingAreKept) {
    LabelTable table;
    const auto a = table.take("a", "", 2).index;
    const auto b = table.take("b", "", 2).index;
    table.take("b", "", 2);
    const LabelIndex living[] = {a, 99};
    table.keep_only(living);
    table.keep_only(living);
    EXPECT_EQ(table.take("c", "", 2).index, b);
    EXPECT_EQ(table.take("d", "", 2).index, kOtherLabel);
}

}  // namespace
}  // namespace weir::observe
