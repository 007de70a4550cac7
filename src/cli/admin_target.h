// What the command line asks of the admin socket, as the targets of requests (server/admin.h).
#pragma once

#include <string>
#include <string_view>

#include "cli/command.h"

namespace weir::cli {

// "/explain?url=…&method=…&client=…&header=…".
std::string explain_target(const Explain& explain);

struct AdminRequest {
    const char* method;
    const char* target;
};
AdminRequest admin_request(Steer::Word word);

// "/certs/renew?name=…".
std::string renew_target(std::string_view name);

}  // namespace weir::cli
