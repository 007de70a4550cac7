// Compressor: one stream of octets in a content coding, made piece by piece: gzip (RFC 1952), br (RFC 7932), zstd (RFC 8878). It neither
// waits nor knows where octets come from or go to. Its memory is known before it begins: windows are small (kWindowLogMax, which every
// decoder has room for), smaller still for short answers and for streams that stay open. Thread: the worker's, whose memory it uses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "http/coding.h"

namespace weir::filter {

class CompressorMemory;

struct Effort {
    static constexpr unsigned kWindowLogMax = 18;  // octets that an encoder looks back, as a power of two; gzip has 15 at most
    static constexpr unsigned kWindowLogMin = 10;
    static constexpr unsigned kWindowLogOpen = 14;  // of a stream that stays open and carries short messages:
    static constexpr unsigned kLevelOpen = 1;       // there may be many of them

    http::Coding coding = http::Coding::gzip;
    unsigned level = 6;
    unsigned window_log = kWindowLogMax;
    std::optional<std::uint64_t> length;  // of what is to be encoded, when it is known
};
// `stays_open`: server-sent events.
Effort make_effort(http::Coding coding, unsigned level, std::optional<std::uint64_t> length, bool stays_open);
// The most memory that it takes.
std::size_t memory_of(const Effort& effort);

enum class Step : std::uint8_t {
    go_on,   // what comes out may wait for more
    flush,   // the receiver must be able to read all of it now
    finish,  // there will be no more
};

class Compressor {
public:
    // Room that run() must have: in less a flush would never end, for zlib says its marker again each time (zlib.h, deflate).
    static constexpr std::size_t kRoomMin = 64;

    struct Progress {
        std::size_t taken = 0;
        std::size_t made = 0;
        bool is_whole = false;  // flush and finish: all of it has come out
    };

    Compressor() = default;
    // False, afterwards, when there is no room for another one.
    Compressor(CompressorMemory& memory, const Effort& effort);
    Compressor(Compressor&& other) noexcept { swap(other); }
    Compressor& operator=(Compressor&& other) noexcept {
        Compressor taken(std::move(other));
        swap(taken);
        return *this;
    }
    ~Compressor();
    explicit operator bool() const { return state_ != nullptr; }

    // Takes of `in`, makes at most out.size() octets, which is kRoomMin at least. Call it again with the same step until it is whole and
    // all of `in` is taken.
    Result<Progress> run(std::string_view in, std::span<char> out, Step step);
    http::Coding coding() const { return effort_.coding; }

private:
    void swap(Compressor& other) noexcept {
        std::swap(memory_, other.memory_);
        std::swap(effort_, other.effort_);
        std::swap(reserved_, other.reserved_);
        std::swap(state_, other.state_);
    }

    CompressorMemory* memory_ = nullptr;
    Effort effort_;
    std::size_t reserved_ = 0;
    void* state_ = nullptr;
};

}  // namespace weir::filter
