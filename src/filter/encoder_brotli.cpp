#include <brotli/encode.h>

#include <algorithm>

#include "filter/compressor_memory.h"
#include "filter/encoder.h"

namespace weir::filter {
namespace {

using Progress = Compressor::Progress;

// At or above it the library takes tables for large texts, whatever the window.
constexpr std::uint64_t kHintMax = (std::uint64_t{1} << 20U) - 1;

// Close above what was measured for every level and window; the test holds it.
std::size_t memory(const Effort& effort) {
    constexpr std::size_t kKiB = 1024;
    constexpr unsigned kChainsLog = 16;  // up to this window: chains that forget, of one size
    const auto level = effort.level;
    const std::size_t window = std::size_t{1} << effort.window_log;
    if (level <= 1) return 400 * kKiB;
    if (level <= 3) return 560 * kKiB + 6 * window;
    if (effort.window_log <= kChainsLog) return (level <= 8 ? 1840 : 2600) * kKiB;
    const std::size_t tables = level == 4 ? 1024 * kKiB : 600 * kKiB + (std::size_t{1024 * kKiB} << (level - 5));
    return tables + (effort.window_log == kChainsLog + 1 ? 1200 : 2400) * kKiB;
}

void* take(void* memory, std::size_t octets) { return static_cast<CompressorMemory*>(memory)->take(octets); }
void give(void* memory, void* block) { static_cast<CompressorMemory*>(memory)->give(block); }

void* open(CompressorMemory& memory, const Effort& effort) {
    auto* const state = BrotliEncoderCreateInstance(take, give, &memory);
    if (state == nullptr) return nullptr;
    BrotliEncoderSetParameter(state, BROTLI_PARAM_QUALITY, effort.level);
    BrotliEncoderSetParameter(state, BROTLI_PARAM_LGWIN, effort.window_log);
    const auto hint = std::min(effort.length.value_or(kHintMax), kHintMax);
    BrotliEncoderSetParameter(state, BROTLI_PARAM_SIZE_HINT, static_cast<std::uint32_t>(hint));
    return state;
}

Result<Progress> run(void* state, std::string_view in, std::span<char> out, Step step) {
    auto* const encoder = static_cast<BrotliEncoderState*>(state);
    const auto how = step == Step::finish  ? BROTLI_OPERATION_FINISH
                     : step == Step::flush ? BROTLI_OPERATION_FLUSH
                                           : BROTLI_OPERATION_PROCESS;
    std::size_t left = in.size();
    std::size_t room = out.size();
    const auto* from = reinterpret_cast<const std::uint8_t*>(in.data());
    auto* to = reinterpret_cast<std::uint8_t*>(out.data());
    if (BrotliEncoderCompressStream(encoder, how, &left, &from, &room, &to, nullptr) == BROTLI_FALSE)
        return fail(ErrorCode::internal, Side::self, "brotli refused");
    const bool has_more = BrotliEncoderHasMoreOutput(encoder) != BROTLI_FALSE;
    const bool is_done = step == Step::finish ? BrotliEncoderIsFinished(encoder) != BROTLI_FALSE : left == 0 && !has_more;
    return Progress{.taken = in.size() - left, .made = out.size() - room, .is_whole = is_done};
}

void close(CompressorMemory&, void* state) { BrotliEncoderDestroyInstance(static_cast<BrotliEncoderState*>(state)); }

}  // namespace

const Encoder kBrotli{.memory = memory, .open = open, .run = run, .close = close};

}  // namespace weir::filter
