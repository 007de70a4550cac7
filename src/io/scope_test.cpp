#include "io/scope.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "io/event.h"
#include "io/test_world.h"

namespace weir::io {
namespace {

using std::chrono::milliseconds;

Task<> note(std::vector<int>& log, int value) {
    log.push_back(value);
    co_return;
}

Task<> note_later(std::vector<int>& log, int value, Duration after) {
    co_await sleep_until(Worker::current().now() + after);
    log.push_back(value);
}

TEST(ScopeTest, ATaskThatDoesNotWaitIsOverWhenSpawnReturns) {
    SimWorld world;
    std::vector<int> log;
    Scope scope;
    scope.spawn(note(log, 1));
    EXPECT_EQ(scope.running(), 0U);
    EXPECT_EQ(log, std::vector<int>{1});
}

Task<> join_and_note(Scope& scope, std::vector<int>& log, int value) {
    co_await scope.join();
    log.push_back(value);
}

TEST(ScopeTest, JoinOfAnEmptyScopeDoesNotWait) {
    SimWorld world;
    std::vector<int> log;
    Scope empty;
    Scope outer;
    outer.spawn(join_and_note(empty, log, 5));
    EXPECT_EQ(log, std::vector<int>{5});
}

Task<> children(std::vector<int>& log) {
    Scope scope;
    scope.spawn(note_later(log, 3, milliseconds(30)));
    scope.spawn(note_later(log, 1, milliseconds(10)));
    scope.spawn(note(log, 0));
    scope.spawn(note_later(log, 2, milliseconds(20)));
    EXPECT_EQ(scope.running(), 3U);
    co_await scope.join();
    log.push_back(4);
}

TEST(ScopeTest, JoinWaitsForEveryTask) {
    SimWorld world;
    std::vector<int> log;
    EXPECT_TRUE(world.run(children(log)));
    EXPECT_EQ(log, (std::vector<int>{0, 1, 2, 3, 4}));
}

Task<> many(std::vector<int>& log, int count) {
    Scope scope;
    for (int i = 0; i < count; ++i) scope.spawn(note_later(log, i, milliseconds(Worker::current().random().below(1000))));
    EXPECT_EQ(scope.running(), static_cast<std::size_t>(count));
    co_await scope.join();
    EXPECT_EQ(log.size(), static_cast<std::size_t>(count));
}

TEST(ScopeTest, HoldsManyTasks) {
    SimWorld world;
    std::vector<int> log;
    EXPECT_TRUE(world.run(many(log, 20'000)));
}

Task<> spawn_more(Scope& scope, std::vector<int>& log, int generations) {
    co_await sleep_until(Worker::current().now() + milliseconds(1));
    log.push_back(generations);
    if (generations > 0) scope.spawn(spawn_more(scope, log, generations - 1));
}

Task<> generations(std::vector<int>& log) {
    Scope scope;
    scope.spawn(spawn_more(scope, log, 5));
    co_await scope.join();
    log.push_back(-1);
}

TEST(ScopeTest, JoinWaitsForTasksThatItsTasksSpawn) {
    SimWorld world;
    std::vector<int> log;
    EXPECT_TRUE(world.run(generations(log)));
    EXPECT_EQ(log, (std::vector<int>{5, 4, 3, 2, 1, 0, -1}));
}

Task<> wait_and_spawn(Event& event, Scope& into, std::vector<int>& log) {
    co_await event.wait();
    into.spawn(note_later(log, 2, milliseconds(5)));
}

Task<> wait_for(Event& event) { co_await event.wait(); }

TEST(ScopeTest, ASpawnByAStrangerAfterTheLastEndIsJoinedToo) {
    SimWorld world;
    std::vector<int> log;
    Event first;
    Event second;
    Scope scope;
    Scope outer;
    scope.spawn(wait_for(first));
    outer.spawn(wait_and_spawn(second, scope, log));
    outer.spawn(join_and_note(scope, log, 3));
    // In this order of readiness: the only task ends and makes the joiner ready; before the joiner's turn the stranger spawns.
    first.notify();
    second.notify();
    EXPECT_TRUE(world.turn_until([&] { return outer.running() == 0; }));
    EXPECT_EQ(log, (std::vector<int>{2, 3}));
}

Task<> until_stopped(Stop& stop, std::vector<int>& log) {
    const auto slept = co_await sleep_until(kNever, &stop);
    EXPECT_EQ(slept.error().code, ErrorCode::cancelled);
    log.push_back(1);
}

Task<> stop_and_join(std::vector<int>& log) {
    Stop stop;
    Scope scope;
    for (int i = 0; i < 100; ++i) scope.spawn(until_stopped(stop, log));
    stop.request();
    co_await scope.join();
}

TEST(ScopeTest, AStopEndsAllTasksAndTheScopeJoinsThem) {
    SimWorld world;
    std::vector<int> log;
    EXPECT_TRUE(world.run(stop_and_join(log)));
    EXPECT_EQ(log.size(), 100U);
}

TEST(ScopeDeathTest, AScopeThatEndsBeforeItsTasksEndsTheProcess) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            SimWorld world;
            Event event;
            Scope scope;
            scope.spawn(wait_for(event));
        },
        "a scope ended before its tasks");
}

}  // namespace
}  // namespace weir::io
