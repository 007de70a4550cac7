#include "io/task.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/event.h"
#include "io/test_world.h"

namespace weir::io {
namespace {

// How far down the stack the coroutines of a test have been.
struct StackGauge {
    std::uintptr_t lowest = ~std::uintptr_t{0};
    std::uintptr_t highest = 0;
    void mark() {
        const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
        lowest = std::min(lowest, here);
        highest = std::max(highest, here);
    }
    std::size_t octets() const { return highest - lowest; }
};
constexpr std::size_t kFlat = 4096;

Task<int> number(int value) { co_return value; }
Task<std::string> text(std::string value) { co_return value; }
Task<std::unique_ptr<int>> owned(int value) { co_return std::make_unique<int>(value); }
Task<Result<>> well() { co_return Result<>{}; }
Task<Result<int>> refused() { co_return fail(ErrorCode::refused, Side::upstream); }
Task<Result<std::unique_ptr<int>>> owned_result(std::unique_ptr<int> value) { co_return std::move(value); }

Task<> values(int& checks) {
    const auto seven = co_await number(7);
    EXPECT_EQ(seven, 7);
    const auto word = co_await text("a text that is too long for the small string optimisation");
    EXPECT_EQ(word.size(), 57U);
    auto pointer = co_await owned(9);
    EXPECT_EQ(*pointer, 9);
    auto passed = co_await owned_result(std::move(pointer));
    EXPECT_TRUE(passed && **passed == 9);
    const auto fine = co_await well();
    EXPECT_TRUE(fine.has_value());
    const auto error = co_await refused();
    EXPECT_EQ(error.error().code, ErrorCode::refused);
    ++checks;
}

TEST(TaskTest, HandsValuesToTheOneWhoAwaits) {
    SimWorld world;
    int checks = 0;
    EXPECT_TRUE(world.run(values(checks)));
    EXPECT_EQ(checks, 1);
}

Task<> touch(bool& was_run) {
    was_run = true;
    co_return;
}

TEST(TaskTest, IsLazyAndGoesWithoutBeingAwaited) {
    const auto before = FramePool::in_use();
    bool was_run = false;
    {
        auto task = touch(was_run);
        auto moved = std::move(task);
    }
    EXPECT_FALSE(was_run);
    EXPECT_EQ(FramePool::in_use(), before);
}

// Told of what is alive, to see when parameters and locals go.
struct Witness {
    std::vector<std::string>* log;
    std::string name;
    Witness(std::vector<std::string>& to, std::string text) : log(&to), name(std::move(text)) {}
    Witness(Witness&& other) noexcept : log(std::exchange(other.log, nullptr)), name(std::move(other.name)) {}
    ~Witness() {
        if (log != nullptr) log->push_back(name);
    }
};

Task<int> with_parameter(Witness, std::vector<std::string>& log) {
    const Witness local(log, "local");
    co_await yield();
    log.emplace_back("ran");
    co_return 1;
}

Task<> parameters_live(std::vector<std::string>& log) {
    const auto one = co_await with_parameter(Witness(log, "parameter"), log);
    EXPECT_EQ(one, 1);
    log.emplace_back("after");
}

TEST(TaskTest, ParametersLiveAsLongAsTheTask) {
    SimWorld world;
    std::vector<std::string> log;
    EXPECT_TRUE(world.run(parameters_live(log)));
    EXPECT_EQ(log, (std::vector<std::string>{"ran", "local", "parameter", "after"}));
}

Task<int> marked(StackGauge& gauge, int value) {
    gauge.mark();
    co_return value;
}

Task<> synchronous_chain(StackGauge& gauge, int count, std::int64_t& sum) {
    for (int i = 0; i < count; ++i) {
        const auto value = co_await marked(gauge, 1);
        sum += value;
    }
}

TEST(TaskTest, AMillionSynchronousAwaitsKeepTheStackFlat) {
    SimWorld world;
    StackGauge gauge;
    std::int64_t sum = 0;
    EXPECT_TRUE(world.run(synchronous_chain(gauge, 1'000'000, sum)));
    EXPECT_EQ(sum, 1'000'000);
    EXPECT_LT(gauge.octets(), kFlat);
}

Task<int> marked_after_a_wait(StackGauge& gauge) {
    co_await yield();
    gauge.mark();
    co_return 1;
}

Task<> resumed_chain(StackGauge& gauge, int count, std::int64_t& sum) {
    for (int i = 0; i < count; ++i) {
        const auto value = co_await marked_after_a_wait(gauge);
        sum += value;
        gauge.mark();
    }
}

TEST(TaskTest, ResumedChildrenHandOverThroughTheReadySlot) {
    SimWorld world;
    StackGauge gauge;
    std::int64_t sum = 0;
    EXPECT_TRUE(world.run(resumed_chain(gauge, 200'000, sum)));
    EXPECT_EQ(sum, 200'000);
    EXPECT_LT(gauge.octets(), kFlat);
    EXPECT_FALSE(tls_ready_slot);
}

// All levels wait for the innermost one; its end goes up through every level.
Task<int> nested(StackGauge& way_up, int depth, Event& event) {
    if (depth == 0) {
        const auto notified = co_await event.wait();
        EXPECT_TRUE(notified.has_value());
        co_return 0;
    }
    const auto below = co_await nested(way_up, depth - 1, event);
    way_up.mark();
    co_return below + 1;
}

Task<> nest(StackGauge& way_up, int depth, Event& event, int& result) { result = co_await nested(way_up, depth, event); }

TEST(TaskTest, DeepNestingUnwindsOnAFlatStack) {
    SimWorld world;
    StackGauge way_up;
    Event event;
    int result = -1;
    Scope scope;
    scope.spawn(nest(way_up, 2000, event, result));
    EXPECT_GE(FramePool::in_use(), 1000U) << "the optimiser may put a child into its parent's frame, but not all of them";
    event.notify();
    EXPECT_TRUE(world.turn_until([&] { return scope.running() == 0; }));
    EXPECT_EQ(result, 2000);
    EXPECT_LT(way_up.octets(), kFlat);
}

Task<> mixed(std::uint64_t seed, int depth, int& visits) {
    Random random(seed);
    ++visits;
    if (random.chance(0.3)) co_await yield();
    for (int i = 0; depth > 0 && i < 3; ++i) {
        co_await mixed(random.next(), depth - 1, visits);
        if (random.chance(0.2)) co_await sleep_until(Worker::current().now() + std::chrono::milliseconds(random.below(20)));
    }
}

TEST(TaskTest, AnyMixtureOfWaitingAndNotEndsWell) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        SimWorld world;
        int visits = 0;
        EXPECT_TRUE(world.run(mixed(seed, 5, visits)));
        EXPECT_EQ(visits, 1 + 3 + 9 + 27 + 81 + 243);
    }
}

Task<> throws() {
    co_await yield();
    throw std::runtime_error("unexpected");
}

Task<> awaits_one_that_throws() { co_await throws(); }

TEST(TaskDeathTest, AnExceptionEndsTheProcessWithItsMessage) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            SimWorld world;
            std::ignore = world.run(awaits_one_that_throws());
        },
        "exception: unexpected");
}

}  // namespace
}  // namespace weir::io
