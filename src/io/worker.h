// Worker: a core's loop with everything it owns: backend, timers, the queue of coroutines that can go on, a mailbox from other threads.
// One a thread; nothing of it is touched by another thread but post() and its load figure.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/random.h"
#include "io/backend.h"
#include "io/mailbox.h"
#include "io/timer_wheel.h"
#include "io/wait.h"

namespace weir::io {

class Worker {
public:
    using Message = Mailbox::Message;

    Worker(std::unique_ptr<Backend> backend, std::uint32_t index, std::uint64_t seed);
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker();

    // The worker of the calling thread, between enter() and leave(); run() enters by itself.
    static Worker& current();
    static bool has_current();
    void enter();
    void leave();

    // Turns until stop() or, in a simulation, until nothing will ever happen again.
    void run();
    void stop() { is_stopping_ = true; }
    // One turn: what is ready, edges, timers, mailbox. Waits at most until `until`.
    void turn(TimePoint until = kNever);

    TimePoint now() const { return now_; }       // read once a turn
    WallTime wall_now() const { return wall_now_; }
    Backend& backend() { return *backend_; }
    TimerWheel& timers() { return timers_; }
    Random& random() { return random_; }
    std::uint32_t index() const { return index_; }

    // Runs `message` on this worker in its next turn. Any thread. False when the mailbox is full: the caller keeps its work.
    bool post(Message message);

    // Called at the end of every turn, before waiting: flushes of logs, gathered writes.
    void set_turn_end(std::move_only_function<void()> turn_end) { turn_end_ = std::move(turn_end); }

    std::uint64_t turns() const { return turns_; }

private:
    friend class Wait;
    void make_ready(Wait& wait);
    void run_ready();

    std::unique_ptr<Backend> backend_;
    std::uint32_t index_;
    TimePoint now_;
    WallTime wall_now_;
    TimerWheel timers_;
    Random random_;
    Mailbox mailbox_;
    Wait* ready_first_ = nullptr;
    Wait* ready_last_ = nullptr;
    std::move_only_function<void()> turn_end_;
    std::uint64_t turns_ = 0;
    bool is_stopping_ = false;
};

}  // namespace weir::io
