#include "base/result.h"

#include <cerrno>

namespace weir {

std::string_view word_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::closed: return "closed";
        case ErrorCode::reset: return "reset";
        case ErrorCode::timeout: return "timeout";
        case ErrorCode::cancelled: return "cancelled";
        case ErrorCode::refused: return "refused";
        case ErrorCode::unreachable: return "unreachable";
        case ErrorCode::unresolved: return "unresolved";
        case ErrorCode::no_descriptors: return "no_descriptors";
        case ErrorCode::no_peer: return "no_peer";
        case ErrorCode::queue_full: return "queue_full";
        case ErrorCode::queue_timeout: return "queue_timeout";
        case ErrorCode::malformed: return "malformed";
        case ErrorCode::truncated: return "truncated";
        case ErrorCode::uri_too_long: return "uri_too_long";
        case ErrorCode::fields_too_large: return "fields_too_large";
        case ErrorCode::body_too_large: return "body_too_large";
        case ErrorCode::too_slow: return "too_slow";
        case ErrorCode::unsupported_coding: return "unsupported_coding";
        case ErrorCode::unsupported_version: return "unsupported_version";
        case ErrorCode::unsupported_method: return "unsupported_method";
        case ErrorCode::method_not_allowed: return "method_not_allowed";
        case ErrorCode::expectation_failed: return "expectation_failed";
        case ErrorCode::misdirected: return "misdirected";
        case ErrorCode::too_early: return "too_early";
        case ErrorCode::handshake_failed: return "handshake_failed";
        case ErrorCode::refused_stream: return "refused_stream";
        case ErrorCode::abuse: return "abuse";
        case ErrorCode::over_limit: return "over_limit";
        case ErrorCode::draining: return "draining";
        case ErrorCode::system: return "system";
        case ErrorCode::internal: return "internal";
    }
    return "unknown";
}

std::string_view word_of(Side side) {
    switch (side) {
        case Side::client: return "client";
        case Side::upstream: return "upstream";
        case Side::self: return "self";
    }
    return "unknown";
}

ErrorCode code_of_errno(int system_errno) {
    switch (system_errno) {
        case ECONNRESET:
        case EPIPE:
        case ECONNABORTED: return ErrorCode::reset;
        case ECONNREFUSED:
        case ENOENT: return ErrorCode::refused;
        case ETIMEDOUT: return ErrorCode::timeout;
        case EHOSTUNREACH:
        case ENETUNREACH:
        case EADDRNOTAVAIL: return ErrorCode::unreachable;
        case EMFILE:
        case ENFILE: return ErrorCode::no_descriptors;
        // Of a stream that encrypts: what came can't be TLS, and an end that nobody announced.
        case EPROTO: return ErrorCode::malformed;
        case ENODATA: return ErrorCode::truncated;
        default: return ErrorCode::system;
    }
}

}  // namespace weir
