// Session: one client connection, from accept to close. Turns its octets into exchanges, one after another (HTTP/1.1; pipelined requests
// are answered in order). While it idles it holds no buffers: a socket, this object and one small frame.
#pragma once

#include "io/task.h"
#include "net/listener.h"

namespace weir::proxy {

class Lane;
struct Entrance;

io::Task<> serve_connection(Lane& lane, Entrance& entrance, net::Accepted accepted);

}  // namespace weir::proxy
