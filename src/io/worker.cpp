#include "io/worker.h"

#include <cstdlib>

#include "io/task.h"

namespace weir::io {
namespace {
thread_local Worker* tls_worker = nullptr;
}

Worker::Worker(std::unique_ptr<Backend> backend, std::uint32_t index, std::uint64_t seed)
    : backend_(std::move(backend)), index_(index), now_(backend_->now()), wall_now_(backend_->wall_now()), timers_(now_), random_(seed) {}

Worker::~Worker() {
    if (tls_worker == this) leave();
}

Worker& Worker::current() {
    if (tls_worker == nullptr) std::abort();  // I/O outside of a worker's thread
    return *tls_worker;
}

bool Worker::has_current() { return tls_worker != nullptr; }

void Worker::enter() { tls_worker = this; }
void Worker::leave() { tls_worker = nullptr; }

void Worker::run() {
    enter();
    while (!is_stopping_) turn();
    leave();
}

void Worker::turn(TimePoint until) {
    ++turns_;
    run_ready();
    if (turn_end_) turn_end_();
    backend_->poll(ready_first_ != nullptr ? now_ : std::min(until, timers_.next()));
    now_ = backend_->now();
    wall_now_ = backend_->wall_now();
    timers_.advance(now_);
    for (Message message; mailbox_.pop(message);) message();
    run_ready();
}

bool Worker::post(Message message) {
    if (!mailbox_.push(message)) return false;
    backend_->wake();
    return true;
}

void Worker::make_ready(Wait& wait) {
    wait.next_ready_ = nullptr;
    if (ready_last_ == nullptr) ready_first_ = &wait;
    else ready_last_->next_ready_ = &wait;
    ready_last_ = &wait;
}

void Worker::run_ready() {
    // Only what is ready now: a coroutine that keeps others ready must not starve the sockets.
    auto* last = ready_last_;
    while (ready_first_ != nullptr) {
        auto* wait = ready_first_;
        ready_first_ = wait->next_ready_;
        if (ready_first_ == nullptr) ready_last_ = nullptr;
        resume_flat(wait->waiting_);
        if (wait == last) break;
    }
}

void Wait::begin(std::coroutine_handle<> waiting, const Deadline& deadline, Wait** slot) {
    waiting_ = waiting;
    slot_ = slot;
    is_pending_ = true;
    if (deadline.at != kNever) Worker::current().timers().arm(*this, deadline.at);
    if (deadline.stop != nullptr) deadline.stop->watch(*this);
}

void Wait::end(bool succeeded, ErrorCode code) {
    if (!is_pending_) return;
    is_pending_ = false;
    succeeded_ = succeeded;
    code_ = code;
    cancel();
    StopWatcher::leave();
    if (slot_ != nullptr) *slot_ = nullptr;
    Worker::current().make_ready(*this);
}

void Wait::timed_out(Timer& timer) { static_cast<Wait&>(timer).fail(ErrorCode::timeout); }

void Wait::stopped(StopWatcher& watcher, ErrorCode why) { static_cast<Wait&>(watcher).fail(why); }

}  // namespace weir::io
