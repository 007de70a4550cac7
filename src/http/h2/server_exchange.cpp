#include "http/h2/server_exchange.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>

#include "base/text.h"
#include "http/h2/server.h"
#include "http/h2/server_callbacks.h"
#include "io/worker.h"

namespace weir::http::h2 {
namespace {

// What HTTP/2 says by its frames, or forbids (RFC 9113 8.2.2).
constexpr FieldSet kNotInStreams{FieldId::connection, FieldId::content_length,   FieldId::transfer_encoding,
                                 FieldId::keep_alive, FieldId::proxy_connection, FieldId::upgrade,
                                 FieldId::te,         FieldId::http2_settings};

constexpr std::size_t kLengthDigitsMax = 20;

// A body for requests that have none, whatever DATA comes: it belongs to the tunnel.
class NoBody final : public Body {
public:
    void set_pace(const Pace& /*pace*/) override {}
    Result<Piece> ready() override { return Piece{}; }
    io::Task<Result<>> wait() override { co_return Result<>{}; }
    bool is_done() const override { return true; }
    std::uint64_t octets() const override { return 0; }
};

nghttp2_nv line_of(std::string_view name, std::string_view value, std::uint8_t flags = NGHTTP2_NV_FLAG_NONE) {
    return {.name = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
            .value = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())),
            .namelen = name.size(),
            .valuelen = value.size(),
            .flags = flags};
}

// The names that Weir knows, as HTTP/2 writes them: they stay where they are, and are neither copied nor looked at octet by octet.
std::string_view lower_name_of(FieldId id) {
    static const auto kNames = [] {
        std::array<std::string, static_cast<std::size_t>(FieldId::count_)> names;
        for (std::size_t i = 0; i < names.size(); ++i) names[i] = lower(name_of(static_cast<FieldId>(i)));
        return names;
    }();
    return kNames[static_cast<std::size_t>(id)];
}

// All have three (RFC 9110 15).
std::string_view status_of(unsigned status, Arena& arena) {
    const auto digit = [](unsigned number) { return static_cast<char>('0' + number % 10); };
    const auto room = arena.make_array<char>(3);
    room[0] = digit(status / 100);
    room[1] = digit(status / 10);
    room[2] = digit(status);
    return {room.data(), room.size()};
}

std::string_view digits_of(std::uint64_t number, Arena& arena) {
    const auto room = arena.make_array<char>(kLengthDigitsMax);
    const auto* const end = std::to_chars(room.data(), room.data() + room.size(), number).ptr;
    return {room.data(), static_cast<std::size_t>(end - room.data())};
}

}  // namespace

ServerExchange::ServerExchange(ServerConnection& connection, std::int32_t id, Arena& arena)
    : connection_(connection), arena_(arena), id_(id), inlet_(*this, Side::client, arena) {}

ServerExchange::~ServerExchange() = default;

void ServerExchange::head_read(const Fault& fault) {
    fault_ = fault;
    is_tunnel_ = !fault && (request_->method == Method::connect || !request_->upgrade.empty());
}

bool ServerExchange::finish() {
    walk_ = Walk::finished;
    gone_ = nullptr;
    if (is_closed_) return true;
    finished_at_ = io::Worker::current().now();
    unwanted_ = inlet_.held();
    inlet_.clear();
    if (!has_reply_end_) {
        reset(fault_ ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_INTERNAL_ERROR);
        return false;
    }
    connection_.budgets_.stream_served();
    if (has_sent_end_) end_sent();
    else connection_.wake_at(finished_at_ + send_stall_);
    return false;
}

// RFC 9113 8.1: the reply is whole, what is left of the request is not wanted. A client whose next word ends it, or is a fault that it must
// hear of, has a moment for that: what a reset stream is told is passed over.
void ServerExchange::end_sent() {
    has_sent_end_ = true;
    if (walk_ != Walk::finished || is_request_whole_) return;
    if (fault_) return reset(NGHTTP2_PROTOCOL_ERROR);
    if (is_tunnel_ || unwanted_ > ServerConnection::kRestMax) return reset(NGHTTP2_NO_ERROR);
    finished_at_ = io::Worker::current().now();
    connection_.wake_at(finished_at_ + ServerConnection::kRestGrace);
}

