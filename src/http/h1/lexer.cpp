#include "http/h1/lexer.h"

namespace weir::http::h1 {

Fault fault_in_start_line(char octet) {
    switch (octet) {
        case '\0': return {ErrorCode::malformed, "NUL"};
        case '\n': return {ErrorCode::malformed, "bare LF"};
        case '\r': return {ErrorCode::malformed, "request line without a target"};
        case '\t':
        case ' ': return {ErrorCode::malformed, "extra white space in the start line"};
        default: return {ErrorCode::malformed, "octet that may not stand in the start line"};
    }
}

Fault fault_in_target(char octet) {
    switch (octet) {
        case '\0': return {ErrorCode::malformed, "NUL"};
        case '\n': return {ErrorCode::malformed, "bare LF"};
        case '\r': return {ErrorCode::malformed, "request line without a version (HTTP/0.9)"};
        case '#': return {ErrorCode::malformed, "fragment in the target"};
        default: return {ErrorCode::malformed, "octet that may not stand in a target"};
    }
}

Fault fault_in_name(char octet, bool is_first) {
    switch (octet) {
        case '\0': return {ErrorCode::malformed, "NUL"};
        case '\n': return {ErrorCode::malformed, "bare LF"};
        case '\r': return {ErrorCode::malformed, "field line without a colon"};
        case ':': return {ErrorCode::malformed, "empty field name"};
        case '\t':
        case ' ':
            // RFC 9112 5.2 and 5.1: both are old ways to hide a field from one of two parsers.
            return {ErrorCode::malformed, is_first ? "folded field line (obs-fold)" : "white space before the colon"};
        default: return {ErrorCode::malformed, "octet that may not stand in a field name"};
    }
}

Fault fault_in_value(char octet) { return {ErrorCode::malformed, octet == '\0' ? "NUL" : "control octet in a field value"}; }

}  // namespace weir::http::h1
