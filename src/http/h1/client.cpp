#include "http/h1/client.h"

namespace weir::http::h1 {

ClientExchange::ClientExchange(net::Stream& stream, Arena& arena)
    : stream_(stream), arena_(arena), body_(stream, buffer_, Side::upstream, arena), outbox_(stream, Side::upstream) {
    stream.readiness().mark_sending();
}

Result<> ClientExchange::put_head(const Request& request, std::string_view target, std::span<const Piece> first, bool is_last) {
    method_ = request.method;
    request_framing_ = request.framing;
    const auto connection = request.upgrade.empty() ? ConnectionField::none : ConnectionField::upgrade;
    const auto room = arena_.make_array<char>(head_octets_max(request) + target.size());
    outbox_.add(std::string_view(room.data(), write_head(request, target, connection, room.data())));
    add_body(first, is_last, nullptr);
    return outbox_.send();
}

void ClientExchange::add_body(std::span<const Piece> pieces, bool is_last, const Fields* trailers) {
    is_request_whole_ = is_last;
    outbox_.add_body(request_framing_, pieces, is_last, trailers, arena_);
}

Result<> ClientExchange::put(std::span<const Piece> pieces, bool is_last, const Fields* trailers) {
    add_body(pieces, is_last, trailers);
    return outbox_.send();
}

// Nothing is read, and no buffer held, before the stream has something: an origin takes its time.
io::Task<Result<>> ClientExchange::read_head(Response& response, io::Deadline deadline) {
    for (;;) {
        const auto is_whole = take_head(response);
        if (!is_whole) co_return std::unexpected(is_whole.error());
        if (*is_whole) co_return Result<>{};
        const auto ready = co_await stream_.readable(deadline);
        if (!ready) co_return fail(ready.error().code, Side::upstream, "no answer within its time");
    }
}

Result<bool> ClientExchange::take_head(Response& response) {
    for (;;) {
        if (!buffer_.empty()) {
            const auto step = parser_.parse(buffer_.octets(), kAnswerLimits, method_, response);
            if (step.state == ParseState::bad) return std::unexpected(step.error);
            if (step.state == ParseState::done) {
                begin(response, step.head_octets);
                return true;
            }
        }
        if (!stream_.may_have_input()) return false;
        const auto count = buffer_.fill(stream_, Chunk::kMedium);
        if (count.is_blocked()) return false;
        if (!count.is_some()) return std::unexpected(error_of(count));
        has_answer_begun_ = true;
    }
}

void ClientExchange::begin(const Response& response, std::uint32_t head_octets) {
    head_chunk_ = buffer_.chunk();
    buffer_.consume(head_octets);
    has_final_head_ = response.status >= 200;
    keeps_alive_ = response.keeps_alive;
    if (has_final_head_) body_.begin(response.framing, response.content_length);
}

Error ClientExchange::error_of(io::IoCount count) const {
    auto error = net::error_of(count, Side::upstream);
    error.detail = has_answer_begun_ ? "the answer ended inside its head" : "the connection ended without an answer";
    if (has_answer_begun_) error.code = ErrorCode::truncated;
    // A reset can come between the write and the turn's end, when it is really made: then the origin has heard nothing at all.
    else error.retry = stream_.readiness().has_lost_all() ? Retry::yes : Retry::if_reused;
    return error;
}

// Never a connection whose request or answer is not wholly finished, nor one with octets that nobody asked for (response smuggling).
bool ClientExchange::may_be_kept() const {
    return is_request_whole_ && has_final_head_ && keeps_alive_ && outbox_.is_flushed() && body_.is_done() && !body_.has_failed() &&
           buffer_.empty() && !stream_.has_buffered_input();
}

Piece ClientExchange::take_buffered() {
    auto piece = buffer_.piece_of(buffer_.octets());
    buffer_.consume(buffer_.size());
    return piece;
}

}  // namespace weir::http::h1
