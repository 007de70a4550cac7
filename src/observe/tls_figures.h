// TlsFigures: what one worker has counted of TLS handshakes. Written on its thread, read by any.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/counter.h"
#include "observe/histogram.h"

namespace weir::observe {

// Why a handshake came to nothing.
enum class HandshakeFailure : std::uint8_t {
    protocol,        // no common version or cipher, a certificate that is not accepted, octets that are no TLS
    no_certificate,  // for that name there is none yet
    timeout,         // half-open: the time for it was over
    gone,            // the client closed or broke the connection
    plain_http,      // HTTP in the clear on a port of HTTPS
    limit,           // too many were under way
    count_
};
std::string_view word_of(HandshakeFailure failure);

struct TlsFigures {
    static constexpr std::size_t kVersions = 2;          // 1.2, 1.3
    std::array<std::array<Counter, 2>, kVersions> done;  // by version; [1] resumed
    std::array<Counter, static_cast<std::size_t>(HandshakeFailure::count_)> failed;
    Counter early_data;  // handshakes that brought a request along
    Gauge in_progress;
    Histogram time;

    void handshake_done(bool is_tls13, bool is_resumed, Duration took) {
        done[is_tls13 ? 1 : 0][is_resumed ? 1 : 0].add();
        time.record(took);
    }
    void handshake_failed(HandshakeFailure why) { failed[static_cast<std::size_t>(why)].add(); }
};

}  // namespace weir::observe
