// Budgets against abuse of an HTTP/2 connection: what is cheap for a client and dear for a server may be done so often, then the
// connection ends with ENHANCE_YOUR_CALM. A budget fills again with time and with useful work. Thread: the worker's.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace weir::http::h2 {

enum class Abuse : std::uint8_t {
    rapid_reset,        // streams that the client resets before their reply (CVE-2023-44487)
    provoked_reset,     // streams that a client's faults make the server reset: MadeYouReset (CVE-2025-8671)
    continuation,       // header blocks in more frames than any client needs (CONTINUATION flood)
    settings,           // SETTINGS frames, each to be acknowledged
    ping,               // PING frames, each to be answered
    priority,           // PRIORITY and PRIORITY_UPDATE frames
    window_update,      // WINDOW_UPDATE frames beyond what the octets sent explain
    empty_frame,        // DATA frames that carry and end nothing
    unknown_frame,      // frames of types that nobody knows
    header_bomb,        // a header block that unpacks to a multiple of what may be kept (HPACK bomb)
    slow_header,        // a header block that does not end in its time (slowloris)
    tiny_window,        // windows that let go only few octets a frame
    stalled_stream,     // a stream whose window stays shut (slow read)
    stalled_connection  // a connection that takes no octets (slow read)
};
inline constexpr std::size_t kAbuses = 14;
std::string_view word_of(Abuse kind);  // "rapid_reset"

class AbuseBudgets {
public:
    explicit AbuseBudgets(TimePoint now);

    // False: the budget is used up.
    bool spend(Abuse kind, TimePoint now);
    // Useful work: a stream that ended well, octets that were sent.
    void stream_served();
    void frame_sent(std::size_t octets) {
        earn(Abuse::window_update, 4);
        earn(Abuse::ping, 1);  // gRPC measures the way's delay and rate while it receives
        if (octets >= kUsefulFrame) earn(Abuse::tiny_window, 1);
    }

private:
    static constexpr std::size_t kUsefulFrame = 1024;

    void refill(TimePoint now);
    void earn(Abuse kind, int times);

    TimePoint filled_at_;
    std::array<std::int32_t, kAbuses> left_;
};

}  // namespace weir::http::h2
