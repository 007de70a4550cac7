// The chunked transfer coding (RFC 9112 7.1), both directions, without I/O. Strict: CRLF only, sizes of 1 to 16 hex digits without
// signs or overflow, extensions bounded and of legal grammar, trailers bounded and never merged into the header section.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "http/fields.h"

namespace weir::http::h1 {

struct ChunkedLimits {
    std::uint32_t extension_bytes_max = 1024;    // a chunk-size line
    std::uint32_t trailer_bytes_max = 8 * 1024;  // the whole trailer section
    std::uint32_t trailer_count_max = 32;
};

// Consumes coded octets, hands out views of decoded data in the same buffer: nothing is copied.
class ChunkedDecoder {
public:
    enum class State : std::uint8_t { need_more, data, done, bad };
    struct Step {
        State state = State::need_more;
        std::size_t consumed = 0;                // octets of the input that are used up, data included
        std::string_view data;                   // when state is data; a part of the input
        const char* reason = "";                 // when bad
    };

    explicit ChunkedDecoder(ChunkedLimits limits = {}) : limits_(limits) {}
    // Looks at `input`, which begins where the last call's `consumed` ended. Call again until need_more, done or bad.
    Step next(std::string_view input);
    bool is_done() const { return phase_ == Phase::done; }
    // When done: the trailer fields are in `trailers` (copied into its arena). Forbidden names (framing, routing, authentication, RFC 9110
    // 6.5.1) are left out.
    void take_trailers(Fields& trailers) const;
    bool has_trailers() const { return trailer_octets_ != 0; }
    // Where trailer lines are kept until done; nullptr: they are checked and dropped.
    void keep_trailers_in(Arena* arena) { arena_ = arena; }

private:
    enum class Phase : std::uint8_t { size, extension, size_lf, data, data_cr, data_lf, trailer, done, bad };

    ChunkedLimits limits_;
    Phase phase_ = Phase::size;
    std::uint64_t left_ = 0;                     // of the current chunk
    std::uint32_t digits_ = 0;
    std::uint32_t line_octets_ = 0;
    std::uint32_t trailer_octets_ = 0;
    Arena* arena_ = nullptr;
};

// "1f4\r\n" of the next chunk into `out` (at least kChunkHeadMax octets); the data and "\r\n" follow. Returns the octets written.
inline constexpr std::size_t kChunkHeadMax = 18;
std::size_t write_chunk_head(std::uint64_t size, char* out);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace weir::http::h1
