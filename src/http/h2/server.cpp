#include "http/h2/server.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>

#include "http/h2/server_callbacks.h"
#include "io/broken.h"
#include "io/event.h"
#include "io/worker.h"

namespace weir::http::h2 {
namespace {

constexpr unsigned kReadsATurn = 16;                         // then others get their turn
constexpr Duration kFarewellWait = std::chrono::seconds(1);  // for the answer to a PING, when a client does not give it
constexpr std::uint32_t kWorthGrowing = 2;                   // a window grows when a 1/kWorthGrowing of it was taken since

TimePoint now() { return io::Worker::current().now(); }

}  // namespace

ServerConnection::ServerConnection(net::Stream& stream, Streams& streams, const ServerLimits& limits, io::Stop& stopping)
    : io::Timer([](io::Timer& timer) { static_cast<ServerConnection&>(timer).look_at_clock(); }),
      stream_(stream),
      streams_(streams),
      limits_(limits),
      stream_window_(std::min(kStreamWindow, kReceiveMax / 2 / std::max(limits.streams_max, 1U))),
      session_(open_session(*this, memory_, limits)),
      budgets_(now()),
      idle_since_(now()),
      over_(&stopping) {
    if (session_ == nullptr) io::broken("no memory for an HTTP/2 session");
    stream_.readiness().set_hook(this);
    wake_at(idle_since_ + std::min({limits_.first_idle, limits_.keep_alive_idle, kRestAfter}));
    schedule();
}

ServerConnection::~ServerConnection() {
    if (first_ != nullptr) io::broken("an HTTP/2 connection ended before its streams");
    nghttp2_session_del(session_);
}

io::Task<> ServerConnection::run(Piece at_hand) {
    reading_ = at_hand.owner;
    feed(at_hand.octets);
    at_hand = {};
    for (;;) {
        const auto state = over_.is_requested() ? ReadState::over : read_now();
        if (state == ReadState::over) break;
        if (state == ReadState::more) {
            co_await io::yield();
            continue;
        }
        reading_.reset();
        const auto ready = co_await stream_.readable({kNever, &over_});
        if (!ready) break;
    }
    reading_.reset();
    // A client that has closed its half may still take what is under way.
    if (saw_end_ && !over_.is_requested()) co_await io::sleep_until(kNever, &over_);
    stream_.readiness().set_hook(nullptr);
    if (!is_doomed_ && !is_broken_) send_some();
    may_linger_ = !is_broken_ && !saw_end_;
    lose(ErrorCode::cancelled);
    start_streams();
    io::Timer::cancel();
}

ServerConnection::ReadState ServerConnection::read_now() {
    for (unsigned read = 0; read < kReadsATurn; ++read) {
        const auto size = reads_large_ ? Chunk::kLarge : Chunk::kMedium;
        if (!reading_ || reading_.is_shared() || reading_.size() < size) reading_ = Chunk::take(size);
        const auto count = stream_.read({reading_.data(), reading_.size()});
        if (count.is_blocked()) return ReadState::blocked;
        if (count.is_failed()) {
            lose(ErrorCode::reset);
            return ReadState::over;
        }
        if (count.is_end()) {
            saw_end_ = true;
            written_at_end_ = output_.octets_written();
            end_due_ = now() + limits_.half_close_grace;
            wake_at(end_due_);
            schedule();
            return ReadState::over;
        }
        reads_large_ = count.octets() == reading_.size();
        feed({reading_.data(), count.octets()});
        if (over_.is_requested()) return ReadState::over;
    }
    return ReadState::more;
}

void ServerConnection::feed(std::string_view octets) {
    if (octets.empty() || is_doomed_) return;
    if (!frames_.feed(octets, [this](const FrameHead& head) { return count_frame(head); }))
        return verdict_ ? punish(*verdict_) : schedule();
    const auto taken = nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size());
    schedule();
    if (verdict_) punish(*verdict_);
    else if (taken < 0) feed_failed(taken);
    if (!frames_.is_in_header_block()) head_due_ = kNever;
    else if (head_due_ != kNever) wake_at(head_due_);
    start_streams();
}

void ServerConnection::feed_failed(std::int64_t error) {
    if (error == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS) return punish(Abuse::continuation);
    if (error == NGHTTP2_ERR_FLOODED) return punish(Abuse::ping);
    fail(error == NGHTTP2_ERR_BAD_CLIENT_MAGIC ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_INTERNAL_ERROR);
}

