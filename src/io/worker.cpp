#include "io/worker.h"

#include <algorithm>
#include <utility>

#include "io/broken.h"
#include "io/event.h"
#include "io/task.h"

namespace weir::io {
namespace {
thread_local Worker* tls_worker = nullptr;
}

Worker::Worker(std::unique_ptr<Backend> backend, std::uint32_t index, std::uint64_t seed)
    : backend_(std::move(backend)), index_(index), now_(backend_->now()), timers_(now_), random_(seed), outflow_(*this) {
    read_clock();
}

Worker::~Worker() {
    if (tls_worker == this) leave();
}

Worker& Worker::current() {
    if (tls_worker == nullptr) broken("input or output outside of a worker's thread");
    return *tls_worker;
}

bool Worker::has_current() { return tls_worker != nullptr; }

void Worker::enter() { tls_worker = this; }
void Worker::leave() { tls_worker = nullptr; }

void Worker::run() {
    auto* before = std::exchange(tls_worker, this);
    while (!is_stopping_) {
        if (backend_->is_quiet()) outflow_.send();  // something may happen still
        if (is_finished()) break;
        turn();
    }
    turn_ends_.call();
    outflow_.send();
    if (turn_end_) turn_end_();
    is_stopping_ = false;
    tls_worker = before;
}

bool Worker::is_finished() const {
    return backend_->is_quiet() && ready_first_ == nullptr && !has_more_mail_ && turn_ends_.empty() && timers_.next() == kNever;
}

void Worker::turn(TimePoint until) {
    ++turns_;
    run_ready();
    turn_ends_.call();
    outflow_.send();
    if (turn_end_) turn_end_();
    const bool is_busy = ready_first_ != nullptr || has_more_mail_ || !turn_ends_.empty();
    backend_->poll(is_busy ? now_ : std::min(until, timers_.next()));
    read_clock();
    timers_.advance(now_);
    take_mail();
    run_ready();
}

void Worker::read_clock() {
    constexpr Duration kWallCheckEvery = std::chrono::milliseconds(100);
    now_ = backend_->now();
    if (now_ - wall_checked_at_ < kWallCheckEvery) return;
    wall_checked_at_ = now_;
    wall_offset_ = backend_->wall_now().time_since_epoch() - now_.time_since_epoch();
}

bool Worker::try_post(Message& message) {
    if (!mailbox_.push(message)) return false;
    // One wake is enough until mail is taken. The exchanges order this push before the taking that clears the flag, or after it.
    if (!is_woken_.exchange(true, std::memory_order_acq_rel)) backend_->wake();
    return true;
}

void Worker::take_mail() {
    if (!has_more_mail_ && !is_woken_.load(std::memory_order_relaxed)) return;
    is_woken_.exchange(false, std::memory_order_acq_rel);
    std::size_t taken = 0;
    for (Message message; taken < kMessagesATurnMax && mailbox_.pop(message); ++taken) message();
    has_more_mail_ = taken == kMessagesATurnMax;
}

void Worker::make_ready(Wait& wait) {
    wait.next_ready_ = nullptr;
    if (ready_last_ == nullptr) ready_first_ = &wait;
    else ready_last_->next_ready_ = &wait;
    ready_last_ = &wait;
}

void Worker::run_ready() {
    // A coroutine that keeps others or itself ready must not starve the sockets.
    for (unsigned round = 0; round < kReadyRoundsMax && ready_first_ != nullptr; ++round) run_ready_once();
}

void Worker::run_ready_once() {
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
    if (slot != nullptr) {
        if (*slot != nullptr && *slot != this) broken("two coroutines wait for one thing");
        *slot = this;
    }
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

Result<> Yield::await_resume() const {
    if (deadline.stop != nullptr && deadline.stop->is_requested()) return fail(deadline.stop->why(), Side::self);
    if (deadline.at <= Worker::current().now()) return fail(ErrorCode::timeout, Side::self);
    return {};
}

void Wait::timed_out(Timer& timer) { static_cast<Wait&>(timer).fail(ErrorCode::timeout); }

void Wait::stopped(StopWatcher& watcher, ErrorCode why) { static_cast<Wait&>(watcher).fail(why); }

}  // namespace weir::io
