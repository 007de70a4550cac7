#include "http/h2/abuse.h"

#include <algorithm>

namespace weir::http::h2 {
namespace {

struct Budget {
    std::string_view word;
    std::int32_t burst = 0;     // what there is at first, and at most
    std::int32_t a_second = 0;  // what time gives back
};

// In the order of Abuse. Browsers reset dozens of streams when a page is left; gRPC clients ping and open windows often; nobody sends
// hundreds of empty frames. Kinds without a budget end a connection, or a stream, by themselves.
constexpr std::array<Budget, kAbuses> kBudgets{{
    {.word = "rapid_reset", .burst = 200, .a_second = 20},
    {.word = "provoked_reset", .burst = 50, .a_second = 5},
    {.word = "continuation"},
    {.word = "settings", .burst = 50, .a_second = 1},
    {.word = "ping", .burst = 500, .a_second = 50},
    {.word = "priority", .burst = 1'000, .a_second = 50},
    {.word = "window_update", .burst = 5'000, .a_second = 1'000},
    {.word = "empty_frame", .burst = 100, .a_second = 10},
    {.word = "unknown_frame", .burst = 200, .a_second = 10},
    {.word = "header_bomb"},
    {.word = "slow_header"},
    {.word = "tiny_window", .burst = 1'000, .a_second = 100},
    {.word = "stalled_stream"},
    {.word = "stalled_connection"},
}};

}  // namespace

std::string_view word_of(Abuse kind) { return kBudgets[static_cast<std::size_t>(kind)].word; }

AbuseBudgets::AbuseBudgets(TimePoint now) : filled_at_(now) {
    for (std::size_t i = 0; i < kAbuses; ++i) left_[i] = kBudgets[i].burst;
}

void AbuseBudgets::refill(TimePoint now) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - filled_at_);
    if (seconds.count() == 0) return;
    filled_at_ += seconds;
    for (std::size_t i = 0; i < kAbuses; ++i) {
        const auto filled = left_[i] + seconds.count() * kBudgets[i].a_second;
        left_[i] = static_cast<std::int32_t>(std::min<std::int64_t>(filled, kBudgets[i].burst));
    }
}

bool AbuseBudgets::spend(Abuse kind, TimePoint now) {
    auto& left = left_[static_cast<std::size_t>(kind)];
    if (left > 0) return --left, true;
    refill(now);
    return left > 0 ? --left, true : false;
}

void AbuseBudgets::stream_served() {
    earn(Abuse::rapid_reset, 1);
    earn(Abuse::ping, 1);
    earn(Abuse::priority, 4);
    earn(Abuse::window_update, 4);
}

void AbuseBudgets::earn(Abuse kind, int times) {
    const auto index = static_cast<std::size_t>(kind);
    left_[index] = std::min(left_[index] + times, kBudgets[index].burst);
}

}  // namespace weir::http::h2
