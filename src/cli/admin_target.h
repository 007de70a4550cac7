// What the command line asks of the admin socket, as the targets of requests (server/admin.h).
#pragma once

#include <string>
#include <string_view>

#include "cli/command.h"

namespace weir::cli {

// "/explain?url=…&method=…&client=…&header=…".
std::string explain_target(const Explain& explain);

// "/cache/purge?tag=…&soft", "/cache/show?url=…".
std::string purge_target(const Purge& purge);
std::string cache_show_target(const CacheShow& show);

struct AdminRequest {
    const char* method;
    const char* target;
};
AdminRequest admin_request(Steer::Word word);

// "/certs/renew?name=…".
std::string renew_target(std::string_view name);

}  // namespace weir::cli
