// The chunked transfer coding (RFC 9112 7.1), both directions, without I/O. Strict: CRLF only, sizes of 1 to 16 hex digits without
// signs or overflow, extensions bounded and of legal grammar, trailers bounded and never merged into the header section.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "http/fields.h"

namespace weir::http::h1 {

struct ChunkedLimits {
    std::uint32_t extension_bytes_max = 1024;        // the extensions of one chunk
    std::uint32_t extensions_total_max = 64 * 1024;  // of all chunks: a flood of extensions is paid for by nobody's data
    std::uint32_t trailer_bytes_max = 8 * 1024;      // the whole trailer section
    std::uint32_t trailer_count_max = 32;
};

// Consumes coded octets, hands out views of decoded data in the same buffer: nothing is copied.
class ChunkedDecoder {
public:
    enum class State : std::uint8_t { need_more, data, done, bad };
    struct Step {
        State state = State::need_more;
        std::size_t consumed = 0;  // octets of the input that are used up, data included
        std::string_view data;     // when state is data; a part of the input
        const char* reason = "";   // when bad
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
    enum class Phase : std::uint8_t {
        size,
        extension,
        extension_name,
        extension_value,
        extension_token,
        extension_quoted,
        extension_escape,
        extension_end,
        extension_gap,       // white space, and a ';' behind it
        extension_name_gap,  // or a '='
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer,
        trailer_name,
        trailer_value,
        trailer_lf,
        end_lf,
        done,
        bad
    };

    // One octet that is not data. nullptr, or the rule it breaks.
    const char* step(char c);
    const char* step_size(char c);
    const char* step_extension(char c);
    const char* step_quoted(char c);
    const char* step_trailer(char c);
    const char* begin_trailer(char c);
    const char* expect(char c, char expected, Phase then);
    const char* end_extension(char c);
    const char* keep_trailer(char c);
    const char* to(Phase phase) {
        phase_ = phase;
        return nullptr;
    }
    Step refuse(const char* reason);

    ChunkedLimits limits_;
    Phase phase_ = Phase::size;
    std::uint64_t left_ = 0;  // of the current chunk
    std::uint32_t digits_ = 0;
    std::uint32_t extension_octets_ = 0;
    std::uint32_t extensions_total_ = 0;
    std::uint32_t trailer_octets_ = 0;
    std::uint32_t trailer_count_ = 0;
    const char* reason_ = "";
    Arena* arena_ = nullptr;
    char* trailers_ = nullptr;  // trailer_octets_ of whole lines, in arena_
};

// "1f4\r\n" of the next chunk into `out` (at least kChunkHeadMax octets); the data and "\r\n" follow. Returns the octets written.
inline constexpr std::size_t kChunkHeadMax = 18;
std::size_t write_chunk_head(std::uint64_t size, char* out);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace weir::http::h1
