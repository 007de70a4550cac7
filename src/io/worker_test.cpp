#include "io/worker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "io/event.h"
#include "io/test_world.h"

namespace weir::io {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(WorkerTest, IsKnownToItsThreadOnly) {
    EXPECT_FALSE(Worker::has_current());
    EpollWorld world;
    EXPECT_EQ(&Worker::current(), &world.worker());
    std::thread([] { EXPECT_FALSE(Worker::has_current()); }).join();
}

TEST(WorkerDeathTest, InputOutsideOfAWorkerIsABrokenInvariant) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(Worker::current(), "outside of a worker");
}

TEST(WorkerTest, AMessageFromAnotherThreadWakesIt) {
    EpollWorld world;
    bool was_run = false;
    std::thread sender([&] {
        const bool was_taken = world.worker().post([&] { was_run = true; });
        EXPECT_TRUE(was_taken);
    });
    EXPECT_TRUE(world.turn_until([&] { return was_run; }));
    sender.join();
}

TEST(WorkerTest, NoMessageIsForgottenHoweverTheyMeetTheTurns) {
    constexpr int kSenders = 3;
    constexpr int kEach = 20'000;
    EpollWorld world;
    int received = 0;
    std::vector<std::thread> senders;
    for (int i = 0; i < kSenders; ++i) {
        senders.emplace_back([&] {
            for (int n = 0; n < kEach; ++n)
                while (!world.worker().post([&received] { ++received; })) std::this_thread::yield();
        });
    }
    EXPECT_TRUE(world.turn_until([&] { return received == kSenders * kEach; }));
    for (auto& sender : senders) sender.join();
}

// Each waits for the other's message: a lost wake-up would hang both.
TEST(WorkerTest, TwoWorkersPlayBall) {
    constexpr int kThrows = 20'000;
    struct Player {
        std::unique_ptr<Worker> worker = std::make_unique<Worker>(make_epoll_backend(), 0, 1);
        Player* other = nullptr;
        int caught = 0;
        void take() {
            if (++caught < kThrows) {
                EXPECT_TRUE(other->worker->post([to = other] { to->take(); }));
                return;
            }
            worker->stop();
            // The other one may be waiting for a last throw.
            EXPECT_TRUE(other->worker->post([to = other] { to->worker->stop(); }));
        }
    };
    Player one;
    Player two;
    one.other = &two;
    two.other = &one;
    ASSERT_TRUE(one.worker->post([&one] { one.take(); }));
    std::thread second([&two] { two.worker->run(); });
    one.worker->run();
    second.join();
    EXPECT_GE(one.caught + two.caught, 2 * kThrows - 1);
}

TEST(WorkerTest, RunEndsWhenStoppedByAMessage) {
    Worker worker(make_epoll_backend(), 0, 1);
    int turn_ends = 0;
    worker.set_turn_end([&] { ++turn_ends; });
    std::thread stopper([&] { EXPECT_TRUE(worker.post([&] { worker.stop(); })); });
    worker.run();
    stopper.join();
    EXPECT_FALSE(Worker::has_current());
    EXPECT_GE(turn_ends, 2) << "what the last turn left behind is flushed, too";
}

TEST(WorkerTest, AFullMailboxRefusesAndRecovers) {
    EpollWorld world;
    std::size_t runs = 0;
    std::size_t taken = 0;
    while (world.worker().post([&runs] { ++runs; })) ++taken;
    EXPECT_EQ(taken, Mailbox::kMessagesMax);
    EXPECT_TRUE(world.turn_until([&] { return runs == taken; }));
    EXPECT_TRUE(world.worker().post([&runs] { ++runs; }));
    EXPECT_TRUE(world.turn_until([&] { return runs == taken + 1; }));
}

// A message that posts itself again, as long as nobody stops it.
struct Echo {
    Worker& worker;
    bool goes_on = true;
    void again() {
        if (goes_on) EXPECT_TRUE(worker.post([this] { again(); }));
    }
};

Task<> sleep_a_while() { co_await sleep_until(Worker::current().now() + milliseconds(3)); }

