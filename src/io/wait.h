// Wait: one suspended coroutine, what it waits for, and how the wait ended. The leaf of every co_await: sockets, events, sleeps and
// mailboxes are built of it. It lives in the awaiter, that is in the waiting coroutine's frame.
#pragma once

#include <coroutine>

#include "io/deadline.h"
#include "io/timer_wheel.h"

namespace weir::io {

class Wait : private Timer, private StopWatcher {
public:
    Wait() : Timer(&timed_out), StopWatcher(&stopped) {}
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait() = default;

    // Called in await_suspend. `slot`, if any, is where others find this Wait until it has ended: one waiter a slot.
    void begin(std::coroutine_handle<> waiting, const Deadline& deadline, Wait** slot);
    // Ends the wait well; the coroutine goes on in this turn.
    void complete() { end(true, ErrorCode::closed); }
    void fail(ErrorCode code) { end(false, code); }

    bool is_pending() const { return is_pending_; }
    // In await_resume.
    Result<> outcome() const {
        if (succeeded_) return {};
        return std::unexpected(Error{.code = code_, .side = Side::self});
    }

private:
    friend class Worker;
    static void timed_out(Timer& timer);
    static void stopped(StopWatcher& watcher, ErrorCode why);
    void end(bool succeeded, ErrorCode code);

    std::coroutine_handle<> waiting_{};
    Wait* next_ready_ = nullptr;
    Wait** slot_ = nullptr;
    ErrorCode code_ = ErrorCode::closed;
    bool succeeded_ = true;
    bool is_pending_ = false;
};

}  // namespace weir::io
