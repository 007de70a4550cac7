#include "http/h2/output.h"

#include <algorithm>
#include <cstring>

#include "io/frame_pool.h"

namespace weir::http::h2 {

void* Output::Parts::operator new(std::size_t octets) { return io::FramePool::take(octets); }
void Output::Parts::operator delete(void* memory, std::size_t octets) noexcept { io::FramePool::give(memory, octets); }

Output::Parts& Output::parts() {
    if (!parts_) parts_.reset(new Parts);
    return *parts_;
}

void Output::copy(std::string_view octets) {
    auto& to = parts();
    while (!octets.empty()) {
        if (to.chunk_used == to.chunk.size()) {
            to.chunk = Chunk::take(octets.size() > Chunk::kSmall || to.octets != 0 ? Chunk::kMedium : Chunk::kSmall);
            to.chunk_used = 0;
        }
        const auto taken = std::min(octets.size(), to.chunk.size() - to.chunk_used);
        auto* const start = to.chunk.data() + to.chunk_used;
        std::memcpy(start, octets.data(), taken);
        to.chunk_used += taken;
        to.octets += taken;
        octets.remove_prefix(taken);
        if (to.count != to.first) {
            auto& last = to.at[to.count - 1];
            if (static_cast<char*>(last.iov_base) + last.iov_len == start && last.iov_len != 0) {
                last.iov_len += taken;
                continue;
            }
        }
        to.at[to.count] = {start, taken};
        to.owners[to.count++] = to.chunk;
    }
}

void Output::add(std::string_view octets, const Chunk& owner) {
    if (octets.empty()) return;
    if (octets.size() <= kCopiedMax || !owner) return copy(octets);
    auto& to = parts();
    to.at[to.count] = net::iovec_of(octets);
    to.owners[to.count++] = owner;
    to.octets += octets.size();
}

Result<bool> Output::write(net::Stream& stream, Side side) {
    if (!parts_) return true;
    std::span<iovec> rest(parts_->at.data() + parts_->first, parts_->count - parts_->first);
    const auto octets_of = [](std::span<const iovec> parts) {
        std::uint64_t total = 0;
        for (const auto& part : parts) total += part.iov_len;
        return total;
    };
    const auto before = octets_of(rest);
    const auto all = net::write_now(stream, rest, side);
    written_ += before - octets_of(rest);
    if (!all) return std::unexpected(all.error());
    const auto first = parts_->count - rest.size();
    for (auto i = parts_->first; i < first; ++i) parts_->owners[i].reset();
    parts_->first = first;
    if (*all) parts_.reset();
    return *all;
}

}  // namespace weir::http::h2
