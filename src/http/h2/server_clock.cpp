// ServerConnection's one timer, and what is looked at when it rings.
#include <nghttp2/nghttp2.h>

#include <algorithm>

#include "http/h2/server.h"
#include "io/worker.h"

namespace weir::http::h2 {

void ServerConnection::wake_at(TimePoint at) {
    if (is_armed() && armed_at_ <= at) return;
    armed_at_ = at;
    io::Worker::current().timers().arm(*this, at);
}

// One timer for everything that has a time. It is not moved when octets come: it looks, and sleeps again.
void ServerConnection::look_at_clock() {
    if (is_broken_) return;
    const auto at = io::Worker::current().now();
    if (blocked_since_ != kNever && at - blocked_since_ >= limits_.send_stall) {
        streams_.abused(Abuse::stalled_connection);
        stream_.abort();
        return lose(ErrorCode::timeout);
    }
    if (at >= head_due_) {
        head_due_ = kNever;
        punish(Abuse::slow_header);
    }
    if (at >= end_due_) {
        if (output_.octets_written() == written_at_end_) return lose(ErrorCode::cancelled);
        written_at_end_ = output_.octets_written();
        end_due_ = at + limits_.half_close_grace;
    }
    if (at >= farewell_at_) say_farewell();
    auto next = std::min({head_due_, end_due_, farewell_at_, look_at_finished(at)});
    if (blocked_since_ != kNever) next = std::min(next, blocked_since_ + limits_.send_stall);
    next = std::min(next, look_at_idle(at));
    if (!is_broken_) wake_at(next);
}

TimePoint ServerConnection::look_at_idle(TimePoint at) {
    const auto idle = begun_ == 0 ? std::min(limits_.first_idle, limits_.keep_alive_idle) : limits_.keep_alive_idle;
    if (count_ != 0) return at + idle;
    if (at - idle_since_ >= idle) {
        // Its farewell was said and it does not go: it is cut.
        if (farewell_ == Farewell::said) return lose(ErrorCode::timeout), kNever;
        shut_down();
        idle_since_ = at;
    }
    if (rests_) return idle_since_ + idle;
    if (at - idle_since_ < kRestAfter) return std::min(idle, kRestAfter) + idle_since_;
    rests_ = output_.empty() && nghttp2_session_want_write(session_) == 0;
    if (rests_) memory_.rest();
    return idle_since_ + idle;
}

// Streams whose exchange is over, but whose client does not take the rest of the reply (slow read), or does not end its request. The rest
// may be no more than its end: libnghttp2 sends no DATA into a window that is shut, an empty frame neither.
TimePoint ServerConnection::look_at_finished(TimePoint at) {
    auto next = kNever;
    for (auto* exchange = first_; exchange != nullptr; exchange = exchange->after_) {
        if (exchange->walk_ != ServerExchange::Walk::finished || exchange->resetter_ == ServerExchange::Resetter::us) continue;
        const auto due = exchange->has_sent_end_ ? exchange->finished_at_ + kRestGrace
                                                 : std::max(exchange->finished_at_, exchange->moved_at_) + limits_.send_stall;
        if (due > at) next = std::min(next, due);
        else if (exchange->has_sent_end_) exchange->reset(NGHTTP2_NO_ERROR);
        else if (exchange->waits_for_turn(at)) next = std::min(next, moved_at_ + exchange->send_stall_);
        else streams_.abused(Abuse::stalled_stream), exchange->reset(NGHTTP2_CANCEL);
    }
    return next;
}

}  // namespace weir::http::h2
