// Memory for coroutine frames and other short-lived objects of one thread: a few instructions a frame. What one thread takes the same
// thread gives back. Sizes above kPooledMax go to the allocator.
#pragma once

#include <cstddef>

#include "base/sized_pool.h"

namespace weir::io {

struct FrameLimits {
    static constexpr std::size_t kPooledMax = 16 * 1024;
    static constexpr std::size_t kWaitingMax = 8 * 1024 * 1024;  // free octets a thread keeps
    static constexpr std::size_t kRowMax = kWaitingMax;
};

class FramePool {
public:
    static constexpr std::size_t kStep = SizedPool<FrameLimits>::kStep;
    static constexpr std::size_t kPooledMax = FrameLimits::kPooledMax;

    static void* take(std::size_t octets) {
        ++tls_in_use_;
        return SizedPool<FrameLimits>::take(octets);
    }
    static void give(void* memory, std::size_t octets) noexcept {
        --tls_in_use_;
        SizedPool<FrameLimits>::give(memory, octets);
    }
    // Frames of this thread that are in use, for the oracle "all return to zero".
    static std::size_t in_use() { return tls_in_use_; }

private:
    static inline constinit thread_local std::size_t tls_in_use_ = 0;
};

}  // namespace weir::io
