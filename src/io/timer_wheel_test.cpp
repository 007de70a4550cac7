#include "io/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/random.h"

namespace weir::io {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr Duration kTick{1 << 20};
const TimePoint kStart{hours(5)};

struct Clocked : Timer {
    Clocked() : Timer([](Timer& self) { static_cast<Clocked&>(self).on_fire(); }) {}
    void on_fire() {
        ++fired;
        if (then) then();
    }
    int fired = 0;
    std::function<void()> then;
};

TEST(TimerWheelTest, NeverEarlyAndAtMostATickLateOnEveryLevel) {
    for (const Duration after :
         {Duration(1), kTick, kTick * 255, kTick * 256, kTick * 257, kTick * 65'535, kTick * 65'536, kTick * 16'777'215, kTick * 16'777'216,
          Duration(hours(24 * 40)), Duration(hours(24 * 60)), Duration(hours(24 * 400))}) {
        TimerWheel wheel(kStart);
        Clocked timer;
        const auto at = kStart + after;
        wheel.arm(timer, at);
        int wakes = 0;
        while (timer.fired == 0 && ++wakes < 1000) {
            const auto next = wheel.next();
            ASSERT_LE(next, at + kTick);
            if (next - nanoseconds(1) > kStart) wheel.advance(next - nanoseconds(1));
            EXPECT_TRUE(timer.fired == 0 || next - nanoseconds(1) > at);
            wheel.advance(next);
            if (timer.fired != 0) EXPECT_GT(next, at);
        }
        EXPECT_EQ(timer.fired, 1) << after.count();
        EXPECT_FALSE(timer.is_armed());
        EXPECT_EQ(wheel.next(), kNever);
    }
}

TEST(TimerWheelTest, NeverMeansNotAtAll) {
    TimerWheel wheel(kStart);
    Clocked timer;
    wheel.arm(timer, kNever);
    EXPECT_FALSE(timer.is_armed());
    EXPECT_EQ(wheel.next(), kNever);
    wheel.arm(timer, kStart + seconds(1));
    wheel.arm(timer, kNever);
    EXPECT_FALSE(timer.is_armed());
}

TEST(TimerWheelTest, WhatIsOverdueFiresAtTheNextTick) {
    TimerWheel wheel(kStart);
    Clocked past;
    Clocked ancient;
    wheel.arm(past, kStart - seconds(1));
    wheel.arm(ancient, TimePoint(Duration(-5)));
    wheel.advance(kStart);
    EXPECT_EQ(past.fired, 0);
    wheel.advance(kStart + kTick);
    EXPECT_EQ(past.fired, 1);
    EXPECT_EQ(ancient.fired, 1);
}

TEST(TimerWheelTest, ArmingAnewMovesIt) {
    TimerWheel wheel(kStart);
    Clocked timer;
    wheel.arm(timer, kStart + milliseconds(10));
    wheel.arm(timer, kStart + milliseconds(100));
    wheel.advance(kStart + milliseconds(50));
    EXPECT_EQ(timer.fired, 0);
    wheel.advance(kStart + milliseconds(102));
    EXPECT_EQ(timer.fired, 1);
}

TEST(TimerWheelTest, ACallbackMayCancelAndDestroyOthersThatAreDue) {
    TimerWheel wheel(kStart);
    Clocked first;
    Clocked second;
    auto third = std::make_unique<Clocked>();
    for (auto* timer : {&first, &second, third.get()}) wheel.arm(*timer, kStart + milliseconds(5));
    first.then = [&] {
        second.cancel();
        third.reset();
    };
    wheel.advance(kStart + milliseconds(10));
    EXPECT_EQ(first.fired, 1);
    EXPECT_EQ(second.fired, 0);
}

TEST(TimerWheelTest, ACallbackMayArmItselfAndOthersAnew) {
    TimerWheel wheel(kStart);
    Clocked self;
    Clocked other;
    auto now = kStart;
    self.then = [&] {
        if (self.fired < 10) wheel.arm(self, now);
        wheel.arm(other, now + milliseconds(1));
    };
    wheel.arm(self, now);
    for (int i = 0; i < 9; ++i) {
        now += kTick;
        wheel.advance(now);
        EXPECT_EQ(self.fired, i + 1);
    }
    wheel.advance(now + seconds(1));
    EXPECT_EQ(self.fired, 10);
    EXPECT_EQ(other.fired, 1);
}

TEST(TimerWheelTest, AnOverdueTimerThatArmsItselfDuringAJumpDoesNotSpin) {
    TimerWheel wheel(kStart);
    Clocked self;
    // As a callback does that computes its next time from the worker's clock, which has jumped already.
    const auto jump = kStart + hours(3);
    self.then = [&] { wheel.arm(self, jump + milliseconds(5)); };
    wheel.arm(self, kStart + milliseconds(5));
    wheel.advance(jump);
    EXPECT_EQ(self.fired, 1);
}

TEST(TimerWheelTest, ACallbackMayDestroyItsOwnTimer) {
    TimerWheel wheel(kStart);
    auto timer = std::make_unique<Clocked>();
    bool was_fired = false;
    timer->then = [&] {
        was_fired = true;
        // `then` lives in the timer: keep it while it runs.
        auto keep = std::move(timer->then);
        timer.reset();
    };
    wheel.arm(*timer, kStart);
    wheel.advance(kStart + kTick);
    EXPECT_TRUE(was_fired);
}

TEST(TimerWheelTest, TimersMayOutliveTheWheel) {
    Clocked timer;
    {
        TimerWheel wheel(kStart);
        wheel.arm(timer, kStart + hours(2));
    }
    EXPECT_FALSE(timer.is_armed());
}

// A naive oracle: timers in a vector. Steps and distances are drawn so that all levels and their borders are met.
class Oracle {
public:
    explicit Oracle(std::uint64_t seed) : random_(seed), wheel_(kStart), timers_(200) {
        for (auto& timer : timers_) timer = std::make_unique<Clocked>();
        due_.resize(timers_.size());
    }

