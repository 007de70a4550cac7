// The connection: its edges, what goes in and out, its end. What libnghttp2 tells is in client_session.cpp.
#include <nghttp2/nghttp2.h>

#include <algorithm>

#include "http/h2/client.h"
#include "http/h2/client_session.h"
#include "io/worker.h"

namespace weir::http::h2 {
namespace {

constexpr unsigned kReadsATurn = 16;  // then others get their turn
// Windows that are read within this time are what holds the sender back.
constexpr Duration kQuickly = std::chrono::milliseconds(100);

Error origin_error(ErrorCode code, const char* detail) { return {.code = code, .side = Side::upstream, .detail = detail}; }

Error error_of_library(int code) {
    if (code == NGHTTP2_ERR_FLOODED) return origin_error(ErrorCode::abuse, "the origin floods with HTTP/2 frames that want an answer");
    if (code == NGHTTP2_ERR_NOMEM) return {.code = ErrorCode::internal, .detail = "no memory for HTTP/2"};
    return origin_error(ErrorCode::malformed, "the origin breaks the framing of HTTP/2");
}

}  // namespace

ClientConnection::ClientConnection(net::Stream& stream, ClientOwner& owner, const Options& options)
    : Timer(&stalled), stream_(stream), owner_(owner), options_(options) {
    make_session();
    stream_.readiness().set_hook(this);
    reads_on_ = true;  // something may be here already
    heard_at_ = io::Worker::current().now();
    if (options_.ping_after != Duration::zero()) io::Worker::current().timers().arm(pulse_, heard_at_ + options_.ping_after);
    due();
}

ClientConnection::~ClientConnection() {
    stream_.readiness().set_hook(nullptr);
    while (first_ != nullptr) {
        auto& exchange = *first_;
        detach(exchange);
        exchange.failed(origin_error(ErrorCode::cancelled, "the connection is given up"));
    }
    nghttp2_session_del(session_);
}

// RFC 9113 3.4: the preface, our SETTINGS behind it, and the connection's window.
void ClientConnection::make_session() {
    session_ = make_client_session(*this);
    const auto windows = static_cast<std::int64_t>(options_.streams_max) * kWindow + kWindowsSpare;
    const std::array settings{nghttp2_settings_entry{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                              nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindow},
                              nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, ClientExchange::kHeaderListMax}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                          static_cast<std::int32_t>(std::min<std::int64_t>(windows, NGHTTP2_MAX_WINDOW_SIZE)));
}

io::Task<Result<>> ClientConnection::open(io::Deadline deadline) {
    while (!has_settings_ && !is_over_) {
        const auto told = co_await opened_.wait(deadline);
        if (!told) co_return fail(told.error().code, Side::upstream, "no HTTP/2 settings within the time to connect", Retry::yes);
    }
    if (has_settings_) co_return Result<>{};
    auto error = *error_;
    error.retry = Retry::yes;
    if (error.code == ErrorCode::malformed) error.detail = "the origin does not speak HTTP/2";
    co_return std::unexpected(error);
}

void ClientConnection::close() {
    if (is_over_) return;
    nghttp2_session_terminate_session(session_, NGHTTP2_NO_ERROR);
    while (output_.empty() && gather() && !output_.empty()) {
        const auto all = output_.write(stream_, Side::upstream);
        if (!all || !*all) break;
    }
    is_over_ = true;
    pulse_.cancel();
}

bool ClientConnection::may_open() const {
    return !is_over_ && has_settings_ && !has_goaway_ && nghttp2_session_check_request_allowed(session_) != 0;
}

std::uint32_t ClientConnection::streams_max() const {
    return std::min(options_.streams_max, nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS));
}

bool ClientConnection::takes_extended_connect() const {
    return nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1;
}

void ClientConnection::due() {
    if (!is_over_) io::Worker::current().at_turn_end(*this);
}

