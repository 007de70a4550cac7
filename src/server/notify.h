// Words to systemd (sd_notify's protocol, without its library): READY=1, RELOADING=1, STOPPING=1. Nothing when NOTIFY_SOCKET is not set.
#pragma once

#include <string_view>

namespace weir::server {

void notify(std::string_view state);

}  // namespace weir::server
