#include "http/h1/read_buffer.h"

#include <cstring>

namespace weir::http::h1 {

void ReadBuffer::make_room(std::size_t first_size) {
    const auto wanted = flows_ ? std::max(first_size, Chunk::kLarge) : first_size;
    if (!chunk_) {
        chunk_ = Chunk::take(wanted);
        begin_ = end_ = 0;
        return;
    }
    if (empty() && !chunk_.is_shared() && chunk_.size() >= wanted) {
        begin_ = end_ = 0;
        return;
    }
    const bool has_tail = chunk_.size() - end_ >= kWorthAppending;
    if (has_tail && !(empty() && flows_)) return;
    // Moves what is unread to a chunk with room; the old one lives on with those who look at it.
    auto larger = Chunk::take(std::max(wanted, size() * 2));
    const auto unread = octets();
    if (!unread.empty()) std::memcpy(larger.data(), unread.data(), unread.size());
    chunk_ = std::move(larger);
    begin_ = 0;
    end_ = static_cast<std::uint32_t>(unread.size());
}

io::IoCount ReadBuffer::fill(net::Stream& stream, std::size_t first_size) {
    make_room(first_size);
    const std::span<char> room(chunk_.data() + end_, chunk_.size() - end_);
    const auto count = stream.read(room);
    if (count.is_some()) {
        end_ += static_cast<std::uint32_t>(count.octets());
        flows_ = count.octets() == room.size() && room.size() >= Chunk::kMedium / 2;
    }
    return count;
}

}  // namespace weir::http::h1
