// The admin API: HTTP/1.1 on a Unix socket (file mode 0600: whoever may open it may do everything), and /metrics alone on a TCP address.
//   GET /metrics   GET /status   GET /certs   GET /certs?format=json   GET /explain?url=…&method=…&header=…&client=…
//   GET /cache/stats   GET /cache/show?url=…   POST /cache/purge?url=…|prefix=…|tag=…|host=…|all&soft
//   POST /reload   POST /reopen   POST /drain   POST /certs/renew?name=…
// Thread: control. Limit: kConnectionsMax connections at once, one request a time each.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "io/deadline.h"
#include "io/task.h"
#include "net/address.h"
#include "net/listener.h"

namespace weir::server {

class Process;

inline constexpr std::size_t kAdminConnectionsMax = 64;
// Octets of a request's target: room for any URL, escaped.
inline constexpr std::uint32_t kAdminTargetMax = 256 * 1024;

// What may be asked there.
enum class AdminRights : std::uint8_t { everything, metrics_only };

io::Task<> serve_admin(Process& process, net::Listener& listener, AdminRights rights, io::Stop& stop);

// One request to the admin socket of a running Weir, blocking: for the command line. The answer's body, or what went wrong.
std::expected<std::string, std::string> ask_admin(const std::string& socket, const std::string& method, const std::string& target);

}  // namespace weir::server
