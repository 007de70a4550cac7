// Small things to await that are not sockets: a point in time, a signal from another coroutine of the same worker.
#pragma once

#include <utility>

#include "io/broken.h"
#include "io/wait.h"

namespace weir::io {

// Waits until the deadline's time; an error only when stopped.
struct SleepUntil {
    Deadline deadline;
    Wait wait;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) { wait.begin(waiting, deadline, nullptr); }
    Result<> await_resume() const {
        auto outcome = wait.outcome();
        if (!outcome && outcome.error().code == ErrorCode::timeout) return {};
        return outcome;
    }
};
inline SleepUntil sleep_until(TimePoint at, Stop* stop = nullptr) { return SleepUntil{{at, stop}, {}}; }

// Lets every other ready coroutine go first. For loops whose reads and writes never block: others get their turn, and the deadline is
// seen although nothing is waited for. An error when it has passed or a Stop was requested.
struct Yield {
    Deadline deadline;
    Wait wait;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
        wait.begin(waiting, Deadline{}, nullptr);
        wait.complete();
    }
    Result<> await_resume() const;
};
inline Yield yield(Deadline deadline = {}) { return Yield{deadline, {}}; }

// One coroutine waits, others notify. A notification that comes first is kept (once).
class Event {
public:
    Event() = default;
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    ~Event() {
        if (waiter_ != nullptr) broken("an event ended before its waiter");
    }

    void notify() {
        if (waiter_ != nullptr) waiter_->complete();
        else is_set_ = true;
    }
    bool has_waiter() const { return waiter_ != nullptr; }

    struct Awaiter {
        Event& event;
        Deadline deadline;
        Wait wait;
        bool await_ready() noexcept { return std::exchange(event.is_set_, false); }
        void await_suspend(std::coroutine_handle<> waiting) { wait.begin(waiting, deadline, &event.waiter_); }
        Result<> await_resume() const { return wait.outcome(); }
    };
    Awaiter wait(Deadline deadline = {}) { return Awaiter{*this, deadline, {}}; }

private:
    Wait* waiter_ = nullptr;
    bool is_set_ = false;
};

}  // namespace weir::io