void ClientConnection::on_edge(io::Readiness& readiness) {
    if (readiness.may_read() && !read_in()) return;
    due();
}

void ClientConnection::on_turn_end() {
    if (std::exchange(reads_on_, false) && !read_in()) return;
    if (write_out()) look_for_end();
}

void ClientConnection::stalled(io::Timer& timer) {
    static_cast<ClientConnection&>(timer).end(origin_error(ErrorCode::timeout, "the other side takes no octets"));
}

// A connection whose other end has vanished without a word looks like one that idles. Anything that is heard counts as an answer.
void ClientConnection::beat() {
    auto& worker = io::Worker::current();
    if (awaits_pong_ && heard_at_ < pinged_at_) return end(origin_error(ErrorCode::timeout, "the origin does not answer a PING"));
    awaits_pong_ = false;
    const auto silence = heard_at_ == pong_at_ ? std::max(options_.ping_after, kPingAgain) : options_.ping_after;
    if (heard_at_ + silence <= worker.now()) ping();
    else worker.timers().arm(pulse_, heard_at_ + silence);
}

void ClientConnection::ping() {
    auto& worker = io::Worker::current();
    nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
    awaits_pong_ = true;
    pinged_at_ = worker.now();
    worker.timers().arm(pulse_, pinged_at_ + options_.ping_wait);
    due();
}

// A request goes out on a connection that has been silent: whether it is heard shall be known soon.
void ClientConnection::ask_when_stale() {
    if (options_.ping_after == Duration::zero() || awaits_pong_) return;
    if (heard_at_ + options_.ping_after <= io::Worker::current().now()) ping();
}

// False: the connection has ended, and may be gone.
bool ClientConnection::read_in() {
    for (unsigned round = 0; round < kReadsATurn; ++round) {
        in_ = Chunk::take(flows_ ? Chunk::kLarge : Chunk::kMedium);
        const auto count = stream_.read({in_.data(), in_.size()});
        if (count.is_blocked()) {
            in_.reset();
            return true;
        }
        if (!count.is_some()) {
            in_.reset();
            auto error = net::error_of(count, Side::upstream);
            error.detail = count.is_end() ? "the origin closed the connection" : "the connection broke";
            end(error);
            return false;
        }
        heard_at_ = io::Worker::current().now();
        flows_ = count.octets() == in_.size();
        const bool goes_on = feed({in_.data(), count.octets()});
        if (!goes_on) return false;
        in_.reset();
        due();
    }
    reads_on_ = true;
    due();
    return true;
}

// Before libnghttp2 works on it, and whatever it makes of it: it says nothing of frames that it passes over.
bool ClientConnection::count_frame(const FrameHead& head) {
    const bool carries = head.type == FrameType::headers || (head.type == FrameType::data && head.length != 0);
    idle_frames_ = carries ? 0 : idle_frames_ + 1;
    const bool begins_block = head.type == FrameType::headers || head.type == FrameType::push_promise;
    if (begins_block) block_octets_ = 0;
    if (begins_block || head.type == FrameType::continuation) block_octets_ += head.length;
    return idle_frames_ <= kIdleFramesMax && block_octets_ <= kHeaderBlockMax;
}

bool ClientConnection::feed(std::string_view octets) {
    if (!frames_.feed(octets, [this](const FrameHead& head) { return count_frame(head); })) {
        const bool is_block = block_octets_ > kHeaderBlockMax;
        end(origin_error(ErrorCode::abuse,
                         is_block ? "a header block without end (CONTINUATION flood)" : "too many HTTP/2 frames that carry nothing"));
        return false;
    }
    const auto taken = nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size());
    if (taken < 0) {
        end(error_of_library(static_cast<int>(taken)));
        return false;
    }
    return true;
}

