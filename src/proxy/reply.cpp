#include "proxy/reply.h"

namespace weir::proxy {
namespace {

std::uint16_t client_status(ErrorCode code) {
    switch (code) {
        case ErrorCode::uri_too_long: return 414;
        case ErrorCode::fields_too_large: return 431;
        case ErrorCode::body_too_large: return 413;
        case ErrorCode::too_slow:
        case ErrorCode::timeout: return 408;
        case ErrorCode::unsupported_coding:
        case ErrorCode::unsupported_method: return 501;
        case ErrorCode::unsupported_version: return 505;
        case ErrorCode::method_not_allowed: return 405;
        case ErrorCode::expectation_failed: return 417;
        case ErrorCode::misdirected: return 421;
        case ErrorCode::too_early: return 425;
        case ErrorCode::over_limit: return 429;
        case ErrorCode::malformed: return 400;
        default: return 0;  // closed, reset, truncated, cancelled: the client is gone
    }
}

std::uint16_t upstream_status(ErrorCode code) {
    switch (code) {
        case ErrorCode::timeout: return 504;
        case ErrorCode::cancelled: return 0;
        default: return 502;
    }
}

bool is_unavailable(ErrorCode code) {
    return code == ErrorCode::no_peer || code == ErrorCode::queue_full || code == ErrorCode::queue_timeout || code == ErrorCode::draining ||
           code == ErrorCode::no_descriptors;
}

}  // namespace

std::uint16_t status_of(const Error& error) {
    if (error.side != Side::client && is_unavailable(error.code)) return 503;
    switch (error.side) {
        case Side::client: return client_status(error.code);
        case Side::upstream: return upstream_status(error.code);
        case Side::self: break;
    }
    switch (error.code) {
        case ErrorCode::cancelled: return 0;
        case ErrorCode::timeout: return 504;
        case ErrorCode::over_limit: return 503;
        default: return 500;
    }
}

bool may_retry(const Error& error, const RetryQuestion& question) {
    if (error.side == Side::client || error.code == ErrorCode::cancelled) return false;
    if (question.was_answered || !question.is_body_at_hand) return false;
    if (error.retry == Retry::yes || !question.was_sent)
        return error.code != ErrorCode::no_peer && error.code != ErrorCode::queue_full && error.code != ErrorCode::queue_timeout;
    return question.is_idempotent &&
           (error.code == ErrorCode::closed || error.code == ErrorCode::reset || error.code == ErrorCode::timeout);
}

bool blames_peer(const Error& error) {
    if (error.side != Side::upstream) return false;
    switch (error.code) {
        case ErrorCode::cancelled:
        case ErrorCode::no_peer:
        case ErrorCode::queue_full:
        case ErrorCode::refused_stream:       // it is going away in good order, or has enough to do
        case ErrorCode::unsupported_version:  // HTTP/2 for this request: it wants HTTP/1.1
        case ErrorCode::queue_timeout: return false;
        default: return true;
    }
}

}  // namespace weir::proxy
