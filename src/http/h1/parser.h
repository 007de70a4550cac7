// Strict incremental parser of HTTP/1 message heads (RFC 9112). No I/O, no allocation but in the message's arena.
// Feed it a growing buffer; it remembers how far it has looked, so that octets that trickle in one by one cost no more than
// octets that come at once. Offsets, not pointers: the buffer may move between calls. Framing is never guessed
// (request smuggling): whatever two parsers could read in two ways is refused.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "http/h1/lexer.h"
#include "http/message.h"

namespace weir::http::h1 {

struct ParseStep {
    ParseState state = ParseState::need_more;
    std::uint32_t head_octets = 0;  // when done: the length of the head, its empty line included
    Error error;                    // when bad: malformed, uri_too_long, fields_too_large, unsupported_*; detail says which rule
};

// One pass over a head that is there as a whole. One that comes in parts is lexed as it comes, what can be refused is refused at its
// first bad octet, and it is read into the message once it is complete; the result is the same however the octets were cut.
class HeadParser {
public:
    // A request. `buffer` begins with the head's first octet (leading empty lines, RFC 9112 2.2, are skipped: at most two) and
    // holds all octets so far. On done, views in `request` point into `buffer`; everything but its `scheme` has been set.
    ParseStep parse(std::string_view buffer, const HeadLimits& limits, Request& request);
    // A response to a request of `request_method`; framing per RFC 9112 6.3. On an upgrade answer (101) framing is none.
    ParseStep parse(std::string_view buffer, const HeadLimits& limits, Method request_method, Response& response);
    // Forgets what has been fed; parse does so itself when it is done or the head is bad.
    void reset() { position_ = {}; }
    // Has an octet of the message been seen? Empty lines before it do not count.
    bool has_begun() const { return position_.part != Part::start; }

private:
    LexPosition position_;  // how far the octets so far have been lexed
};

}  // namespace weir::http::h1
