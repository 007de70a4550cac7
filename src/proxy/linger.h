// After the last octets to a client that may still be sending, a plain close would be a reset that may destroy them on their way
// (RFC 9112 9.6): stop sending, take what still comes for a while, then close.
#pragma once

#include "io/deadline.h"
#include "io/task.h"

namespace weir::net {
class Stream;
}

namespace weir::proxy {

io::Task<> linger(net::Stream& stream, io::Stop& stopping);

}  // namespace weir::proxy