void ServerExchange::request_goes_on(std::size_t octets) {
    if (walk_ != Walk::finished) return;
    unwanted_ += octets;
    if (has_sent_end_ && unwanted_ > ServerConnection::kRestMax) reset(NGHTTP2_NO_ERROR);
}

Body& ServerExchange::body() {
    static constinit NoBody none;
    if (is_tunnel_) return none;
    return inlet_;
}

void ServerExchange::take_data(std::string_view octets, const Chunk& owner) {
    octets_in_ += octets.size();
    if (walk_ == Walk::finished || resetter_ != Resetter::nobody) return;
    inlet_.feed(octets, owner);
    if (tunnel_) tunnel_->tell(false);
}

void ServerExchange::request_ended() {
    is_request_whole_ = true;
    inlet_.end();
    if (tunnel_) tunnel_->tell(false);
}

void ServerExchange::octets_taken(std::size_t octets) {
    if (is_closed_) return;
    nghttp2_session_consume_stream(connection_.session_, id_, octets);
    connection_.schedule();
}

void ServerExchange::octets_awaited() { connection_.grow_window(*this); }

void ServerExchange::closed() {
    is_closed_ = true;
    drop_queue();
    const bool is_fault = resetter_ == Resetter::fault;
    inlet_.fail(is_fault ? ErrorCode::malformed : ErrorCode::reset, is_fault ? "malformed HTTP/2 stream" : "the client reset the stream");
    const bool is_whole = has_sent_end_ && is_request_whole_;
    if (gone_ != nullptr && !is_whole) gone_->request(is_fault ? ErrorCode::malformed : ErrorCode::cancelled);
    if (drained_.has_waiter()) drained_.notify();
    if (tunnel_) tunnel_->tell(true);
}

void ServerExchange::watch_client(io::Stop* gone, Duration /*half_close_grace*/) {
    gone_ = gone;
    if (gone != nullptr && is_closed_) gone->request(ErrorCode::cancelled);
}

std::unexpected<Error> ServerExchange::client_gone() const {
    return weir::fail(ErrorCode::reset, Side::client, "the client's stream is gone");
}

// RFC 9113 8.3.2: names in lower case (libnghttp2 sees to it where it copies them), no reason, no connection.
Lines ServerExchange::lines_of(std::uint16_t status, const Response& response) {
    const auto lines = arena_.make_array<nghttp2_nv>(response.fields.size() + 2);
    std::size_t count = 0;
    const auto add = [&](std::string_view name, std::string_view value, std::uint8_t flags = NGHTTP2_NV_FLAG_NO_COPY_NAME) {
        octets_out_ += name.size() + value.size();
        lines[count++] = line_of(name, value, flags);
    };
    add(":status", status_of(status, arena_));
    for (const auto& field : response.fields) {
        if (kNotInStreams.has(field.id) || (is_tunnel_ && field.id == FieldId::sec_websocket_accept)) continue;
        if (field.id == FieldId::other) add(field.name, field.value, NGHTTP2_NV_FLAG_NONE);
        else add(lower_name_of(field.id), field.value);
    }
    const bool states_length = response.framing == Framing::length || response.states_length;
    if (states_length && status >= 200 && status != 204) add("content-length", digits_of(response.content_length, arena_));
    octets_out_ += kFrameHead;
    return {lines.data(), count};
}

Result<> ServerExchange::put_interim(const Response& response) {
    if (is_closed_) return client_gone();
    const auto lines = lines_of(response.status, response);
    nghttp2_submit_headers(connection_.session_, NGHTTP2_FLAG_NONE, id_, nullptr, static_cast<const nghttp2_nv*>(lines.at), lines.count,
                           nullptr);
    connection_.schedule();
    return {};
}

