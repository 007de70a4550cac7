// ReadBuffer: octets that were read from a stream and not yet used. Holds no memory while it is empty and released.
// A chunk that others still look at (a head's views, pieces on their way) is never written over: only its free tail is.
#pragma once

#include "base/chunk.h"
#include "net/stream.h"

namespace weir::http::h1 {

class ReadBuffer {
public:
    std::string_view octets() const { return empty() ? std::string_view{} : std::string_view{chunk_.data() + begin_, end_ - begin_}; }
    std::size_t size() const { return end_ - begin_; }
    bool empty() const { return begin_ == end_; }
    void consume(std::size_t count) { begin_ += static_cast<std::uint32_t>(count); }
    // A view of the chunk that stays valid as long as the Piece does.
    Piece piece_of(std::string_view octets) const { return {octets, chunk_}; }
    const Chunk& chunk() const { return chunk_; }

    // One read into free room. `first_size`: of the chunk when one has to be taken. Grows when full: up to `octets_max` unread octets.
    io::IoCount fill(net::Stream& stream, std::size_t first_size);
    // The chunk goes back to the pool when nothing is left in it.
    void release_if_empty() {
        if (begin_ != end_) return;
        chunk_.reset();
        begin_ = end_ = 0;
    }

private:
    static constexpr std::size_t kWorthAppending = 1024;  // a free tail smaller than this is not read into

    void make_room(std::size_t first_size);

    Chunk chunk_;
    std::uint32_t begin_ = 0;
    std::uint32_t end_ = 0;
    bool flows_ = false;  // the last read filled its room: the next ones take large chunks
};

}  // namespace weir::http::h1
