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
#include "io/outflow.h"
#include "io/timer_wheel.h"
#include "io/turn_end.h"
#include "io/wait.h"

namespace weir::io {

// The index of the worker that serves no traffic: admin API, health checks, resolver.
inline constexpr std::uint32_t kControlIndex = 0xffff;

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

    // Turns until stop() or, in a simulation, until nothing will ever happen again. The turn's end is called once more at the end.
    void run();
    void stop() { is_stopping_ = true; }  // this thread only; from another one, post() it
    // One turn: what is ready, the turn's end, sends, edges, timers, mailbox, what became ready. Waits at most until `until`.
    void turn(TimePoint until = kNever);

    TimePoint now() const { return now_; }                                                  // read once a turn
    WallTime wall_now() const { return WallTime(now_.time_since_epoch() + wall_offset_); }  // follows a set clock within 100 ms
    Backend& backend() { return *backend_; }
    TimerWheel& timers() { return timers_; }
    Outflow& outflow() { return outflow_; }
    Random& random() { return random_; }
    std::uint32_t index() const { return index_; }

    // Runs `message` on this worker in its next turn. Any thread. False when the mailbox is full: the caller keeps its work.
    bool post(Message message) { return try_post(message); }
    // The same; what is refused stays in `message`.
    bool try_post(Message& message);

    // Calls it at this turn's end, once, before waiting: gathered writes.
    void at_turn_end(TurnEnd& end) { turn_ends_.add(end); }
    // Called at the end of every turn, before waiting: flushes of logs, figures.
    void set_turn_end(std::move_only_function<void()> turn_end) { turn_end_ = std::move(turn_end); }

    std::uint64_t turns() const { return turns_; }

private:
    friend class Wait;
    static constexpr unsigned kReadyRoundsMax = 8;  // of coroutines that wake each other, then sockets get their turn
    static constexpr std::size_t kMessagesATurnMax = 256;

    void make_ready(Wait& wait);
    void run_ready();
    void run_ready_once();
    void read_clock();
    void take_mail();
    bool is_finished() const;

    std::unique_ptr<Backend> backend_;
    std::uint32_t index_;
    TimePoint now_;
    Duration wall_offset_{};
    TimePoint wall_checked_at_{};
    TimerWheel timers_;
    Random random_;
    Mailbox mailbox_;
    alignas(64) std::atomic<bool> is_woken_{false};  // somebody has posted and woken the backend since mail was taken last
    alignas(64) bool has_more_mail_ = false;
    Wait* ready_first_ = nullptr;
    Wait* ready_last_ = nullptr;
    TurnEnds turn_ends_;
    std::move_only_function<void()> turn_end_;
    std::uint64_t turns_ = 0;
    bool is_stopping_ = false;
    Outflow outflow_;
};

}  // namespace weir::io
