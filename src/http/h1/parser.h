// Strict incremental parser of HTTP/1 message heads (RFC 9112). No I/O, no allocation but in the message's arena.
// Feed it a growing buffer; it remembers how far it has looked, so that octets that trickle in one by one cost no more than
// octets that come at once. Offsets, not pointers: the buffer may move between calls. Framing is never guessed
// (request smuggling): whatever two parsers could read in two ways is refused.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace weir::http::h1 {

struct HeadLimits {
    std::uint32_t request_line_max = 8 * 1024;   // octets; above: 414
    std::uint32_t header_count_max = 100;        // field lines; above: 431
    std::uint32_t header_bytes_max = 32 * 1024;  // the whole head; above: 431
};

enum class ParseState : std::uint8_t { need_more, done, bad };

struct ParseStep {
    ParseState state = ParseState::need_more;
    std::uint32_t head_octets = 0;               // when done: the length of the head, its empty line included
    Error error;                                 // when bad: malformed, uri_too_long, fields_too_large, unsupported_*; detail says which rule
};

// Finds the end of a head and refuses what can be refused early. Then parses in one pass, when the head is complete.
class HeadParser {
public:
    // A request. `buffer` begins with the head's first octet (leading empty lines, RFC 9112 2.2, are skipped: at most two) and
    // holds all octets so far. On done, views in `request` point into `buffer`.
    ParseStep parse(std::string_view buffer, const HeadLimits& limits, Request& request);
    // A response to a request of `request_method`; framing per RFC 9112 6.3. On an upgrade answer (101) framing is none.
    ParseStep parse(std::string_view buffer, const HeadLimits& limits, Method request_method, Response& response);
    void reset() { scanned_ = 0, line_start_ = 0, lines_ = 0; }
    bool has_begun() const { return scanned_ != 0; }

private:
    ParseStep find_end(std::string_view buffer, const HeadLimits& limits, Side side);

    std::uint32_t scanned_ = 0;                  // octets looked at
    std::uint32_t line_start_ = 0;               // where the current line began
    std::uint32_t lines_ = 0;                    // lines ended so far
};

}  // namespace weir::http::h1
