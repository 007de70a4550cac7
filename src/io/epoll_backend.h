// The real world: Linux sockets and epoll, edge-triggered, each descriptor registered when its Socket first waits.
#pragma once

#include <memory>

#include "io/backend.h"

namespace weir::io {

// Aborts when the process can't have an epoll instance: there is nothing to run on.
std::unique_ptr<Backend> make_epoll_backend();

// Octets of a connection that the system holds and has not sent. More would only wait there for a client that takes them slowly: in the
// system's memory, and ahead of every answer that is more urgent (RFC 9218).
inline constexpr int kUnsentOctetsMax = 128 * 1024;
// What accepted connections inherit from their listener: nothing is held back to fill a segment, and little is held unsent. Of a Unix
// socket nothing.
void set_up_listening(int descriptor);

}  // namespace weir::io