// Every frame that costs us more than the client, before it is worked on.
bool ServerConnection::count_frame(const FrameHead& head) {
    const bool is_ack = (head.flags & FrameHead::kAck) != 0;
    switch (head.type) {
        case FrameType::data: return check_data(head);
        case FrameType::continuation: return head.length != 0 || spend(Abuse::empty_frame);
        case FrameType::settings: return is_ack || spend(Abuse::settings);
        case FrameType::ping: return is_ack || spend(Abuse::ping);
        case FrameType::window_update:
            // RFC 9113 6.9, of a stream that is closed already as well.
            if (head.length != 0 && head.word == 0) return fail(NGHTTP2_PROTOCOL_ERROR), false;
            return spend(Abuse::window_update);
        case FrameType::priority_update: return spend(Abuse::priority);
        case FrameType::priority:
            // Of no effect, but never to be wrong (RFC 7540 5.3.1, RFC 9113 6.3).
            if (head.id == 0 || (head.length != 0 && head.word == head.id)) return fail(NGHTTP2_PROTOCOL_ERROR), false;
            return spend(Abuse::priority);
        case FrameType::rst_stream: client_reset_ = head.id; return true;
        case FrameType::headers: return check_headers();
        case FrameType::push_promise:
        case FrameType::goaway: return true;
    }
    return spend(Abuse::unknown_frame);
}

// libnghttp2 passes over DATA of closed streams, whatever is in it.
bool ServerConnection::check_data(const FrameHead& head) {
    const bool is_padded = (head.flags & FrameHead::kPadded) != 0;
    if (is_padded && head.word >= head.length) fail(NGHTTP2_PROTOCOL_ERROR);  // RFC 9113 6.1
    else if (head.id == client_reset_) fail(NGHTTP2_STREAM_CLOSED);
    else frame_on_closed(static_cast<std::int32_t>(head.id));
    if (is_doomed_) return false;
    return head.length != 0 || (head.flags & FrameHead::kEndStream) != 0 || spend(Abuse::empty_frame);
}

// Streams beyond their limit are refused with a frame each. Who begins them and reads nothing would have us keep all of those frames.
bool ServerConnection::check_headers() {
    if (nghttp2_session_get_outbound_queue_size(session_) <= kFramesWaitingMax) return true;
    verdict_ = Abuse::provoked_reset;
    return false;
}

// The client has reset it as well: nothing of it is on its way any more.
void ServerConnection::forget_reset(std::int32_t id) { std::ranges::replace(resets_, id, 0); }

// A connection error of the client's.
void ServerConnection::fail(std::uint32_t error_code) {
    if (is_doomed_) return;
    is_doomed_ = true;
    nghttp2_session_terminate_session(session_, error_code);
    schedule();
}

// RFC 9113 5.1: only what was on its way when we reset a stream may still come; 5.1.1: no id may be used that was passed over.
void ServerConnection::frame_on_closed(std::int32_t id) {
    if (id > last_id_ || id % 2 == 0 || nghttp2_session_find_stream(session_, id) != nullptr) return;
    if (std::ranges::find(resets_, id) != resets_.end()) return;
    bool was_passed_over = false;
    for (std::size_t i = 0; i < kGapsRemembered; ++i) was_passed_over |= id >= gap_starts_[i] && id <= gaps_[i];
    fail(was_passed_over ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_STREAM_CLOSED);
}

void ServerConnection::adopt(ServerExchange& exchange, std::int32_t id) {
    constexpr std::int32_t kStep = 2;
    const auto expected = last_id_ == 0 ? 1 : last_id_ + kStep;
    if (id != expected) {
        gap_starts_[gap_count_ % kGapsRemembered] = expected;
        gaps_[gap_count_++ % kGapsRemembered] = id - kStep;
    }
    last_id_ = id;
    exchange.after_ = first_;
    if (first_ != nullptr) first_->before_ = &exchange;
    first_ = &exchange;
    exchange.window_ = stream_window_;
    ++count_;
    ++begun_;
    rests_ = false;
}

// Its stream is closed: nothing more comes or goes.
void ServerConnection::forget(ServerExchange& exchange) {
    using Walk = ServerExchange::Walk;
    if (exchange.before_ != nullptr) exchange.before_->after_ = exchange.after_;
    else first_ = exchange.after_;
    if (exchange.after_ != nullptr) exchange.after_->before_ = exchange.before_;
    if (--count_ == 0) {
        idle_since_ = now();
        wake_at(idle_since_ + kRestAfter);
    }
    // The session may speak of the stream once more, after its exchange has gone.
    nghttp2_session_set_stream_user_data(session_, exchange.id_, nullptr);
    queued_ -= exchange.queued_;
    grown_ -= exchange.window_ - stream_window_;
    if (exchange.walk_ == Walk::heading) head_.reset();
    if (exchange.walk_ == Walk::heading && exchange.resetter_ == ServerExchange::Resetter::fault) {
        exchange.fault_ = {.code = ErrorCode::malformed, .detail = "malformed HTTP/2 request"};
        queue_start(exchange);
    }
    exchange.closed();
    schedule();
    if (exchange.walk_ == Walk::heading || exchange.walk_ == Walk::finished) streams_.gone(exchange);
}

