// Pump: moves a body from where it is pulled to where it is put, once for every protocol and both directions. Bounded memory: what one
// read brought in. A slow taker slows the giver down, because nothing is pulled while something waits to be flushed.
#pragma once

#include "base/few.h"
#include "http/stream.h"

namespace weir::proxy {

// Octets that are at hand, at most kPiecesMax pieces.
using Handful = Few<Piece, http::kPiecesMax>;

// Takes what the body has ready now; never waits.
Result<> take_ready(http::Body& body, Handful& handful);

struct PumpEnds {
    http::Body& from;
    http::Sender& to;
    io::Deadline deadline;  // of each write
};
// Until the end of the body, its trailers included. The error is the first of either end; its side says whose.
io::Task<Result<>> pump(PumpEnds ends);

}  // namespace weir::proxy
