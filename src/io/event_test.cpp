#include "io/event.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "io/test_world.h"

namespace weir::io {
namespace {

using std::chrono::milliseconds;

Task<> wait_times(Event& event, int times, std::vector<TimePoint>& log) {
    for (int i = 0; i < times; ++i) {
        const auto notified = co_await event.wait();
        EXPECT_TRUE(notified.has_value());
        log.push_back(Worker::current().now());
    }
}

TEST(EventTest, ANotificationEndsTheWait) {
    SimWorld world;
    Event event;
    std::vector<TimePoint> log;
    Scope scope;
    scope.spawn(wait_times(event, 1, log));
    EXPECT_TRUE(event.has_waiter());
    event.notify();
    EXPECT_TRUE(world.turn_until([&] { return scope.running() == 0; }));
    EXPECT_EQ(log.size(), 1U);
}

TEST(EventTest, NotificationsThatComeFirstAreKeptOnce) {
    SimWorld world;
    Event event;
    std::vector<TimePoint> log;
    event.notify();
    event.notify();
    Scope scope;
    scope.spawn(wait_times(event, 2, log));
    EXPECT_EQ(log.size(), 1U);
    EXPECT_TRUE(event.has_waiter());
    event.notify();
    EXPECT_TRUE(world.turn_until([&] { return scope.running() == 0; }));
}

TEST(EventTest, ANotificationBetweenTheEndOfAWaitAndTheNextIsNotLost) {
    SimWorld world;
    Event event;
    std::vector<TimePoint> log;
    Scope scope;
    scope.spawn(wait_times(event, 2, log));
    event.notify();
    event.notify();
    EXPECT_TRUE(world.turn_until([&] { return scope.running() == 0; }));
    EXPECT_EQ(log.size(), 2U);
}

Task<> wait_until(Event& event, TimePoint at, std::optional<Result<>>& outcome) { outcome = co_await event.wait({at, nullptr}); }

TEST(EventTest, ANotificationAfterTheTimeHasPassedIsKeptForTheNextWait) {
    SimWorld world;
    Event event;
    std::optional<Result<>> outcome;
    EXPECT_TRUE(world.run(wait_until(event, world.worker().now() + milliseconds(10), outcome)));
    EXPECT_EQ(outcome->error().code, ErrorCode::timeout);
    event.notify();
    EXPECT_TRUE(world.run(wait_until(event, world.worker().now() + milliseconds(10), outcome)));
    EXPECT_TRUE(outcome->has_value());
}

Task<> ping(Event& mine, Event& theirs, int times) {
    for (int i = 0; i < times; ++i) {
        theirs.notify();
        co_await mine.wait();
    }
    theirs.notify();
}

TEST(EventTest, TwoThatWakeEachOtherDoNotTurnForEachStep) {
    SimWorld world;
    Event one;
    Event two;
    const auto turns = world.worker().turns();
    Scope scope;
    scope.spawn(ping(one, two, 1000));
    scope.spawn(ping(two, one, 1000));
    EXPECT_TRUE(world.turn_until([&] { return scope.running() == 0; }));
    EXPECT_LT(world.worker().turns() - turns, 500U);
}

Task<> never_done(Event& event, bool& was_woken) {
    co_await event.wait();
    was_woken = true;
}

TEST(EventDeathTest, TwoWaitersAreABrokenInvariant) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            SimWorld world;
            Event event;
            bool was_woken = false;
            Scope scope;
            scope.spawn(never_done(event, was_woken));
            scope.spawn(never_done(event, was_woken));
        },
        "two coroutines wait for one thing");
}

Task<> sleep_and_note(TimePoint at, std::vector<Duration>& late) {
    const auto slept = co_await sleep_until(at);
    EXPECT_TRUE(slept.has_value());
    late.push_back(Worker::current().now() - at);
}

TEST(SleepTest, EndsAtItsTimeOrALittleLater) {
    SimWorld world;
    std::vector<Duration> late;
    for (const auto after : {0, 1, 10, 300, 70'000, 20'000'000})
        EXPECT_TRUE(world.run(sleep_and_note(world.worker().now() + milliseconds(after), late)));
    for (const auto by : late) {
        EXPECT_GE(by, Duration::zero());
        EXPECT_LE(by, milliseconds(3));
    }
}

TEST(SleepTest, RealTimeIsNeverEarly) {
    EpollWorld world;
    std::vector<Duration> late;
    for (const auto after : {0, 1, 3}) EXPECT_TRUE(world.run(sleep_and_note(world.worker().now() + milliseconds(after), late)));
    for (const auto by : late) EXPECT_GE(by, Duration::zero());
}

Task<> spin_until(Deadline deadline, ErrorCode& why, int& steps) {
    for (;;) {
        ++steps;
        const auto on = co_await yield(deadline);
        if (on) continue;
        why = on.error().code;
        break;
    }
}

Task<> stop_after(Stop& stop, int steps) {
    for (int i = 0; i < steps; ++i) co_await yield();
    stop.request(ErrorCode::draining);
}

TEST(YieldTest, LetsOthersGoFirstAndSeesTheStop) {
    SimWorld world;
    Stop stop;
    ErrorCode why{};
    int steps = 0;
    Scope scope;
    scope.spawn(spin_until({kNever, &stop}, why, steps));
    scope.spawn(stop_after(stop, 100));
    EXPECT_TRUE(world.turn_until([&] { return scope.running() == 0; }));
    EXPECT_EQ(why, ErrorCode::draining);
    EXPECT_GE(steps, 100);
    EXPECT_LE(steps, 103);
}

TEST(YieldTest, SeesThatTimeHasPassedWithoutEverWaiting) {
    EpollWorld world;
    ErrorCode why{};
    int steps = 0;
    EXPECT_TRUE(world.run(spin_until({world.worker().now() + milliseconds(5), nullptr}, why, steps)));
    EXPECT_EQ(why, ErrorCode::timeout);
}

TEST(YieldTest, DoesNotStarveTimersAndSockets) {
    EpollWorld world;
    Stop stop;
    ErrorCode why{};
    int steps = 0;
    std::vector<Duration> late;
    Scope scope;
    scope.spawn(spin_until({kNever, &stop}, why, steps));
    EXPECT_TRUE(world.run(sleep_and_note(world.worker().now() + milliseconds(3), late)));
    stop.request();
    EXPECT_TRUE(world.turn_until([&] { return scope.running() == 0; }));
}

}  // namespace
}  // namespace weir::io
