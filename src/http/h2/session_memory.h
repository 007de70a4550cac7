// SessionMemory: where a server's session of libnghttp2 has its two large blocks: the table of its streams, and the buffer that a frame is
// packed into before it is handed over. Both say nothing while a connection idles, and are half of what it costs: rest() gives their
// pages back, and the first use afterwards gets new ones. All else of a session comes from the heap.
// Owner: a ServerConnection; it outlives the session. Thread: the worker's.
#pragma once

#include <cstddef>

namespace weir::http::h2 {

class SessionMemory {
public:
    static constexpr std::size_t kPage = 4 * 1024;
    static constexpr std::size_t kTable = kPage;      // as libnghttp2 begins with: 256 places
    static constexpr std::size_t kFrame = 20 * 1024;  // for one frame of 16 KiB and its head

    SessionMemory() = default;
    SessionMemory(const SessionMemory&) = delete;
    SessionMemory& operator=(const SessionMemory&) = delete;
    ~SessionMemory();

    // As malloc, calloc, realloc and free.
    void* take(std::size_t octets) { return change(nullptr, octets); }
    void* take_zeroed(std::size_t octets);
    void* change(void* at, std::size_t octets);
    void give(void* at);

    // No stream is open, and all that was to be sent has been handed over.
    void rest();

private:
    bool has(const void* at) const { return at != nullptr && (at == table_ || at == frame_); }
    bool make_pages();

    char* pages_ = nullptr;
    char* table_ = nullptr;  // in pages_, while the session has it
    char* frame_ = nullptr;
};

}  // namespace weir::http::h2
