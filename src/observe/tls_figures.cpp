#include "observe/tls_figures.h"

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

}  // namespace weir::observe
