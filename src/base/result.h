// Errors as values. Every operation that a client, an upstream or the system can make fail returns Result<T>.
// An Error says whose fault it is and whether another try is safe: retry is a property of the error, not an `if` somewhere.
// Small, trivially copyable, allocates nothing; `detail` points at static text.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

namespace weir {

// What happened. status_of() (proxy/reply.h) and word_of() below are the only mappings from a code to the outside.
enum class ErrorCode : std::uint8_t {
    closed,               // the other side ended the stream cleanly
    reset,                // the other side broke the connection
    timeout,              // a deadline passed
    cancelled,            // a Stop was requested: the client is gone, or Weir drains
    refused,              // connect: nobody listens there
    unreachable,          // connect: no way there
    unresolved,           // the name has no address
    no_descriptors,       // EMFILE or ENFILE
    no_peer,              // every peer of the upstream is down or ejected
    queue_full,           // the upstream's queue is full
    queue_timeout,        // waited too long in the upstream's queue
    malformed,            // breaks the protocol's grammar: 400 from a client, 502 from an upstream
    truncated,            // ended in the middle of a message
    uri_too_long,         // 414
    fields_too_large,     // 431
    body_too_large,       // 413
    too_slow,             // below the floor on progress: 408
    unsupported_coding,   // a transfer coding that is not `chunked`: 501
    unsupported_version,  // 505
    unsupported_method,   // 501
    method_not_allowed,   // 405
    expectation_failed,   // 417
    misdirected,          // 421
    too_early,            // 425: early data, where it is not allowed (RFC 8470)
    handshake_failed,     // TLS: no common version, cipher or protocol; a certificate that is not accepted
    refused_stream,       // HTTP/2: the other side has not looked at the request
    abuse,                // an HTTP/2 connection used up a budget: rapid reset, a flood of settings …
    over_limit,           // a limit on connections or requests: 503 or 429
    draining,             // the process is going away
    system,               // another error of the operating system
    internal,             // a broken assumption of ours
};

enum class Side : std::uint8_t { client, upstream, self };

// May the exchange be tried again on another connection?
enum class Retry : std::uint8_t {
    no,         // the request may have been acted upon
    if_reused,  // only when the connection was a reused one: the upstream closed it while it idled
    yes,        // nothing of the request has reached anybody
};

struct Error {
    ErrorCode code = ErrorCode::internal;
    Side side = Side::self;
    Retry retry = Retry::no;
    int system_errno = 0;     // when the operating system said so
    const char* detail = "";  // static text for a person: which rule, which limit

    friend bool operator==(const Error& a, const Error& b) { return a.code == b.code && a.side == b.side; }
};

// One word for logs and metrics: "closed", "timeout", "malformed" …
std::string_view word_of(ErrorCode code);
std::string_view word_of(Side side);

// The code that fits an errno of a socket call.
ErrorCode code_of_errno(int system_errno);

template <class T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, Side side, const char* detail = "", Retry retry = Retry::no) {
    return std::unexpected(Error{.code = code, .side = side, .retry = retry, .detail = detail});
}

}  // namespace weir
