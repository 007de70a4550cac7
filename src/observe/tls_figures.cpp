#include "observe/tls_figures.h"

#include <algorithm>

#include "tls/facts.h"

namespace weir::observe {

std::string_view word_of(HandshakeFailure failure) {
    switch (failure) {
        case HandshakeFailure::protocol: return "protocol";
        case HandshakeFailure::no_certificate: return "no_certificate";
        case HandshakeFailure::timeout: return "timeout";
        case HandshakeFailure::gone: return "gone";
        case HandshakeFailure::plain_http: return "plain_http";
        case HandshakeFailure::limit: return "limit";
        case HandshakeFailure::count_: break;
    }
    return "unknown";
}

void TlsFigures::handshake_done(const tls::ConnectionFacts& facts, Duration took) {
    done[facts.version == "TLSv1.3" ? 1 : 0][facts.is_resumed ? 1 : 0].add();
    ciphers[static_cast<std::size_t>(std::ranges::find(kCipherNames, facts.cipher) - kCipherNames.begin())].add();
    protocols[static_cast<std::size_t>(std::ranges::find(kProtocolNames, facts.protocol) - kProtocolNames.begin())].add();
    time.record(took);
}

}  // namespace weir::observe
