// Outbox: octets on their way out. Writes at once what there is room for and keeps the rest, with the chunks that hold it, for flush().
#pragma once

#include <array>

#include "base/chunk.h"
#include "base/few.h"
#include "http/h1/chunked.h"
#include "http/stream.h"
#include "net/stream.h"

namespace weir::http::h1 {

class Outbox {
public:
    static constexpr std::size_t kPartsMax = kPiecesMax + 4;  // a prefix, a head, a chunk's head, the pieces, a chunk's end

    Outbox(net::Stream& stream, Side side) : stream_(stream), side_(side) {}

    // Static text, arena memory, or memory of the caller that stays until flushed.
    void add(std::string_view octets) {
        if (octets.empty()) return;
        parts_[count_++] = net::iovec_of(octets);
        pending_ += octets.size();
    }
    // The piece's chunk is kept until it has been written.
    void add(const Piece& piece) {
        if (piece.empty()) return;
        add(piece.octets);
        owners_[owner_count_++] = &piece;
    }
    // Octets of a body in its framing: chunked (RFC 9112 7.1) gets its chunk's head and end, the last one its trailers; others go as they
    // are. How many octets of the body these were.
    std::uint64_t add_body(Framing framing, std::span<const Piece> pieces, bool is_last, const Fields* trailers, Arena& arena);
    // Tries to write everything added.
    Result<> send();
    bool is_flushed() const { return count_ == 0; }
    io::Task<Result<>> flush(io::Deadline deadline, Duration stall);
    std::uint64_t octets_written() const { return written_; }

private:
    net::Stream& stream_;
    Side side_;
    std::uint64_t written_ = 0;
    std::size_t pending_ = 0;  // octets of parts_[first_, count_)
    std::size_t first_ = 0;
    std::size_t count_ = 0;
    std::size_t owner_count_ = 0;
    std::array<iovec, kPartsMax> parts_;
    std::array<const Piece*, kPiecesMax> owners_;  // of the present put(), until the rest has to be kept
    Few<Chunk, kPiecesMax> kept_;
    std::array<char, kChunkHeadMax> chunk_head_;  // used again only once it has been flushed
};

}  // namespace weir::http::h1
