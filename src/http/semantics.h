// What the lines of a head mean together: target and Host, the body's framing, the connection's fate. The rules against request
// smuggling live here, once for every protocol version. Called once, when the head is complete and every line of it is good by itself.
#pragma once

#include "http/fault.h"
#include "http/message.h"

namespace weir::http {

// HTTP/1: reads method_name, target, version and fields; sets the rest but `scheme`.
Fault finish(Request& request);
// HTTP/2 and 3: reads method_name, target (":path"; of CONNECT nothing), authority (":authority", put before the fields as a Host, too),
// version and fields; sets the rest but `scheme`. `is_ended`: no body follows.
Fault finish_stream(Request& request, bool is_ended);
// Reads status, version and fields; sets the rest.
Fault finish(Response& response, Method request_method);

// The body's length as Content-Length states it: one field, a decimal number in range (RFC 9110 8.6).
Fault read_content_length(const Fields& fields, std::uint64_t& length);

}  // namespace weir::http
