// What a client gets of a stored entry: its conditions and its Range held against what is stored (RFC 9110 13 and 14).
#pragma once

#include <cstdint>

#include "cache/policy.h"
#include "http/message.h"
#include "proxy/multipart_body.h"
#include "proxy/stored_body.h"

namespace weir {
class Random;
}

namespace weir::proxy {

// Which octets of the body go with the head; none to a HEAD.
struct Chosen {
    StoredBody::Part part;
    const SeveralParts* several = nullptr;  // instead of it; in the response's arena
};
// `response` holds the entry's head: it stays, or becomes a 206, 304 or 416.
Chosen choose_part(http::Response& response, const cache::Entry& entry, const http::Request& request, const cache::Policy& policy,
                   Random& random);

// Its Range names more than one.
bool wants_several(const http::Request& request);

// Of a thing that is not stored a part that does not begin at its start: whoever wants the end of a large file must not wait for all
// before.
bool wants_middle(const http::Request& request);

// RFC 9111 5.1.
void say_age(http::Response& response, std::uint64_t seconds);

}  // namespace weir::proxy
