#include "http/h2/client_tunnel.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace weir::http::h2 {

io::IoCount ClientTunnel::read(std::span<char> into) {
    std::size_t count = 0;
    while (count < into.size()) {
        if (rest_.empty()) {
            auto piece = from_.ready();
            if (!piece && count == 0) return io::IoCount::failed(ECONNRESET);
            if (!piece || piece->empty()) break;
            rest_ = std::move(*piece);
        }
        const auto part = rest_.octets.substr(0, into.size() - count);
        std::memcpy(into.data() + count, part.data(), part.size());
        count += part.size();
        rest_.octets.remove_prefix(part.size());
        if (rest_.empty()) rest_ = Piece{};
    }
    if (count != 0) return io::IoCount::of(count);
    if (from_.is_done()) return io::IoCount::of(0);
    state_.drained();
    return io::IoCount::blocked();
}

io::IoCount ClientTunnel::write(std::span<const iovec> from) {
    if (is_closed_) return io::IoCount::failed(EPIPE);
    if (!to_.is_flushed()) {
        state_.full();
        return io::IoCount::blocked();
    }
    std::size_t wanted = 0;
    for (const auto& part : from) wanted += part.iov_len;
    Piece piece{.octets = {}, .owner = Chunk::take(std::min(wanted, Chunk::kMedium))};
    std::size_t count = 0;
    for (const auto& part : from) {
        const auto taken = std::min(part.iov_len, piece.owner.size() - count);
        std::memcpy(piece.owner.data() + count, part.iov_base, taken);
        count += taken;
    }
    piece.octets = {piece.owner.data(), count};
    const auto put = to_.put({&piece, 1}, false);
    if (!put) return io::IoCount::failed(ECONNRESET);
    return io::IoCount::of(count);
}

void ClientTunnel::close_write() {
    if (std::exchange(is_closed_, true)) return;
    // What has failed is told by the next read.
    [[maybe_unused]] const auto put = to_.put({}, true);
}

}  // namespace weir::http::h2
