#include "http/h1/body_reader.h"

#include <algorithm>

#include "io/worker.h"

namespace weir::http::h1 {

void BodyReader::begin(Framing framing, std::uint64_t length) {
    framing_ = framing;
    left_ = length;
    is_done_ = framing == Framing::none || (framing == Framing::length && length == 0);
    has_failed_ = saw_close_ = false;
    octets_ = coded_ = 0;
    waited_ = Duration::zero();
    if (framing != Framing::chunked) return;
    decoder_ = ChunkedDecoder();
    decoder_.keep_trailers_in(&trailers_.arena());
}

std::unexpected<Error> BodyReader::broken(ErrorCode code, const char* detail) {
    has_failed_ = true;
    return fail(code, side_, detail);
}

Result<Piece> BodyReader::ready() {
    if (is_done_) return Piece{};
    switch (framing_) {
        case Framing::none: return Piece{};
        case Framing::length: return ready_length();
        case Framing::chunked: return ready_chunked();
        case Framing::until_close: return ready_until_close();
    }
    return Piece{};
}

Result<Piece> BodyReader::take(std::string_view octets, std::size_t consumed) {
    auto piece = buffer_.piece_of(octets);
    buffer_.consume(consumed);
    octets_ += octets.size();
    coded_ += consumed;
    if (pace_.octets_max != 0 && octets_ > pace_.octets_max)
        return broken(ErrorCode::body_too_large, "the body is larger than 'body max' allows");
    return piece;
}

Result<Piece> BodyReader::ready_length() {
    const auto count = std::min<std::uint64_t>(left_, buffer_.size());
    if (count == 0) return Piece{};
    left_ -= count;
    is_done_ = left_ == 0;
    return take(buffer_.octets().substr(0, count), count);
}

Result<Piece> BodyReader::ready_until_close() {
    if (buffer_.empty()) {
        is_done_ = saw_close_;
        return Piece{};
    }
    return take(buffer_.octets(), buffer_.size());
}

Result<Piece> BodyReader::ready_chunked() {
    for (;;) {
        const auto step = decoder_.next(buffer_.octets());
        if (step.state == ChunkedDecoder::State::bad) return broken(ErrorCode::malformed, step.reason);
        if (step.state == ChunkedDecoder::State::data) return take(step.data, step.consumed);
        buffer_.consume(step.consumed);
        coded_ += step.consumed;
        if (step.state == ChunkedDecoder::State::need_more) return Piece{};
        decoder_.take_trailers(trailers_);
        is_done_ = true;
        return Piece{};
    }
}

TimePoint BodyReader::wait_until(TimePoint now) const {
    auto until = pace_.overall.at;
    if (coded_ == 0 && pace_.first != Duration::zero()) return std::min(until, now + pace_.first);
    if (pace_.stall != Duration::max()) until = std::min(until, now + pace_.stall);
    if (pace_.rate_min != 0) {
        // Time spent waiting may reach the grace and what the octets so far have earned: progress counts, not total time.
        const auto earned = Duration(static_cast<std::int64_t>(coded_ / pace_.rate_min * 1'000'000'000ULL));
        until = std::min(until, now + std::max(Duration::zero(), pace_.grace + earned - waited_));
    }
    return until;
}

Result<> BodyReader::read_end(io::IoCount count) {
    if (framing_ == Framing::until_close && count.is_end()) {
        saw_close_ = true;
        return {};
    }
    if (count.is_end()) return broken(ErrorCode::truncated, "the body ended before its announced end");
    has_failed_ = true;
    auto error = net::error_of(count, side_);
    error.detail = "the connection broke inside the body";
    return std::unexpected(error);
}

io::Task<Result<>> BodyReader::wait() {
    for (;;) {
        const auto count = buffer_.fill(stream_, Chunk::kMedium);
        if (count.is_some()) co_return Result<>{};
        if (!count.is_blocked()) co_return read_end(count);
        buffer_.release_if_empty();
        const auto begun = io::Worker::current().now();
        const auto ready = co_await stream_.readable({wait_until(begun), pace_.overall.stop});
        if (coded_ != 0 || pace_.first == Duration::zero()) waited_ += io::Worker::current().now() - begun;
        if (ready) continue;
        // Stopped, not broken: whoever stopped this wait may go on with the body later.
        if (ready.error().code == ErrorCode::cancelled) co_return fail(ErrorCode::cancelled, side_, "stopped");
        const bool is_timeout = ready.error().code == ErrorCode::timeout;
        const bool is_floor = is_timeout && side_ == Side::client && pace_.rate_min != 0;
        co_return broken(is_floor ? ErrorCode::too_slow : ready.error().code, is_timeout ? "the body came too slowly" : "stopped");
    }
}

}  // namespace weir::http::h1
