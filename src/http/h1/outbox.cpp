#include "http/h1/outbox.h"

#include <algorithm>

#include "http/h1/writer.h"

namespace weir::http::h1 {
namespace {

std::uint64_t octets_of(std::span<const iovec> parts) {
    std::uint64_t total = 0;
    for (const auto& part : parts) total += part.iov_len;
    return total;
}

}  // namespace

std::uint64_t Outbox::add_body(Framing framing, std::span<const Piece> pieces, bool is_last, const Fields* trailers, Arena& arena) {
    std::uint64_t total = 0;
    for (const auto& piece : pieces) total += piece.size();
    const bool is_chunked = framing == Framing::chunked;
    if (is_chunked && total != 0) add(std::string_view(chunk_head_.data(), write_chunk_head(total, chunk_head_.data())));
    for (const auto& piece : pieces) add(piece);
    if (!is_chunked) return total;
    if (!is_last) {
        if (total != 0) add("\r\n");
        return total;
    }
    if (trailers == nullptr) {
        add(total != 0 ? std::string_view("\r\n0\r\n\r\n") : kLastChunk);
        return total;
    }
    add(total != 0 ? std::string_view("\r\n0\r\n") : std::string_view("0\r\n"));
    const auto room = arena.make_array<char>(trailer_octets_max(*trailers));
    add(std::string_view(room.data(), write_trailers(*trailers, room.data())));
    return total;
}

Result<> Outbox::send() {
    std::span<iovec> rest(parts_.data() + first_, count_ - first_);
    const auto all = net::write_now(stream_, rest, side_);
    const auto left = all && *all ? 0 : octets_of(rest);
    written_ += pending_ - left;
    pending_ = left;
    if (!all || *all) {
        first_ = count_ = owner_count_ = pending_ = 0;
        if (!all) return std::unexpected(all.error());
        return {};
    }
    first_ = count_ - rest.size();
    for (std::size_t i = 0; i < owner_count_; ++i) kept_.add(owners_[i]->owner);
    owner_count_ = 0;
    return {};
}

io::Task<Result<>> Outbox::flush(io::Deadline deadline, Duration stall) {
    if (count_ == 0) co_return Result<>{};
    written_ += pending_;
    const auto done = co_await net::write_all(stream_, {parts_.data() + first_, count_ - first_}, deadline, stall, side_);
    first_ = count_ = pending_ = 0;
    kept_.clear();
    co_return done;
}

}  // namespace weir::http::h1
