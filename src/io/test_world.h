// For tests: a worker on either backend, entered on this thread, and a bounded wait for something to become true. Unit tests of the rooms
// above use it, too.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "io/epoll_backend.h"
#include "io/frame_pool.h"
#include "io/scope.h"
#include "io/sim_backend.h"
#include "io/worker.h"

namespace weir::io {

class TestWorld {
public:
    // `turn_max`: what is waited for may come true in the middle of a turn, before its poll().
    TestWorld(std::unique_ptr<Backend> backend, Duration turn_max) : turn_max_(turn_max), worker_(std::move(backend), 0, 1) {
        worker_.enter();
    }
    TestWorld(const TestWorld&) = delete;
    TestWorld& operator=(const TestWorld&) = delete;
    ~TestWorld() {
        worker_.leave();
        EXPECT_EQ(FramePool::in_use(), frames_before_) << "frames are left";
    }

    Worker& worker() { return worker_; }

    // Turns until `done()`; false when that took too long in real time, or when nothing will ever happen again.
    template <class Done>
    bool turn_until(Done done) {
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!done()) {
            worker_.outflow().send();  // of a test that writes between turns
            if (worker_.backend().is_quiet() || std::chrono::steady_clock::now() > give_up) return done();
            worker_.turn(turn_max_ == Duration::max() ? kNever : worker_.now() + turn_max_);
        }
        return true;
    }

    // Runs one task to its end.
    [[nodiscard]] bool run(Task<> task) {
        Scope scope;
        scope.spawn(std::move(task));
        if (turn_until([&] { return scope.running() == 0; })) return true;
        ADD_FAILURE() << "the task did not end";
        std::abort();  // the scope can't go while its task waits
    }

private:
    std::size_t frames_before_ = FramePool::in_use();
    Duration turn_max_;
    Worker worker_;
};

class EpollWorld : public TestWorld {
public:
    EpollWorld() : TestWorld(make_epoll_backend(), std::chrono::milliseconds(10)) {}
};

class SimWorld : public TestWorld {
public:
    explicit SimWorld(std::uint64_t seed = 1, const SimFaults& faults = {})
        : TestWorld(std::make_unique<SimBackend>(seed, faults), Duration::max()) {}
    SimBackend& sim() { return static_cast<SimBackend&>(worker().backend()); }
};

}  // namespace weir::io
