#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "http/h2/client.h"
#include "http/h2/client_head.h"
#include "http/h2/client_session.h"
#include "http/trailers.h"
#include "io/worker.h"

namespace weir::http::h2 {
namespace {

constexpr std::size_t kFieldOverhead = 32;  // RFC 9113 6.5.2
constexpr std::size_t kPartsAFrame = 2;     // what a full Output has room for beside the frame's head

TimePoint after(TimePoint now, Duration wait) { return wait >= kNever - now ? kNever : now + wait; }

}  // namespace

ClientExchange::ClientExchange(ClientConnection& connection, Arena& arena) : connection_(&connection), arena_(arena), trailers_(arena) {
    connection.attach(*this);
}

ClientExchange::~ClientExchange() {
    if (connection_ == nullptr) return;
    auto& connection = *connection_;
    cancel();
    connection.detach(*this);
}

// The client has gone, or nobody wants the rest (RFC 9113 5.4.2).
void ClientExchange::cancel() {
    if (connection_ == nullptr || stream_id_ == 0) return;
    nghttp2_submit_rst_stream(connection_->session_, NGHTTP2_FLAG_NONE, stream_id_, NGHTTP2_CANCEL);
    connection_->due();
}

Result<> ClientExchange::put_head(const Request& request, std::string_view target, std::span<const Piece> first, bool is_last) {
    if (failure_) return std::unexpected(*failure_);
    if (connection_ == nullptr || !connection_->may_open())
        return fail(ErrorCode::closed, Side::upstream, "the connection takes no more streams", Retry::yes);
    method_ = request.method;
    const bool is_websocket = equal_ignoring_case(request.upgrade, "websocket");
    // Without its upgrade the request would be another one.
    if (is_websocket && !connection_->takes_extended_connect())
        return fail(ErrorCode::unsupported_version, Side::upstream, "the origin takes no WebSocket over HTTP/2", Retry::yes);
    if (is_websocket) {
        method_ = Method::connect;
        websocket_accept_ = websocket_accept(request.fields.value(FieldId::sec_websocket_key), arena_);
    }
    const bool is_tunnel = method_ == Method::connect;
    queue(first, is_last && !is_tunnel, nullptr);
    const RequestForm form{.request = request,
                           .target = target,
                           .is_secure = connection_->options_.is_secure,
                           .is_websocket = is_websocket,
                           .has_body = !is_request_whole_ || out_octets_ != 0};
    stream_id_ = submit_request(connection_->session_, form, *this, arena_);
    if (stream_id_ < 0) {
        stream_id_ = 0;
        return fail(ErrorCode::closed, Side::upstream, "the connection takes no more streams", Retry::yes);
    }
    window_begun_ = io::Worker::current().now();
    connection_->ask_when_stale();
    connection_->due();
    return {};
}

void ClientExchange::queue(std::span<const Piece> pieces, bool is_last, const Fields* trailers) {
    for (const auto& piece : pieces) {
        if (piece.empty()) continue;
        out_.push_back(piece);
        out_octets_ += piece.size();
    }
    is_request_whole_ = is_last;
    out_trailers_ = is_last ? trailers : nullptr;
}

Result<> ClientExchange::put(std::span<const Piece> pieces, bool is_last, const Fields* trailers) {
    queue(pieces, is_last, trailers);
    return resume();
}

Result<> ClientExchange::resume() {
    if (failure_) return std::unexpected(*failure_);
    if (is_request_cut_ || connection_ == nullptr)
        return fail(ErrorCode::closed, Side::upstream, "the origin takes no more of the request");
    nghttp2_session_resume_data(connection_->session_, stream_id_);
    connection_->due();
    return {};
}

io::Task<Result<>> ClientExchange::flush(io::Deadline deadline) {
    auto left = out_octets_;
    auto since = io::Worker::current().now();
    while (!is_flushed()) {
        if (failure_) co_return std::unexpected(*failure_);
        if (is_request_cut_ || connection_ == nullptr)
            co_return fail(ErrorCode::closed, Side::upstream, "the origin takes no more of the request");
        const auto went = co_await sent_.wait(deadline.sooner(after(since, send_stall_)));
        if (out_octets_ != left) left = out_octets_, since = io::Worker::current().now();
        if (!went && !is_flushed()) co_return fail(went.error().code, Side::upstream, "the other side takes no octets");
    }
    co_return Result<>{};
}

// What goes into the next DATA frame.
ClientExchange::Part ClientExchange::next_part(std::size_t room) const {
    Part part;
    std::size_t at = out_first_;
    for (std::size_t i = 0; i < kPartsAFrame && at < out_.size(); ++i, ++at) part.octets += out_[at].size();
    part.is_end = is_request_whole_ && at == out_.size() && part.octets <= room;
    part.octets = std::min(part.octets, room);
    return part;
}

void ClientExchange::send_part(std::size_t octets, Output& output) {
    out_octets_ -= octets;
    while (octets != 0) {
        auto& piece = out_[out_first_];
        const auto taken = std::min(octets, piece.size());
        output.add(piece.octets.substr(0, taken), piece.owner);
        piece.octets.remove_prefix(taken);
        octets -= taken;
        if (!piece.empty()) break;
        piece = Piece{};
        ++out_first_;
    }
    if (out_first_ == out_.size()) out_.clear(), out_first_ = 0;
    sent_.notify();
    if (tunnel_ && is_flushed()) tunnel_->may_write();
}

io::Task<Result<>> ClientExchange::read_head(Response& response, io::Deadline deadline) {
    while (heads_ == nullptr) {
        if (failure_) co_return std::unexpected(*failure_);
        const auto told = co_await came_.wait(deadline);
        if (!told && heads_ == nullptr) co_return fail(told.error().code, Side::upstream, "no answer within its time");
    }
    auto& head = *heads_;
    heads_ = head.next;
    --heads_count_;
    if (const auto* fault = finish_answer(head, method_, response)) co_return broken(ErrorCode::malformed, fault);
    // RFC 8441 5: what a WebSocket's client is told in HTTP/1.1.
    if (!websocket_accept_.empty() && response.status / 100 == 2) {
        response.status = 101;
        response.upgrade = "websocket";
        response.framing = Framing::none;
        response.fields.set(FieldId::sec_websocket_accept, websocket_accept_);
    }
    co_return Result<>{};
}

net::Stream& ClientExchange::raw() {
    if (!tunnel_) {
        tunnel_.emplace(static_cast<Body&>(*this), static_cast<Sender&>(*this), static_cast<ClientTunnel::Breaker&>(*this));
        if (failure_) tunnel_->broke();
        else tunnel_->may_read();
    }
    return *tunnel_;
}

std::unexpected<Error> ClientExchange::broken(ErrorCode code, const char* detail) {
    if (!failure_) failure_ = Error{.code = code, .side = Side::upstream, .detail = detail};
    return std::unexpected(*failure_);
}

// --- The answer, as it comes in.

bool ClientExchange::begin_head(bool is_trailer) {
    if (failure_) return false;
    has_answer_begun_ = true;
    coming_ = nullptr;
    if (is_trailer) {
        head_octets_ = 0;
        return true;
    }
    if (heads_count_ == kInterimMax) {
        failed({.code = ErrorCode::malformed, .side = Side::upstream, .detail = "too many interim answers"});
        return false;
    }
    coming_ = arena_.make<AnswerHead>(Fields(arena_));
    return true;
}

bool ClientExchange::add_field(std::string_view name, std::string_view value) {
    head_octets_ += name.size() + value.size() + kFieldOverhead;
    auto& fields = coming_ != nullptr ? coming_->fields : trailers_;
    // Bounds a bomb of HPACK, too: a few octets may stand for a table's whole entry.
    if (head_octets_ > kHeaderListMax || fields.size() == kHeaderCountMax) {
        failed({.code = ErrorCode::fields_too_large, .side = Side::upstream, .detail = "the origin's header fields are too large"});
        return false;
    }
    if (name == ":status") {
        coming_->status = read_status(value);
        return true;
    }
    const auto id = id_of(name);
    if (coming_ == nullptr && !may_be_trailer(id)) return true;
    fields.add(Field{.name = id == FieldId::other ? arena_.copy(name) : name_of(id), .value = arena_.copy(trim(value)), .id = id});
    return true;
}

bool ClientExchange::end_head(bool is_end) {
    if (failure_) return false;
    if (coming_ == nullptr) return true;
    auto* head = std::exchange(coming_, nullptr);
    // RFC 9113 8.6: there is no 101 in HTTP/2.
    if (head->status < 100 || head->status == 101) {
        failed({.code = ErrorCode::malformed, .side = Side::upstream, .detail = "an answer without a good status"});
        return false;
    }
    head->is_end = is_end;
    has_final_head_ = head->status >= 200;
    auto** last = &heads_;
    while (*last != nullptr) last = &(*last)->next;
    *last = head;
    ++heads_count_;
    wake();
    return true;
}

void ClientExchange::came(std::string_view octets, const Chunk& chunk) {
    waiting_octets_ += octets.size();
    if (octets.size() >= kCopiedBelow) {
        pieces_.push_back({octets, chunk});
        copied_.reset();
        return wake();
    }
    // What is short does not hold a large chunk: an origin that cuts its answer small would fill our memory.
    while (!octets.empty()) {
        if (!copied_ || copied_used_ == copied_.size()) {
            copied_ = Chunk::take(pieces_.empty() ? Chunk::kSmall : Chunk::kMedium);
            copied_used_ = 0;
        }
        const auto count = std::min(octets.size(), copied_.size() - copied_used_);
        auto* to = copied_.data() + copied_used_;
        std::memcpy(to, octets.data(), count);
        copied_used_ += count;
        octets.remove_prefix(count);
        auto* last = pieces_.size() > piece_first_ ? &pieces_.back() : nullptr;
        if (last != nullptr && last->octets.data() + last->size() == to) last->octets = {last->octets.data(), last->size() + count};
        else pieces_.push_back({{to, count}, copied_});
    }
    wake();
}

void ClientExchange::ended() {
    is_whole_ = true;
    wake();
}

// The stream is closed (RFC 9113 5.1); `code` says why (7).
void ClientExchange::closed(std::uint32_t code) {
    is_closed_ = true;
    if (is_whole_) {
        // RFC 9113 8.1: an answer may be whole before its request is.
        is_request_cut_ = !is_request_whole_ || out_octets_ != 0;
        return wake();
    }
    Error error{.code = ErrorCode::reset, .side = Side::upstream, .detail = "the origin reset the stream"};
    if (code == NGHTTP2_REFUSED_STREAM)
        error = {.code = ErrorCode::refused_stream, .side = Side::upstream, .retry = Retry::yes, .detail = "the origin refused the stream"};
    if (code == NGHTTP2_HTTP_1_1_REQUIRED)
        error = {
            .code = ErrorCode::unsupported_version, .side = Side::upstream, .retry = Retry::yes, .detail = "the origin wants HTTP/1.1"};
    if (code == NGHTTP2_PROTOCOL_ERROR)
        error = {.code = ErrorCode::malformed, .side = Side::upstream, .detail = "a malformed answer over HTTP/2"};
    failed(error);
}

void ClientExchange::failed(const Error& error) {
    if (failure_ || is_whole_) return wake();
    auto& failure = failure_.emplace(error);
    // Nothing of the request has left: it may go another way, whatever it is.
    if (!has_left_) failure.retry = Retry::yes;
    else if (has_answer_begun_ && failure.code == ErrorCode::closed) failure.code = ErrorCode::truncated;
    wake();
}

void ClientExchange::wake() {
    came_.notify();
    sent_.notify();
    if (!tunnel_) return;
    if (failure_) tunnel_->broke();
    else tunnel_->may_read();
}

// --- Body.

Result<Piece> ClientExchange::ready() {
    if (piece_first_ == pieces_.size()) {
        if (failure_ && has_final_head_) return std::unexpected(*failure_);
        return Piece{};
    }
    auto piece = std::move(pieces_[piece_first_++]);
    if (piece_first_ == pieces_.size()) {
        pieces_.clear();
        piece_first_ = 0;
        copied_.reset();
    }
    octets_ += piece.size();
    waiting_octets_ -= piece.size();
    if (connection_ != nullptr) connection_->take(*this, piece.size());
    return piece;
}

io::Task<Result<>> ClientExchange::wait() {
    while (piece_first_ == pieces_.size() && !is_whole_) {
        if (failure_) co_return std::unexpected(*failure_);
        const auto until = std::min(pace_.overall.at, after(io::Worker::current().now(), pace_.stall));
        const auto told = co_await came_.wait({until, pace_.overall.stop});
        if (told || piece_first_ != pieces_.size() || is_whole_) continue;
        // Stopped, not broken: whoever stopped this wait may go on with the body later.
        if (told.error().code == ErrorCode::cancelled) co_return fail(ErrorCode::cancelled, Side::upstream, "stopped");
        co_return broken(told.error().code, told.error().code == ErrorCode::timeout ? "the body came too slowly" : "stopped");
    }
    co_return Result<>{};
}

}  // namespace weir::http::h2
