#include "http/h1/server.h"

#include <algorithm>

#include "io/worker.h"

namespace weir::http::h1 {

ServerExchange::ServerExchange(ServerConnection& connection, Arena& arena)
    : io::Timer([](io::Timer& timer) { static_cast<ServerExchange&>(timer).arm_half_close(); }),
      connection_(connection),
      arena_(arena),
      body_(connection.stream(), connection.buffer(), Side::client, arena),
      outbox_(connection.stream(), Side::client) {}

TimePoint ServerExchange::head_deadline(const HeadPace& pace, TimePoint begun) const {
    const auto earned = std::chrono::seconds(pace.rate_min == 0 ? 0 : connection_.buffer().size() / pace.rate_min);
    return begun + std::min<Duration>(pace.time + earned, pace.time_max);
}

Result<bool> ServerExchange::take_head(Request& request, const HeadLimits& limits) {
    auto& buffer = connection_.buffer();
    for (;;) {
        if (!buffer.empty()) {
            const auto step = parser_.parse(buffer.octets(), limits, request);
            if (step.state == ParseState::bad) return std::unexpected(step.error);
            if (step.state == ParseState::done) {
                begin(request, step.head_octets);
                return true;
            }
        }
        const auto count = buffer.fill(connection_.stream(), Chunk::kSmall);
        if (count.is_some()) continue;
        if (count.is_blocked()) return false;
        auto error = net::error_of(count, Side::client);
        if (count.is_end() && !buffer.empty()) error.code = ErrorCode::truncated;
        return std::unexpected(error);
    }
}

void ServerExchange::begin(const Request& request, std::uint32_t head_octets) {
    head_chunk_ = connection_.buffer().chunk();
    connection_.buffer().consume(head_octets);
    head_octets_ = head_octets;
    method_ = request.method;
    version_ = request.version;
    keeps_alive_ &= request.keeps_alive;
    is_clients_last_ = !request.keeps_alive && request.framing == Framing::none;
    body_.begin(request.framing, request.content_length);
}

io::Task<Result<>> ServerExchange::read_head(Request& request, const HeadLimits& limits, HeadPace pace, io::Deadline deadline) {
    const auto begun = io::Worker::current().now();
    for (;;) {
        const auto is_whole = take_head(request, limits);
        if (!is_whole) co_return std::unexpected(is_whole.error());
        if (*is_whole) co_return Result<>{};
        const auto ready = co_await connection_.stream().readable(deadline.sooner(head_deadline(pace, begun)));
        if (ready) continue;
        co_return fail(ready.error().code == ErrorCode::timeout ? ErrorCode::too_slow : ready.error().code, Side::client,
                       "the request's head did not arrive in time");
    }
}

Result<> ServerExchange::put_interim(const Response& response) {
    if (version_ == Version::http10) return {};  // RFC 9110 15.2: not to an HTTP/1.0 client
    const auto room = arena_.make_array<char>(head_octets_max(response));
    outbox_.add(std::string_view(room.data(), write_head(response, ConnectionField::none, false, room.data())));
    return outbox_.send();
}

// A length when it is known, chunked when the client understands it, else the end of the connection.
void ServerExchange::choose_framing(Response& response, bool is_last) {
    if (!has_body(method_, response.status)) {
        response.states_length |= response.framing == Framing::length;
        response.framing = Framing::none;
    } else if (response.framing == Framing::chunked || response.framing == Framing::until_close ||
               (response.framing == Framing::none && !is_last)) {
        response.framing = version_ == Version::http10 ? Framing::until_close : Framing::chunked;
        keeps_alive_ &= version_ != Version::http10;
    }
    reply_framing_ = response.framing;
}

Result<> ServerExchange::put_head(Response& response, std::span<const Piece> first, bool is_last) {
    has_begun_reply_ = true;
    const bool may_have_body = has_body(method_, response.status);
    choose_framing(response, is_last);
    body_left_ = response.content_length;
    auto connection = ConnectionField::none;
    if (response.status == 101) connection = ConnectionField::upgrade;
    else if (!keeps_alive_) connection = ConnectionField::close;
    else if (version_ == Version::http10) connection = ConnectionField::keep_alive;
    const auto room = arena_.make_array<char>(head_octets_max(response));
    outbox_.add(std::string_view(room.data(), write_head(response, connection, may_have_body, room.data())));
    if (reply_framing_ == Framing::none) is_reply_whole_ = true;
    else add_body(first, is_last, nullptr);
    const bool becomes_tunnel = response.status == 101 || method_ == Method::connect;
    if (is_reply_whole_ && !keeps_alive_ && !becomes_tunnel) connection_.stream().announce_end();
    return outbox_.send();
}

void ServerExchange::add_body(std::span<const Piece> pieces, bool is_last, const Fields* trailers) {
    const auto total = outbox_.add_body(reply_framing_, pieces, is_last, trailers, arena_);
    if (reply_framing_ == Framing::length) body_left_ -= std::min(body_left_, total);
    is_reply_whole_ = is_last && (reply_framing_ != Framing::length || body_left_ == 0);
}

Result<> ServerExchange::put(std::span<const Piece> pieces, bool is_last, const Fields* trailers) {
    if (reply_framing_ == Framing::none) return {};
    add_body(pieces, is_last, trailers);
    if (is_reply_whole_ && !keeps_alive_) connection_.stream().announce_end();
    return outbox_.send();
}

void ServerExchange::abort() {
    keeps_alive_ = false;
    is_reply_whole_ = false;
    was_aborted_ = true;
    connection_.stream().abort();
}

void ServerExchange::watch_client(io::Stop* gone, Duration half_close_grace) {
    gone_ = gone;
    half_close_grace_ = half_close_grace;
    cancel();
    auto& socket = connection_.stream().readiness();
    socket.set_hook(gone == nullptr ? nullptr : this);
    if (gone != nullptr && socket.saw_end()) on_edge(socket);
}

void ServerExchange::on_edge(io::Readiness& socket) {
    if (socket.is_broken()) {
        gone_->request(ErrorCode::cancelled);
    } else if (socket.saw_end() && !is_armed()) {
        octets_at_half_close_ = outbox_.octets_written();
        io::Worker::current().timers().arm(*this, io::Worker::current().now() + half_close_grace_);
    }
}

// The grace is over: a client that took octets meanwhile is there and gets another one.
void ServerExchange::arm_half_close() {
    if (outbox_.octets_written() == octets_at_half_close_) {
        gone_->request(ErrorCode::cancelled);
        return;
    }
    octets_at_half_close_ = outbox_.octets_written();
    io::Worker::current().timers().arm(*this, io::Worker::current().now() + half_close_grace_);
}

Piece ServerExchange::take_buffered() {
    auto& buffer = connection_.buffer();
    auto piece = buffer.piece_of(buffer.octets());
    buffer.consume(buffer.size());
    return piece;
}

}  // namespace weir::http::h1
