// prefetch(): asks for memory that is touched in a moment and that nobody has touched for long, so that it comes while other work is done.
// An instruction a line of the processor's cache. Nothing is read: addresses behind the end of what is there do no harm, and are numbers
// here because no such pointer may be made.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir {

inline void prefetch(const void* memory, std::size_t octets) {
    constexpr std::size_t kLine = 64;
    const auto first = reinterpret_cast<std::uintptr_t>(memory);
    for (std::size_t i = 0; i < octets; i += kLine) __builtin_prefetch(reinterpret_cast<const void*>(first + i));
    __builtin_prefetch(reinterpret_cast<const void*>(first + octets - 1));
}

}  // namespace weir
