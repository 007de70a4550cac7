#include "io/deadline.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "io/event.h"
#include "io/test_world.h"

namespace weir::io {
namespace {

using std::chrono::milliseconds;

struct Watch : StopWatcher {
    explicit Watch(std::vector<ErrorCode>& to)
        : StopWatcher([](StopWatcher& self, ErrorCode why) { static_cast<Watch&>(self).log.push_back(why); }), log(to) {}
    std::vector<ErrorCode>& log;
};

TEST(StopTest, TellsEveryWatcherOnce) {
    std::vector<ErrorCode> log;
    Watch one(log);
    Watch two(log);
    Stop stop;
    stop.watch(one);
    stop.watch(two);
    EXPECT_FALSE(stop.is_requested());
    stop.request(ErrorCode::draining);
    stop.request(ErrorCode::timeout);
    EXPECT_TRUE(stop.is_requested());
    EXPECT_EQ(stop.why(), ErrorCode::draining);
    EXPECT_EQ(log, (std::vector<ErrorCode>{ErrorCode::draining, ErrorCode::draining}));
}

TEST(StopTest, TellsAtOnceWhoComesLate) {
    std::vector<ErrorCode> log;
    Watch late(log);
    Stop stop;
    stop.request();
    stop.watch(late);
    EXPECT_EQ(log, std::vector<ErrorCode>{ErrorCode::cancelled});
}

TEST(StopTest, DoesNotTellWhoHasLeft) {
    std::vector<ErrorCode> log;
    Watch stays(log);
    Watch leaves(log);
    Stop stop;
    {
        Watch goes(log);
        stop.watch(leaves);
        stop.watch(goes);
        stop.watch(stays);
    }
    leaves.leave();
    leaves.leave();
    stop.request();
    EXPECT_EQ(log.size(), 1U);
}

// A watcher that makes another one leave when told.
struct Jealous : StopWatcher {
    Jealous(StopWatcher& victim, int& told)
        : StopWatcher([](StopWatcher& self, ErrorCode) {
              auto& me = static_cast<Jealous&>(self);
              me.other.leave();
              ++me.count;
          }),
          other(victim),
          count(told) {}
    StopWatcher& other;
    int& count;
};

TEST(StopTest, AWatcherMayMakeOthersLeaveWhileAllAreTold) {
    std::vector<ErrorCode> log;
    int told = 0;
    Watch victim(log);
    Jealous jealous(victim, told);
    Stop stop;
    stop.watch(jealous);
    stop.watch(victim);
    stop.request();
    EXPECT_EQ(told, 1);
    EXPECT_TRUE(log.empty());
}

TEST(StopTest, MayGoBeforeItsWatchers) {
    std::vector<ErrorCode> log;
    Watch outlives(log);
    {
        Stop stop;
        stop.watch(outlives);
    }
    outlives.leave();
    Stop another;
    another.watch(outlives);
    another.request();
    EXPECT_EQ(log.size(), 1U);
}

TEST(StopTest, ComposesDownwardsOnly) {
    std::vector<ErrorCode> log;
    Stop process;
    Stop connection(&process);
    Stop exchange(&connection);
    Stop sibling(&process);
    Watch watch(log);
    exchange.watch(watch);
    connection.request(ErrorCode::closed);
    EXPECT_TRUE(exchange.is_requested());
    EXPECT_EQ(exchange.why(), ErrorCode::closed);
    EXPECT_FALSE(process.is_requested());
    EXPECT_FALSE(sibling.is_requested());
    process.request(ErrorCode::draining);
    EXPECT_EQ(sibling.why(), ErrorCode::draining);
    EXPECT_EQ(exchange.why(), ErrorCode::closed);
    EXPECT_EQ(log, std::vector<ErrorCode>{ErrorCode::closed});
}

TEST(StopTest, BelowARequestedOneIsRequestedFromTheStart) {
    Stop above;
    above.request(ErrorCode::draining);
    const Stop below(&above);
    EXPECT_TRUE(below.is_requested());
    EXPECT_EQ(below.why(), ErrorCode::draining);
}

TEST(StopTest, TheUpperOneMayGoFirst) {
    auto above = std::make_unique<Stop>();
    Stop below(above.get());
    above.reset();
    EXPECT_FALSE(below.is_requested());
    below.request();
    EXPECT_TRUE(below.is_requested());
}

TEST(DeadlineTest, ComposesToTheSooner) {
    Stop stop;
    const TimePoint now{std::chrono::hours(1)};
    const Deadline deadline{now + milliseconds(10), &stop};
    EXPECT_EQ(deadline.sooner(now).at, now);
    EXPECT_EQ(deadline.sooner(kNever).at, now + milliseconds(10));
    EXPECT_EQ(deadline.sooner(now).stop, &stop);
    EXPECT_EQ(Deadline{}.sooner(now).at, now);
}

Task<> wait_on(Event& event, Deadline deadline, std::optional<Result<>>& outcome) { outcome = co_await event.wait(deadline); }

TEST(DeadlineTest, AStopRequestedBeforeTheWaitEndsItAtOnce) {
    SimWorld world;
    Event event;
    Stop stop;
    stop.request(ErrorCode::draining);
    std::optional<Result<>> outcome;
    EXPECT_TRUE(world.run(wait_on(event, {world.worker().now() + std::chrono::hours(1), &stop}, outcome)));
    EXPECT_EQ(outcome->error().code, ErrorCode::draining);
    EXPECT_FALSE(event.has_waiter());
    EXPECT_EQ(world.worker().timers().next(), kNever) << "the timer of an ended wait is still armed";
}

TEST(DeadlineTest, AStopDuringTheWaitEndsItAndLeavesNothingBehind) {
    SimWorld world;
    Event event;
    Stop stop;
    std::optional<Result<>> outcome;
    Scope scope;
    scope.spawn(wait_on(event, {world.worker().now() + std::chrono::hours(1), &stop}, outcome));
    EXPECT_TRUE(event.has_waiter());
    stop.request();
    EXPECT_TRUE(world.turn_until([&] { return scope.running() == 0; }));
    EXPECT_EQ(outcome->error().code, ErrorCode::cancelled);
    event.notify();
    EXPECT_FALSE(event.has_waiter());
}

TEST(DeadlineTest, TheTimeEndsTheWaitAndTheStopForgetsIt) {
    SimWorld world;
    Event event;
    Stop stop;
    std::optional<Result<>> outcome;
    const auto at = world.worker().now() + milliseconds(50);
    EXPECT_TRUE(world.run(wait_on(event, {at, &stop}, outcome)));
    EXPECT_EQ(outcome->error().code, ErrorCode::timeout);
    EXPECT_GE(world.worker().now(), at);
    stop.request();
    EXPECT_EQ(outcome->error().code, ErrorCode::timeout);
}

TEST(DeadlineTest, OnlyTheFirstReasonCounts) {
    SimWorld world;
    Event event;
    Stop stop;
    std::optional<Result<>> outcome;
    Scope scope;
    scope.spawn(wait_on(event, {kNever, &stop}, outcome));
    event.notify();
    stop.request();
    EXPECT_TRUE(world.turn_until([&] { return scope.running() == 0; }));
    EXPECT_TRUE(outcome->has_value());
}

TEST(DeadlineTest, AStopThatGoesLeavesTheWaitToItsTime) {
    SimWorld world;
    Event event;
    std::optional<Result<>> outcome;
    Scope scope;
    auto stop = std::make_unique<Stop>();
    scope.spawn(wait_on(event, {world.worker().now() + milliseconds(50), stop.get()}, outcome));
    stop.reset();
    EXPECT_TRUE(world.turn_until([&] { return scope.running() == 0; }));
    EXPECT_EQ(outcome->error().code, ErrorCode::timeout);
}

}  // namespace
}  // namespace weir::io