void ServerConnection::queue_start(ServerExchange& exchange) {
    exchange.walk_ = ServerExchange::Walk::queued;
    if (last_start_ == nullptr) first_start_ = &exchange;
    else last_start_->next_start_ = &exchange;
    last_start_ = &exchange;
}

// Outside of libnghttp2: what is started may send at once.
void ServerConnection::start_streams() {
    while (first_start_ != nullptr) {
        auto& exchange = *first_start_;
        first_start_ = exchange.next_start_;
        if (first_start_ == nullptr) last_start_ = nullptr;
        // Reset in the same breath: nobody has seen it, nobody need hear of it (rapid reset).
        if (exchange.is_closed_ && !exchange.fault_) {
            exchange.walk_ = ServerExchange::Walk::finished;
            streams_.gone(exchange);
            continue;
        }
        exchange.walk_ = ServerExchange::Walk::walked;
        streams_.start(exchange);
    }
}

void ServerConnection::schedule() { io::Worker::current().at_turn_end(*this); }

void ServerConnection::on_turn_end() {
    if (!send_some()) return;
    if (verdict_ && !is_doomed_) {
        punish(*verdict_);
        if (!send_some()) return;
    }
    start_streams();
    if (is_over()) over_.request(ErrorCode::closed);
}

// False: the connection is lost.
bool ServerConnection::send_some() {
    if (is_broken_) return false;
    waits_for_refill_ = false;
    for (;;) {
        if (output_.empty() && !waits_for_refill_) fill_output();
        if (output_.empty()) break;
        const auto before = output_.octets_written();
        const auto all = output_.write(stream_, Side::client);
        if (!all) return lose(all.error().code), false;
        if (output_.octets_written() != before || *all) blocked_since_ = kNever;
        if (*all) continue;
        if (blocked_since_ == kNever) {
            blocked_since_ = now();
            wake_at(blocked_since_ + limits_.send_stall);
        }
        break;
    }
    if (waits_for_refill_) schedule();
    return true;
}

void ServerConnection::fill_output() {
    while (!output_.is_full() && !waits_for_refill_) {
        const std::uint8_t* octets = nullptr;
        const auto count = nghttp2_session_mem_send(session_, &octets);
        if (count < 0) lose(ErrorCode::internal);
        if (count <= 0) break;
        output_.copy({reinterpret_cast<const char*>(octets), static_cast<std::size_t>(count)});
    }
}

bool ServerConnection::is_over() const {
    if (!output_.empty()) return false;
    if (saw_end_ && count_ == 0) return true;
    return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
}

void ServerConnection::on_edge(io::Readiness& readiness) {
    if (readiness.is_broken()) lose(ErrorCode::reset);
    else if (!output_.empty() && readiness.may_write()) schedule();
}

// RFC 9113 6.8: first a GOAWAY that refuses nothing, then, when what was on its way has come, the one that names the last stream.
void ServerConnection::shut_down() {
    if (farewell_ != Farewell::none || is_doomed_ || is_broken_) return;
    if (count_ == 0) return say_farewell();
    farewell_ = Farewell::announced;
    nghttp2_submit_shutdown_notice(session_);
    farewell_at_ = now() + kFarewellWait;
    wake_at(farewell_at_);
    schedule();
}

void ServerConnection::say_farewell() {
    farewell_ = Farewell::said;
    farewell_at_ = kNever;
    nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR, nullptr, 0);
    schedule();
}

bool ServerConnection::spend(Abuse kind) {
    if (verdict_) return false;
    if (budgets_.spend(kind, now())) return true;
    verdict_ = kind;
    return false;
}

void ServerConnection::punish(Abuse kind) {
    if (is_doomed_ || is_broken_) return;
    is_doomed_ = true;
    streams_.abused(kind);
    nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM);
    schedule();
}

void ServerConnection::lose(ErrorCode why) {
    is_broken_ = true;
    head_.reset();
    while (first_ != nullptr) forget(*first_);
    output_.clear();
    over_.request(why);
}

// Somebody waits for octets and the window may be what keeps them away: it doubles, while the connection's share lasts.
void ServerConnection::grow_window(ServerExchange& exchange) {
    const auto window = exchange.window_;
    if (exchange.is_closed_ || window >= kStreamWindowMax) return;
    if (exchange.inlet_.octets() - exchange.grown_at_ < window / kWorthGrowing) return;
    if (grown_ + window > kReceiveMax - limits_.streams_max * stream_window_) return;
    exchange.grown_at_ = exchange.inlet_.octets();
    exchange.window_ = window * 2;
    grown_ += window;
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, exchange.id_, static_cast<std::int32_t>(exchange.window_));
    schedule();
}

}  // namespace weir::http::h2
