#include "cli/admin_socket.h"

#include "cli/command.h"
#include "cli/console.h"
#include "config/config.h"
#include "proxy/snapshot.h"

namespace weir::cli {

std::optional<std::string> admin_socket(const std::string& file, const std::string& socket) {
    if (!socket.empty()) return socket;
    if (file.empty()) return kUsualSocket;
    const auto loaded = config::load_file(file);
    if (!loaded.snapshot) {
        complain(loaded.report.text());
        complain("so where the admin socket is remains unknown: --socket PATH names it\n");
        return std::nullopt;
    }
    const auto& said = loaded.snapshot->process.admin.socket;
    if (!said.empty()) return said;
    complain(file + " has no admin socket: write `admin { socket " + kUsualSocket +
             " }` and start Weir again, or send it SIGHUP to reload\n");
    return std::nullopt;
}

}  // namespace weir::cli
