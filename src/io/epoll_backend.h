// The real world: Linux sockets and epoll, edge-triggered, each descriptor registered once.
#pragma once

#include <memory>

#include "io/backend.h"

namespace weir::io {

// Aborts when the process can't have an epoll instance: there is nothing to run on.
std::unique_ptr<Backend> make_epoll_backend();

}  // namespace weir::io