// RFC 8441 5.1, RFC 9113 8.5: from here on DATA frames are a stream of octets.
bool ServerExchange::is_switching(const Response& response) const {
    if (!is_tunnel_) return false;
    return request_->method == Method::connect ? response.status / 100 == 2 : response.status == 101;
}

Result<> ServerExchange::submit_head(Lines lines, bool is_whole) {
    has_begun_reply_ = true;
    has_reply_end_ = is_whole;
    if (!submit_reply(connection_.session_, id_, lines, is_whole ? nullptr : this))
        return weir::fail(ErrorCode::internal, Side::self, "libnghttp2 refused a reply");
    connection_.schedule();
    return {};
}

Result<> ServerExchange::put_head(Response& response, std::span<const Piece> first, bool is_last) {
    if (is_closed_ || resetter_ != Resetter::nobody) return client_gone();
    if (is_switching(response)) return submit_head(lines_of(200, response), false);
    if (!has_body(request_->method, response.status)) {
        response.states_length |= response.framing == Framing::length;
        response.framing = Framing::none;
        return submit_head(lines_of(response.status, response), true);
    }
    if (response.framing == Framing::until_close || (response.framing == Framing::none && !is_last)) response.framing = Framing::chunked;
    const bool is_empty = is_last && std::ranges::all_of(first, &Piece::empty);
    const auto begun = submit_head(lines_of(response.status, response), is_empty);
    if (!begun || is_empty) return begun;
    return put(first, is_last, nullptr);
}

Result<> ServerExchange::put(std::span<const Piece> pieces, bool is_last, const Fields* trailers) {
    if (is_closed_ || resetter_ != Resetter::nobody) return client_gone();
    if (has_reply_end_) return {};
    for (const auto& piece : pieces) keep(piece);
    has_reply_end_ = is_last;
    if (is_last && trailers != nullptr) {
        const auto lines = arena_.make_array<nghttp2_nv>(trailers->size());
        std::size_t count = 0;
        for (const auto& field : *trailers)
            if (!kNotInStreams.has(field.id)) lines[count++] = line_of(arena_.copy(field.name), arena_.copy(field.value));
        trailers_ = {lines.data(), count};
    }
    resume();
    return {};
}

void ServerExchange::keep(const Piece& piece) {
    if (piece.empty()) return;
    queue_[(queue_first_ + queue_count_++) % kQueueMax] = piece;
    queued_ += piece.size();
    connection_.queued_ += piece.size();
    octets_out_ += piece.size();
}

void ServerExchange::drop_queue() {
    for (; queue_count_ != 0; --queue_count_) queue_[queue_first_++ % kQueueMax] = {};
    queue_first_ = 0;
    if (!is_closed_) connection_.queued_ -= queued_;
    queued_ = 0;
}

void ServerExchange::resume() {
    if (is_deferred_) {
        is_deferred_ = false;
        nghttp2_session_resume_data(connection_.session_, id_);
    }
    connection_.schedule();
}

// The connection asks for at most `room` octets.
std::size_t ServerExchange::sendable(std::size_t room, bool& is_end) {
    const auto octets = std::min(room, queued_);
    is_end = has_reply_end_ && octets == queued_;
    is_deferred_ = octets == 0 && !is_end;
    return octets;
}

void ServerExchange::send(std::size_t octets) {
    connection_.moved_at_ = moved_at_ = io::Worker::current().now();
    queued_ -= octets;
    connection_.queued_ -= octets;
    while (octets != 0) {
        auto& piece = queue_[queue_first_];
        const auto taken = std::min(octets, piece.size());
        connection_.output_.add(piece.octets.substr(0, taken), piece.owner);
        piece.octets.remove_prefix(taken);
        octets -= taken;
        if (!piece.empty()) break;
        piece = {};
        queue_first_ = (queue_first_ + 1) % kQueueMax;
        --queue_count_;
    }
    if (drained_.has_waiter() && is_flushed()) {
        drained_.notify();
        connection_.waits_for_refill_ = true;
    }
    if (!tunnel_) return;
    // A tunnel that idles holds no buffer.
    if (queue_count_ == 0) tunnel_chunk_.reset(), tunnel_used_ = 0;
    if (has_tunnel_room()) tunnel_->tell(false);
}