    void step() {
        const auto which = random_.below(timers_.size());
        switch (random_.below(4)) {
            case 0:
            case 1: arm(which); break;
            case 2:
                timers_[which]->cancel();
                due_[which].reset();
                break;
            default: advance(); break;
        }
    }

private:
    Duration distance() {
        const auto bits = random_.below(54);  // up to about 200 days
        return Duration(static_cast<std::int64_t>(random_.below((std::uint64_t{1} << bits) + 1)));
    }

    void arm(std::size_t which) {
        const auto at = now_ + distance() - Duration(5'000'000);
        wheel_.arm(*timers_[which], at);
        due_[which] = at;
        armed_at_[which % armed_at_.size()] = now_;
    }

    void advance() {
        const auto promised = wheel_.next();
        for (const auto& at : due_)
            if (at) ASSERT_LE(promised, std::max(*at, now_) + kTick * 2) << "next() is late";
        // Now and then exactly where next() says, as the worker does it.
        const bool is_exact = promised != kNever && random_.chance(0.5);
        now_ = is_exact ? std::max(now_, promised) : now_ + distance();
        std::vector<int> before;
        for (auto& timer : timers_) before.push_back(timer->fired);
        wheel_.advance(now_);
        for (std::size_t i = 0; i < timers_.size(); ++i) check(i, timers_[i]->fired - before[i]);
    }

    void check(std::size_t which, int fired) {
        ASSERT_LE(fired, 1);
        if (fired == 1) {
            ASSERT_TRUE(due_[which]) << "fired although not armed";
            ASSERT_GT(now_, *due_[which]) << "fired early";
            due_[which].reset();
        } else if (due_[which]) {
            ASSERT_LE(now_, std::max(*due_[which], armed_at_[which % armed_at_.size()]) + kTick) << "fired late";
        }
    }

    Random random_;
    TimePoint now_ = kStart;
    TimerWheel wheel_;
    std::vector<std::unique_ptr<Clocked>> timers_;
    std::vector<std::optional<TimePoint>> due_;
    std::array<TimePoint, 200> armed_at_{};
};

TEST(TimerWheelTest, AgreesWithANaiveOne) {
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        Oracle oracle(seed);
        for (int i = 0; i < 3000 && !::testing::Test::HasFatalFailure(); ++i) oracle.step();
        if (::testing::Test::HasFatalFailure()) FAIL() << "seed " << seed;
    }
}

TEST(TimerWheelTest, CancelledTimersCostAtMostAFewEarlyWakes) {
    TimerWheel wheel(kStart);
    Random random(3);
    for (int i = 0; i < 10'000; ++i) {
        Clocked timer;
        wheel.arm(timer, kStart + milliseconds(random.below(3'600'000)));
    }
    auto now = kStart;
    int wakes = 0;
    while (wheel.next() != kNever && ++wakes <= 1024) wheel.advance(now = wheel.next());
    EXPECT_EQ(wheel.next(), kNever);
    EXPECT_LE(wakes, 1024) << "at most one for each slot";
}

}  // namespace
}  // namespace weir::io
