// Body: the octets of a message, pulled by the one who wants them. Back-pressure is not pulling; there are no watermarks and no pause.
// Thread: one. Memory: what one read brought in; the next comes only when this one is taken.
#pragma once

#include "base/chunk.h"
#include "base/clock.h"
#include "base/result.h"
#include "http/fields.h"
#include "io/deadline.h"
#include "io/task.h"

namespace weir::http {

// How long a body may keep its reader waiting, and how large it may get. Limits measure progress: time that was not spent waiting for
// the sender does not count.
struct Pace {
    Duration stall = Duration::max();   // for any octet
    Duration first = Duration::zero();  // for the first one, when its sender waits for a word (100 Continue); zero: as the others
    Duration grace = Duration::zero();  // waiting time before the rate counts …
    std::uint32_t rate_min = 0;         // … octets a second of waiting time; 0: no floor
    std::uint64_t octets_max = 0;       // decoded; above: body_too_large; 0: no limit
    io::Deadline overall;
};

class Body {
public:
    virtual ~Body() = default;

    virtual void set_pace(const Pace& pace) = 0;

    // The next octets that are here already. Empty: nothing is here; then is_done() tells the end from "not yet".
    virtual Result<Piece> ready() = 0;
    // Waits until ready() has something to say: octets, the end, or an error.
    virtual io::Task<Result<>> wait() = 0;
    // All octets have been taken, and the end was a clean one.
    virtual bool is_done() const = 0;
    // How many octets were taken so far (decoded, without framing).
    virtual std::uint64_t octets() const = 0;
    // Trailer fields, once done; nullptr when there are none.
    virtual const Fields* trailers() const { return nullptr; }
};

}  // namespace weir::http
