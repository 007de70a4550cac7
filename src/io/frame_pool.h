// Memory for coroutine frames and other short-lived objects of one thread: size classes with free lists, a few nanoseconds a frame.
// What one thread takes the same thread gives back. Under AddressSanitizer nothing is pooled, so that use after free is seen. Larger sizes
// than kPooledMax go to the allocator.
#pragma once

#include <cstddef>

namespace weir::io {

class FramePool {
public:
    static constexpr std::size_t kStep = 64;
    static constexpr std::size_t kPooledMax = 4096;
    static constexpr std::size_t kPooledOctetsMax = 8 * 1024 * 1024;  // free octets a thread keeps; what is above goes back

    static void* take(std::size_t octets);
    static void give(void* memory, std::size_t octets) noexcept;

    // Frames of this thread that are in use, for the oracle "all return to zero".
    static std::size_t in_use();
};

}  // namespace weir::io
