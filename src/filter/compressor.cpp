#include "filter/compressor.h"

#include <algorithm>
#include <bit>

#include "filter/compressor_memory.h"
#include "filter/encoder.h"

namespace weir::filter {
namespace {

const Encoder& encoder_of(http::Coding coding) {
    switch (coding) {
        case http::Coding::br: return kBrotli;
        case http::Coding::zstd: return kZstd;
        default: return kGzip;
    }
}

}  // namespace

Effort make_effort(http::Coding coding, unsigned level, std::optional<std::uint64_t> length, bool stays_open) {
    // From here on brotli's tables cost more than a larger window brings.
    constexpr unsigned kBrotliLarge = 7, kBrotliLargeLog = 16;
    Effort effort{.coding = coding, .level = level, .window_log = Effort::kWindowLogMax, .length = length};
    if (stays_open) effort.window_log = Effort::kWindowLogOpen, effort.level = Effort::kLevelOpen;
    if (length) effort.window_log = std::min(effort.window_log, static_cast<unsigned>(std::bit_width(*length)));
    if (coding == http::Coding::br && level >= kBrotliLarge) effort.window_log = std::min(effort.window_log, kBrotliLargeLog);
    effort.window_log = std::max(effort.window_log, Effort::kWindowLogMin);
    return effort;
}

std::size_t memory_of(const Effort& effort) { return encoder_of(effort.coding).memory(effort); }

Compressor::Compressor(CompressorMemory& memory, const Effort& effort) : memory_(&memory), effort_(effort) {
    const auto octets = memory_of(effort);
    if (!memory.reserve(octets)) return;
    reserved_ = octets;
    state_ = encoder_of(effort.coding).open(memory, effort);
}

Compressor::~Compressor() {
    if (state_ != nullptr) encoder_of(effort_.coding).close(*memory_, state_);
    if (reserved_ != 0) memory_->release(reserved_);
}

Result<Compressor::Progress> Compressor::run(std::string_view in, std::span<char> out, Step step) {
    return encoder_of(effort_.coding).run(state_, in, out, step);
}

}  // namespace weir::filter
