#include <zlib.h>

#include <algorithm>

#include "filter/compressor_memory.h"
#include "filter/encoder.h"

namespace weir::filter {
namespace {

using Progress = Compressor::Progress;

constexpr int kWindowMax = 15;
constexpr int kMemoryMax = 8;  // of hash and pending octets: 9 bits more than this

int window_of(const Effort& effort) { return std::min(static_cast<int>(effort.window_log), kWindowMax); }
int memory_level(const Effort& effort) { return std::clamp(window_of(effort) - 7, 1, kMemoryMax); }

// zconf.h, "The memory requirements for deflate".
std::size_t memory(const Effort& effort) {
    constexpr std::size_t kState = 8 * 1024;
    return (std::size_t{1} << (window_of(effort) + 2)) + (std::size_t{1} << (memory_level(effort) + 9)) + kState;
}

void* take(void* memory, unsigned items, unsigned size) {
    return static_cast<CompressorMemory*>(memory)->take(static_cast<std::size_t>(items) * size);
}
void give(void* memory, void* block) { static_cast<CompressorMemory*>(memory)->give(block); }

void* open(CompressorMemory& memory, const Effort& effort) {
    constexpr int kGzipFraming = 16;
    auto* const place = memory.take(sizeof(z_stream));
    if (place == nullptr) return nullptr;
    auto* const stream = new (place) z_stream{};
    stream->zalloc = take;
    stream->zfree = give;
    stream->opaque = &memory;
    const auto outcome = deflateInit2(stream, static_cast<int>(effort.level), Z_DEFLATED, window_of(effort) + kGzipFraming,
                                      memory_level(effort), Z_DEFAULT_STRATEGY);
    if (outcome == Z_OK) return stream;
    memory.give(place);
    return nullptr;
}

Result<Progress> run(void* state, std::string_view in, std::span<char> out, Step step) {
    auto& stream = *static_cast<z_stream*>(state);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int how = step == Step::finish ? Z_FINISH : step == Step::flush ? Z_SYNC_FLUSH : Z_NO_FLUSH;
    const auto outcome = deflate(&stream, how);
    // Z_BUF_ERROR: there was nothing to do.
    if (outcome != Z_OK && outcome != Z_STREAM_END && outcome != Z_BUF_ERROR) return fail(ErrorCode::internal, Side::self, "zlib refused");
    return Progress{.taken = in.size() - stream.avail_in,
                    .made = out.size() - stream.avail_out,
                    .is_whole = step == Step::finish ? outcome == Z_STREAM_END : stream.avail_out != 0};
}

void close(CompressorMemory& memory, void* state) {
    deflateEnd(static_cast<z_stream*>(state));
    memory.give(state);
}

}  // namespace

const Encoder kGzip{.memory = memory, .open = open, .run = run, .close = close};

}  // namespace weir::filter