// Nothing waits, or what waits will leave at the turn's end: the windows let it go and the socket is not full.
bool ServerExchange::is_flushed() const {
    if (is_closed_ || queue_count_ == 0) return true;
    if (!has_queue_room() || queued_ > kAheadMax) return false;
    if (connection_.blocked_since_ != kNever || connection_.queued_ > ServerConnection::kQueuedMax) return false;
    const auto fits = [](std::int32_t window, std::size_t octets) { return window > 0 && octets <= static_cast<std::size_t>(window); };
    return fits(nghttp2_session_get_stream_remote_window_size(connection_.session_, id_), queued_) &&
           fits(nghttp2_session_get_remote_window_size(connection_.session_), connection_.queued_);
}

// Streams of one urgency are sent one after another (RFC 9218 10). Whose window is open while octets of others leave is kept waiting by
// that order: its client takes what it is sent.
bool ServerExchange::waits_for_turn(TimePoint now) const {
    const bool has_window = nghttp2_session_get_stream_remote_window_size(connection_.session_, id_) > 0;
    return has_window && now - connection_.moved_at_ < send_stall_;
}

io::Task<Result<>> ServerExchange::flush(io::Deadline deadline) {
    auto since = io::Worker::current().now();
    while (!is_flushed()) {
        const auto before = queued_;
        const auto room = co_await drained_.wait(deadline.sooner(since + send_stall_));
        const auto now = io::Worker::current().now();
        const bool is_stalled = !room && room.error().code == ErrorCode::timeout && now >= since + send_stall_;
        const bool waits = is_stalled && waits_for_turn(now);
        since = room ? now : waits ? connection_.moved_at_ : moved_at_;
        if (room || is_flushed() || queued_ < before || waits) continue;
        if (is_stalled) {
            connection_.streams_.abused(Abuse::stalled_stream);
            reset(NGHTTP2_CANCEL);
        }
        co_return weir::fail(room.error().code, Side::client, "the client takes no octets");
    }
    // The last octets have gone while it waited here, and with them the stream.
    if (is_closed_ && !has_sent_end_) co_return client_gone();
    co_return Result<>{};
}

void ServerExchange::reset(std::uint32_t code) {
    if (is_closed_ || resetter_ != Resetter::nobody) return;
    resetter_ = Resetter::us;
    drop_queue();
    nghttp2_submit_rst_stream(connection_.session_, NGHTTP2_FLAG_NONE, id_, code);
    connection_.schedule();
}

void ServerExchange::abort() { reset(is_tunnel_ ? NGHTTP2_CANCEL : NGHTTP2_INTERNAL_ERROR); }

net::Stream& ServerExchange::raw() {
    if (!tunnel_) {
        tunnel_.emplace(*this);
        tunnel_->tell(is_closed_);
    }
    return *tunnel_;
}

std::size_t ServerExchange::write_tunnel(std::span<const iovec> from) {
    std::size_t written = 0;
    for (const auto& part : from) {
        std::string_view octets(static_cast<const char*>(part.iov_base), part.iov_len);
        while (!octets.empty() && has_tunnel_room()) {
            if (tunnel_used_ == tunnel_chunk_.size()) tunnel_chunk_ = Chunk::take(Chunk::kMedium), tunnel_used_ = 0;
            const auto taken = std::min(octets.size(), tunnel_chunk_.size() - tunnel_used_);
            auto* const at = tunnel_chunk_.data() + tunnel_used_;
            std::memcpy(at, octets.data(), taken);
            tunnel_used_ += taken;
            keep({.octets = {at, taken}, .owner = tunnel_chunk_});
            octets.remove_prefix(taken);
            written += taken;
        }
    }
    if (written != 0) resume();
    return written;
}

void ServerExchange::end_tunnel() {
    if (is_closed_ || has_reply_end_) return;
    has_reply_end_ = true;
    tunnel_chunk_.reset();
    tunnel_used_ = 0;
    resume();
}

}  // namespace weir::http::h2
