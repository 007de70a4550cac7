// From an Error to what the client hears and the log says: the only place where that is decided.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "http/message.h"

namespace weir::proxy {

// The status of the reply to an exchange that failed so; 0: nobody is left to reply to.
std::uint16_t status_of(const Error& error);

// May the request be sent again? `was_answered`: something of an answer came. `is_repeatable`: idempotent method, and all of its body that
// was sent is still at hand (RFC 9110 9.2.2).
struct RetryQuestion {
    bool was_sent = false;
    bool was_answered = false;
    bool is_body_at_hand = false;
    bool is_idempotent = false;
};
bool may_retry(const Error& error, const RetryQuestion& question);

// Does this failure speak against the peer (and not against the client or us)?
bool blames_peer(const Error& error);

}  // namespace weir::proxy