// What the library and the exchanges have for the wire, as much as one write takes.
bool ClientConnection::gather() {
    while (!output_.is_full()) {
        const std::uint8_t* octets = nullptr;
        const auto count = nghttp2_session_mem_send(session_, &octets);
        if (count < 0) {
            end(error_of_library(static_cast<int>(count)));
            return false;
        }
        if (count == 0) break;
        output_.copy({reinterpret_cast<const char*>(octets), static_cast<std::size_t>(count)});
    }
    return true;
}

// False: the connection has ended, and may be gone.
bool ClientConnection::write_out() {
    for (;;) {
        if (output_.empty() && !gather()) return false;
        if (output_.empty()) {
            cancel();
            return true;
        }
        const auto before = output_.octets_written();
        const auto all = output_.write(stream_, Side::upstream);
        if (!all) {
            end(all.error());
            return false;
        }
        if (*all) continue;
        auto& worker = io::Worker::current();
        if (!is_armed() || output_.octets_written() != before) worker.timers().arm(*this, worker.now() + kWriteStall);
        return true;
    }
}

// After GOAWAY, or a fault of the connection that libnghttp2 has answered with one.
void ClientConnection::look_for_end() {
    if (!output_.empty() || nghttp2_session_want_read(session_) != 0 || nghttp2_session_want_write(session_) != 0) return;
    end(has_goaway_ ? origin_error(ErrorCode::closed, "the origin says goodbye") : error_of_library(NGHTTP2_ERR_PROTO));
}

void ClientConnection::end(const Error& error) {
    if (std::exchange(is_over_, true)) return;
    error_ = error;
    cancel();
    pulse_.cancel();
    stream_.readiness().set_hook(nullptr);
    while (first_ != nullptr) {
        auto& exchange = *first_;
        detach(exchange);
        exchange.failed(error);
    }
    output_.clear();
    in_.reset();
    opened_.notify();
    owner_.on_over(*this);
}

void ClientConnection::attach(ClientExchange& exchange) {
    exchange.before_ = nullptr;
    exchange.after_ = first_;
    if (first_ != nullptr) first_->before_ = &exchange;
    first_ = &exchange;
}

void ClientConnection::detach(ClientExchange& exchange) {
    (exchange.before_ != nullptr ? exchange.before_->after_ : first_) = exchange.after_;
    if (exchange.after_ != nullptr) exchange.after_->before_ = exchange.before_;
    exchange.connection_ = nullptr;
    // The session may speak of the stream once more, after its exchange has gone.
    if (exchange.stream_id_ != 0) nghttp2_session_set_stream_user_data(session_, exchange.stream_id_, nullptr);
    // What a closed stream has not handed on yet is its exchange's memory: the connection's window is for the others.
    if (exchange.waiting_octets_ != 0) nghttp2_session_consume_connection(session_, exchange.waiting_octets_);
    spare_ += exchange.window_ - kWindow;
    exchange.window_ = kWindow;
}

// Octets of an answer have been taken: their sender may send as many again (RFC 9113 5.2).
void ClientConnection::take(ClientExchange& exchange, std::size_t octets) {
    nghttp2_session_consume(session_, exchange.stream_id_, octets);
    exchange.window_taken_ += static_cast<std::int32_t>(octets);
    if (exchange.window_taken_ >= exchange.window_) grow_window(exchange);
    due();
}

// A whole window was taken. When that was quick, the window is what bounds this stream: it may be larger, while the sum of all stays within
// the connection's.
void ClientConnection::grow_window(ClientExchange& exchange) {
    const auto now = io::Worker::current().now();
    const bool was_quick = now - exchange.window_begun_ < kQuickly;
    exchange.window_begun_ = now;
    exchange.window_taken_ = 0;
    const auto more = std::min({exchange.window_, kWindowMax - exchange.window_, spare_});
    if (!was_quick || more <= 0) return;
    if (nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, exchange.stream_id_, exchange.window_ + more) != 0) return;
    exchange.window_ += more;
    spare_ -= more;
}

}  // namespace weir::http::h2
