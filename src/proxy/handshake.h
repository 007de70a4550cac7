// The `tls` phase of a client's connection: from its first octet to the moment when HTTP may begin. Bounded: handshakes under way by
// `limits handshakes`, each by its time, so that half-open ones cost little and end (handshake flood). Thread: the worker's.
#pragma once

#include <memory>

#include "http/h1/read_buffer.h"
#include "io/task.h"
#include "proxy/visitor.h"
#include "tls/stream.h"

namespace weir::proxy {

class Lane;
struct Entrance;

// `stream` becomes the encrypted one; what has been read already is taken from `at_hand`; the visitor is told what was agreed on.
// nullptr when nothing came of it, which has been counted and told.
io::Task<tls::TlsStream*> shake_hands(Lane& lane, Entrance& entrance, Visitor& visitor, std::unique_ptr<net::Stream>& stream,
                                      http::h1::ReadBuffer& at_hand);

}  // namespace weir::proxy
