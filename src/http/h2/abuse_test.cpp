#include "http/h2/abuse.h"

#include <gtest/gtest.h>

#include <set>

namespace weir::http::h2 {
namespace {

using std::chrono::seconds;

const TimePoint kBegin = TimePoint{} + seconds(1000);

int spend_all(AbuseBudgets& budgets, Abuse kind, TimePoint now) {
    int times = 0;
    while (times < 1'000'000 && budgets.spend(kind, now)) ++times;
    return times;
}

TEST(Abuse, EachKindHasAWord) {
    std::set<std::string_view> words;
    for (std::size_t i = 0; i < kAbuses; ++i) words.insert(word_of(static_cast<Abuse>(i)));
    EXPECT_EQ(words.size(), kAbuses);
    EXPECT_FALSE(words.contains(""));
}

TEST(Abuse, ABudgetIsUsedUpAndFillsWithTime) {
    const struct {
        Abuse kind;
        int burst;
        int a_second;
    } kRows[] = {{Abuse::rapid_reset, 200, 20}, {Abuse::provoked_reset, 50, 5},  {Abuse::settings, 50, 1},
                 {Abuse::ping, 500, 50},        {Abuse::priority, 1000, 50},     {Abuse::window_update, 5000, 1000},
                 {Abuse::empty_frame, 100, 10}, {Abuse::unknown_frame, 200, 10}, {Abuse::tiny_window, 1000, 100},
                 {Abuse::continuation, 0, 0},   {Abuse::header_bomb, 0, 0},      {Abuse::slow_header, 0, 0}};
    for (const auto& row : kRows) {
        SCOPED_TRACE(word_of(row.kind));
        AbuseBudgets budgets(kBegin);
        EXPECT_EQ(spend_all(budgets, row.kind, kBegin), row.burst);
        EXPECT_EQ(spend_all(budgets, row.kind, kBegin + seconds(2)), 2 * row.a_second);
        EXPECT_EQ(spend_all(budgets, row.kind, kBegin + seconds(100'000)), row.burst) << "never more than at first";
    }
}

TEST(Abuse, KindsHaveBudgetsOfTheirOwn) {
    AbuseBudgets budgets(kBegin);
    spend_all(budgets, Abuse::ping, kBegin);
    EXPECT_TRUE(budgets.spend(Abuse::settings, kBegin));
}

TEST(Abuse, UsefulWorkEarns) {
    AbuseBudgets budgets(kBegin);
    for (const auto kind : {Abuse::rapid_reset, Abuse::ping, Abuse::window_update, Abuse::tiny_window, Abuse::provoked_reset})
        spend_all(budgets, kind, kBegin);
    budgets.stream_served();
    EXPECT_EQ(spend_all(budgets, Abuse::rapid_reset, kBegin), 1);
    EXPECT_EQ(spend_all(budgets, Abuse::provoked_reset, kBegin), 0);
    spend_all(budgets, Abuse::window_update, kBegin);
    budgets.frame_sent(10);
    EXPECT_EQ(spend_all(budgets, Abuse::tiny_window, kBegin), 0) << "a tiny frame is no useful work";
    EXPECT_EQ(spend_all(budgets, Abuse::window_update, kBegin), 4);
    budgets.frame_sent(16'384);
    EXPECT_EQ(spend_all(budgets, Abuse::tiny_window, kBegin), 1);
}

}  // namespace
}  // namespace weir::http::h2
