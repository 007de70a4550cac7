// Output: what a worker's turn makes one connection say, gathered for one write. Short things are copied side by side into a chunk, long
// pieces of bodies are referred to and kept. Holds no memory while it is empty. Thread: the worker's.
#pragma once

#include <array>
#include <memory>
#include <span>

#include "base/chunk.h"
#include "base/result.h"
#include "net/stream.h"

namespace weir::http::h2 {

class Output {
public:
    static constexpr std::size_t kPartsMax = 64;
    static constexpr std::size_t kPartsAFrame = 20;        // one frame may need that many
    static constexpr std::size_t kOctetsMax = 256 * 1024;  // gathered before a write is tried
    static constexpr std::size_t kCopiedMax = 2 * 1024;    // longer pieces are not copied

    bool empty() const { return parts_ == nullptr; }
    bool is_full() const { return parts_ != nullptr && (parts_->count + kPartsAFrame > kPartsMax || parts_->octets >= kOctetsMax); }
    void copy(std::string_view octets);
    // Copies what is short or has no owner; else keeps the owner until it is written.
    void add(std::string_view octets, const Chunk& owner);
    // Writes what there is room for: true when all of it was taken.
    Result<bool> write(net::Stream& stream, Side side);
    void clear() { parts_.reset(); }
    std::uint64_t octets_written() const { return written_; }

private:
    struct Parts {
        std::size_t first = 0;
        std::size_t count = 0;
        std::size_t octets = 0;
        std::size_t chunk_used = 0;
        Chunk chunk;  // that is copied into
        std::array<iovec, kPartsMax> at;
        std::array<Chunk, kPartsMax> owners;
        static void* operator new(std::size_t octets);
        static void operator delete(void* memory, std::size_t octets) noexcept;
    };
    Parts& parts();

    std::unique_ptr<Parts> parts_;
    std::uint64_t written_ = 0;
};

}  // namespace weir::http::h2
