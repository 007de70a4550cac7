#include "filter/compressor_memory.h"

#include <cstdint>
#include <cstdlib>

namespace weir::filter {
namespace {

// In front of each block: how large it is.
constexpr std::size_t kHead = alignof(std::max_align_t);

std::size_t& size_of(void* memory) { return *reinterpret_cast<std::size_t*>(static_cast<char*>(memory) - kHead); }

void free_block(void* memory) { std::free(static_cast<char*>(memory) - kHead); }

}  // namespace

CompressorMemory::~CompressorMemory() {
    for (std::size_t i = 0; i < blocks_count_; ++i) free_block(blocks_[i].memory);
    for (std::size_t i = 0; i < idle_count_; ++i) discard_(idle_[i]);
}

bool CompressorMemory::reserve(std::size_t octets) {
    if (octets > kUsedMax - reserved_) return false;
    reserved_ += octets;
    return true;
}

// Encoders ask for the same sizes again and again. One that is much larger than what is wanted stays for who wants it.
void* CompressorMemory::take(std::size_t octets) {
    for (std::size_t i = 0; i < blocks_count_; ++i) {
        const auto block = blocks_[i];
        if (block.octets < octets || block.octets > octets + octets / 8) continue;
        blocks_[i] = blocks_[--blocks_count_];
        kept_ -= block.octets;
        used_ += block.octets;
        return block.memory;
    }
    if (octets > SIZE_MAX - kHead) return nullptr;
    auto* const raw = static_cast<char*>(std::malloc(octets + kHead));
    if (raw == nullptr) return nullptr;
    void* const memory = raw + kHead;
    size_of(memory) = octets;
    used_ += octets;
    return memory;
}

void CompressorMemory::give(void* memory) {
    if (memory == nullptr) return;
    const auto octets = size_of(memory);
    used_ -= octets;
    if (blocks_count_ == kBlocksMax || kept_ + octets > kKeptMax) return free_block(memory);
    blocks_[blocks_count_++] = {.memory = memory, .octets = octets};
    kept_ += octets;
}

void* CompressorMemory::take_idle() { return idle_count_ == 0 ? nullptr : idle_[--idle_count_]; }

bool CompressorMemory::give_idle(void* context) {
    if (idle_count_ == kIdleMax || discard_ == nullptr) return false;
    idle_[idle_count_++] = context;
    return true;
}

}  // namespace weir::filter
