// reload, status, metrics, drain, reopen: words to a running Weir, by its admin socket.
#include "cli/admin_target.h"
#include "cli/command.h"
#include "cli/console.h"
#include "config/config.h"
#include "proxy/snapshot.h"
#include "server/admin.h"

namespace weir::cli {
namespace {

// Nothing when the file that was to say it has errors, or says nothing; that has been told.
std::optional<std::string> socket_of(const Steer& steer) {
    if (!steer.socket.empty()) return steer.socket;
    if (steer.file.empty()) return kUsualSocket;
    const auto loaded = config::load_file(steer.file);
    if (!loaded.snapshot) {
        complain(loaded.report.text());
        return std::nullopt;
    }
    const auto& socket = loaded.snapshot->process.admin.socket;
    if (!socket.empty()) return socket;
    complain(steer.file + " has no admin socket: write `admin { socket " + kUsualSocket +
             " }` and start Weir again, or send it SIGHUP to reload\n");
    return std::nullopt;
}

}  // namespace

int execute(const Steer& steer) {
    const auto socket = socket_of(steer);
    const auto request = admin_request(steer.word);
    if (socket) {
        const auto answer = server::ask_admin(*socket, request.method, request.target);
        if (answer) return finish(*answer);
        complain(answer.error());
    }
    if (steer.word == Steer::Word::reload) complain("nothing was changed: the running configuration stays\n");
    return kFailed;
}

}  // namespace weir::cli
