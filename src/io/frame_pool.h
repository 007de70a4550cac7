// Memory for coroutine frames and other short-lived objects of one thread: size classes with free lists, a few instructions a frame.
// What one thread takes the same thread gives back. Under AddressSanitizer nothing is pooled, so that use after free is seen. Larger
// sizes than kPooledMax go to the allocator.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

namespace weir::io {

struct FreeFrame {
    FreeFrame* next;
};

inline constexpr std::size_t kFrameStep = 64;
inline constexpr std::size_t kPooledFrameMax = 16 * 1024;

struct FrameLists {
    std::array<FreeFrame*, kPooledFrameMax / kFrameStep> free{};
    std::size_t pooled_octets = 0;
    std::size_t pooled_octets_max = 0;  // zero before the first frame and after the thread's end
    std::size_t in_use = 0;
};

class FramePool {
public:
    static constexpr std::size_t kStep = kFrameStep;
    static constexpr std::size_t kPooledMax = kPooledFrameMax;
    static constexpr std::size_t kPooledOctetsMax = 8 * 1024 * 1024;  // free octets a thread keeps; what is above goes back

    static void* take(std::size_t octets) {
        auto& lists = tls_lists_;
        ++lists.in_use;
        if (octets > kPooledMax) [[unlikely]]
            return take_slowly(octets);
        auto*& head = lists.free[class_of(octets)];
        if (head == nullptr) [[unlikely]]
            return take_slowly(octets);
        lists.pooled_octets -= rounded(octets);
        return std::exchange(head, head->next);
    }

    static void give(void* memory, std::size_t octets) noexcept {
        auto& lists = tls_lists_;
        --lists.in_use;
        if (octets > kPooledMax || lists.pooled_octets + rounded(octets) > lists.pooled_octets_max) [[unlikely]] {
            give_back(memory);
            return;
        }
        lists.pooled_octets += rounded(octets);
        auto*& head = lists.free[class_of(octets)];
        head = new (memory) FreeFrame{head};
    }

    // Frames of this thread that are in use, for the oracle "all return to zero".
    static std::size_t in_use() { return tls_lists_.in_use; }

private:
    friend class FrameReaper;
    static constexpr std::size_t class_of(std::size_t octets) { return (octets - 1) / kStep; }
    static constexpr std::size_t rounded(std::size_t octets) { return (class_of(octets) + 1) * kStep; }
    static void* take_slowly(std::size_t octets);
    static void give_back(void* memory) noexcept;

    // Without a constructor or destructor to run, so that reaching it is one instruction; frame_pool.cpp empties it at the thread's end.
    static inline constinit thread_local FrameLists tls_lists_{};
};

}  // namespace weir::io
