// TlsFigures: what one worker has counted of TLS handshakes. Written on its thread, read by any.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/counter.h"
#include "observe/histogram.h"

namespace weir::tls {
struct ConnectionFacts;
}

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

// Names that handshakes are counted by; what is none of them is counted behind the last.
inline constexpr std::array<std::string_view, 9> kCipherNames{
    "TLS_AES_128_GCM_SHA256",        "TLS_AES_256_GCM_SHA384",        "TLS_CHACHA20_POLY1305_SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-AES128-GCM-SHA256",   "ECDHE-RSA-AES256-GCM-SHA384",   "ECDHE-RSA-CHACHA20-POLY1305"};
inline constexpr std::array<std::string_view, 2> kProtocolNames{"h2", "http/1.1"};

struct TlsFigures {
    static constexpr std::size_t kVersions = 2;          // 1.2, 1.3
    std::array<std::array<Counter, 2>, kVersions> done;  // by version; [1] resumed
    std::array<Counter, kCipherNames.size() + 1> ciphers;
    std::array<Counter, kProtocolNames.size() + 1> protocols;  // by ALPN
    std::array<Counter, static_cast<std::size_t>(HandshakeFailure::count_)> failed;
    Counter early_data;          // handshakes that brought a request along
    Counter early_data_refused;  // those whose request was not listened to: it has to come again
    Gauge in_progress;
    Gauge held;  // of those: waiting for a certificate
    Histogram time;

    void handshake_done(const tls::ConnectionFacts& facts, Duration took);
    void handshake_failed(HandshakeFailure why) { failed[static_cast<std::size_t>(why)].add(); }
};

}  // namespace weir::observe
