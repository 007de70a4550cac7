#include "acme/schedule.h"

#include <gtest/gtest.h>

#include "acme/encoding.h"

namespace weir::acme {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

const WallTime kBegin = *parse_time("2026-01-01T00:00:00Z");

Leaf leaf_of(Duration life) {
    return {.names = {"a.example"}, .not_before = kBegin, .not_after = kBegin + life, .serial = "1", .issuer = {}, .ari_id = {}};
}

TEST(Schedule, TwoThirdsOfTheLife) {
    struct Row {
        Duration life;
        double draw;
        Duration age;
    };
    for (const auto& row : {Row{days(90), 0, days(60)}, Row{days(90), 1, days(63)}, Row{days(6), 0, days(4)}, Row{90s, 0, 60s}})
        EXPECT_NEAR(std::chrono::duration<double>(renewal_time(leaf_of(row.life), {}, row.draw) - kBegin - row.age).count(), 0, 1e-3);
}

TEST(Schedule, InsideTheWindow) {
    const RenewalWindow window{.start = kBegin + days(30), .end = kBegin + days(32), .explanation_url = {}};
    EXPECT_EQ(renewal_time(leaf_of(days(90)), window, 0), window.start);
    EXPECT_EQ(renewal_time(leaf_of(days(90)), window, 0.5), kBegin + days(31));
    // A CA that suggests a time after the end is not followed over the edge.
    const RenewalWindow late{.start = kBegin + days(95), .end = kBegin + days(99), .explanation_url = {}};
    EXPECT_LT(renewal_time(leaf_of(days(90)), late, 0.5), kBegin + days(86));
}

TEST(Schedule, TheDrawIsTheSameForTheSame) {
    EXPECT_EQ(draw_of("a"), draw_of("a"));
    EXPECT_NE(draw_of("a"), draw_of("b"));
    double least = 1, most = 0;
    for (int i = 0; i < 1000; ++i) {
        const auto draw = draw_of(std::to_string(i));
        least = std::min(least, draw), most = std::max(most, draw);
    }
    EXPECT_GE(least, 0);
    EXPECT_LT(most, 1);
    EXPECT_LT(least, 0.01);
    EXPECT_GT(most, 0.99);
}

TEST(Schedule, BacksOff) {
    struct Row {
        std::uint32_t failures;
        std::optional<Duration> asked;
        Duration left, least, most;
    };
    for (const auto& row : {Row{1, {}, {}, 105s, 135s}, Row{2, {}, {}, 210s, 270s}, Row{5, {}, {}, 28min, 36min},
                            Row{50, {}, {}, 315min, 405min}, Row{4'000'000'000, {}, {}, 315min, 405min}, Row{1, 1h, {}, 1h, 1h},
                            Row{50, 1s, {}, 315min, 405min}, Row{50, {}, 6h, 52min, 68min}, Row{50, {}, 1min, 105s, 135s}}) {
        for (const double chance : {0.0, 0.5, 0.999}) {
            const auto wait = back_off(row.failures, row.asked, row.left, chance);
            EXPECT_GE(wait, row.least) << row.failures;
            EXPECT_LE(wait, row.most) << row.failures;
        }
    }
}

TEST(Schedule, FiveTriesInTheFirstHour) {
    Duration passed{};
    std::uint32_t tries = 1;
    while (passed < 1h) passed += back_off(tries++, {}, {}, 0.5);
    EXPECT_LE(tries - 1, 5U) << "Let's Encrypt takes five failures an hour for a name";
}

TEST(Schedule, AsksForTheWindowAgain) {
    EXPECT_EQ(ask_window_again({}), 6h);
    EXPECT_EQ(ask_window_again(Duration(1s)), 1min);
    EXPECT_EQ(ask_window_again(Duration(days(7))), 24h);
}

TEST(Schedule, CountsDown) {
    struct Row {
        Duration left;
        std::string_view text;
    };
    for (const auto& row : {Row{days(12) + 3h, "12 days"}, Row{47h, "47 hours"}, Row{90min, "90 minutes"}, Row{61s, "61 seconds"},
                            Row{1s, "1 second"}, Row{-5s, "no time"}})
        EXPECT_EQ(time_left_text(row.left), row.text);
}

}  // namespace
}  // namespace weir::acme