TEST(WorkerTest, AMessageThatPostsItselfDoesNotStarveTheOthers) {
    EpollWorld world;
    Echo echo{world.worker()};
    echo.again();
    EXPECT_TRUE(world.run(sleep_a_while()));
    echo.goes_on = false;
    world.worker().turn();
}

Task<> note_turns(std::vector<std::uint64_t>& turns, int times) {
    for (int i = 0; i < times; ++i) {
        turns.push_back(Worker::current().turns());
        co_await yield();
    }
}

TEST(WorkerTest, ReadyCoroutinesTakeTurnsAndLeaveTheTurnInBetween) {
    SimWorld world;
    std::vector<std::uint64_t> one;
    std::vector<std::uint64_t> two;
    Scope scope;
    scope.spawn(note_turns(one, 1000));
    scope.spawn(note_turns(two, 1000));
    EXPECT_TRUE(world.turn_until([&] { return scope.running() == 0; }));
    EXPECT_EQ(one, two) << "neither goes twice before the other";
    EXPECT_GT(world.worker().turns(), 1000U / 20) << "sockets and timers were looked after in between";
}

TEST(WorkerTest, TheTurnEndIsCalledBeforeWaitingAndMayMakeOthersReady) {
    SimWorld world;
    Event event;
    int calls = 0;
    world.worker().set_turn_end([&] {
        if (++calls == 3) event.notify();
    });
    struct Waits {
        static Task<> on(Event& e) { co_await e.wait(); }
    };
    Scope scope;
    scope.spawn(Waits::on(event));
    while (scope.running() != 0 && calls < 10) world.worker().turn(world.worker().now());
    EXPECT_EQ(calls, 3);
    world.worker().set_turn_end({});
}

struct CountingEnd final : TurnEnd {
    int calls = 0;
    std::unique_ptr<CountingEnd> goes_with_it;
    void on_turn_end() override {
        ++calls;
        goes_with_it.reset();
    }
};

TEST(WorkerTest, WhatIsDueAtTheTurnsEndIsCalledOnceAndMayGoMeanwhile) {
    SimWorld world;
    auto& worker = world.worker();
    CountingEnd one;
    one.goes_with_it = std::make_unique<CountingEnd>();
    {
        CountingEnd gone;
        worker.at_turn_end(gone);
    }
    worker.at_turn_end(one);
    worker.at_turn_end(*one.goes_with_it);
    worker.at_turn_end(one);
    worker.turn(worker.now());
    worker.turn(worker.now());
    EXPECT_EQ(one.calls, 1);
    EXPECT_EQ(one.goes_with_it, nullptr);
    worker.at_turn_end(one);
    EXPECT_TRUE(one.is_due());
    worker.turn(worker.now());
    EXPECT_EQ(one.calls, 2);
}

Task<> sleep_long(bool& was_run) {
    co_await sleep_until(Worker::current().now() + hours(24 * 100));
    was_run = true;
}

TEST(WorkerTest, ASimulationRunsUntilNothingWillEverHappen) {
    SimWorld world;
    bool was_run = false;
    const auto before = world.worker().now();
    Scope scope;
    scope.spawn(sleep_long(was_run));
    world.worker().run();
    EXPECT_TRUE(was_run);
    EXPECT_GE(world.worker().now() - before, hours(24 * 100));
    EXPECT_TRUE(Worker::has_current()) << "run() leaves the thread as it found it";
}

TEST(WorkerTest, ASimulationTakesItsOwnMessagesBeforeTimeGoesOn) {
    SimWorld world;
    TimePoint at;
    bool was_slept = false;
    Scope scope;
    scope.spawn(sleep_long(was_slept));
    const auto before = world.worker().now();
    EXPECT_TRUE(world.worker().post([&] { at = Worker::current().now(); }));
    world.worker().turn();
    EXPECT_EQ(at, before);
    world.worker().run();
    EXPECT_TRUE(was_slept);
}

TEST(WorkerTest, ASimulationWithMessagesOnlyTakesThemBeforeItIsQuiet) {
    SimWorld world;
    int runs = 0;
    EXPECT_TRUE(world.worker().post([&] {
        ++runs;
        EXPECT_TRUE(world.worker().post([&] { ++runs; }));
    }));
    world.worker().run();
    EXPECT_EQ(runs, 2);
}

}  // namespace
}  // namespace weir::io
