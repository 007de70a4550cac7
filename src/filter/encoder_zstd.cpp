#include <zstd.h>

#include <algorithm>
#include <iterator>

#include "filter/compressor_memory.h"
#include "filter/encoder.h"

namespace weir::filter {
namespace {

using Progress = Compressor::Progress;

ZSTD_CCtx* context_of(void* state) { return static_cast<ZSTD_CCtx*>(state); }

// The library's own choice for a level, cut to the window: it does that itself only when it knows the length.
struct Tables {
    unsigned hash_log, chain_log;
};
Tables tables_of(const Effort& effort) {
    constexpr Tables kOfLevels[] = {{14, 13}, {16, 15}, {17, 16}, {18, 18}, {19, 18}, {19, 18}, {20, 19}};
    constexpr auto kLevels = static_cast<unsigned>(std::size(kOfLevels));
    const auto own = kOfLevels[std::clamp(effort.level, 1U, kLevels) - 1];
    return {.hash_log = std::min(own.hash_log, effort.window_log + 1), .chain_log = std::min(own.chain_log, effort.window_log)};
}

// Above what was measured for every level and window; the test holds it. The window, what a block needs, tables.
std::size_t memory(const Effort& effort) {
    constexpr std::size_t kState = 192 * 1024, kBlockMax = 128 * 1024;
    const std::size_t window = std::size_t{1} << effort.window_log;
    const auto tables = tables_of(effort);
    return kState + window + 7 * std::min(window, kBlockMax) +
           5 * ((std::size_t{1} << tables.hash_log) + (std::size_t{1} << tables.chain_log));
}

void discard(void* state) { ZSTD_freeCCtx(context_of(state)); }

void* open(CompressorMemory& memory, const Effort& effort) {
    memory.set_discard(discard);
    auto* const idle = context_of(memory.take_idle());
    auto* const encoder = idle != nullptr ? idle : ZSTD_createCCtx();
    if (encoder == nullptr) return nullptr;
    ZSTD_CCtx_setParameter(encoder, ZSTD_c_compressionLevel, static_cast<int>(effort.level));
    ZSTD_CCtx_setParameter(encoder, ZSTD_c_windowLog, static_cast<int>(effort.window_log));
    const auto tables = tables_of(effort);
    ZSTD_CCtx_setParameter(encoder, ZSTD_c_hashLog, static_cast<int>(tables.hash_log));
    ZSTD_CCtx_setParameter(encoder, ZSTD_c_chainLog, static_cast<int>(tables.chain_log));
    if (effort.length) ZSTD_CCtx_setPledgedSrcSize(encoder, *effort.length);
    return encoder;
}

Result<Progress> run(void* state, std::string_view in, std::span<char> out, Step step) {
    ZSTD_inBuffer from{.src = in.data(), .size = in.size(), .pos = 0};
    ZSTD_outBuffer to{.dst = out.data(), .size = out.size(), .pos = 0};
    const auto how = step == Step::finish ? ZSTD_e_end : step == Step::flush ? ZSTD_e_flush : ZSTD_e_continue;
    const auto left = ZSTD_compressStream2(context_of(state), &to, &from, how);
    if (ZSTD_isError(left) != 0) return fail(ErrorCode::internal, Side::self, "zstd refused");
    return Progress{.taken = from.pos, .made = to.pos, .is_whole = left == 0};
}

// One that has grown large is not kept.
void close(CompressorMemory& memory, void* state) {
    constexpr std::size_t kKeptMax = 3U * 1024 * 1024;
    auto* const context = context_of(state);
    ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters);
    if (ZSTD_sizeof_CCtx(context) > kKeptMax || !memory.give_idle(context)) discard(context);
}

}  // namespace

const Encoder kZstd{.memory = memory, .open = open, .run = run, .close = close};

}  // namespace weir::filter
