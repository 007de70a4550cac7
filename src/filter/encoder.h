// Encoder: what a compressor needs of a library; one a coding, each in a file of its own. Inside of the room only.
#pragma once

#include "filter/compressor.h"

namespace weir::filter {

struct Encoder {
    std::size_t (*memory)(const Effort& effort);
    void* (*open)(CompressorMemory& memory, const Effort& effort);  // nullptr: no memory
    Result<Compressor::Progress> (*run)(void* state, std::string_view in, std::span<char> out, Step step);
    void (*close)(CompressorMemory& memory, void* state);
};
extern const Encoder kGzip, kBrotli, kZstd;

}  // namespace weir::filter
