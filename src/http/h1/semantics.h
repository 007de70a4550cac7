// What the lines of a head mean together: target and Host, the body's framing, the connection's fate. The rules against request
// smuggling live here. Called once, when the head is complete and every line of it is good by itself.
#pragma once

#include "http/h1/lexer.h"
#include "http/message.h"

namespace weir::http::h1 {

// Reads method_name, target, version and fields; sets the rest but `scheme`.
Fault finish(Request& request);
// Reads status, version and fields; sets the rest.
Fault finish(Response& response, Method request_method);

}  // namespace weir::http::h1
