// reload, status, metrics, drain, reopen: words to a running Weir, by its admin socket.
#include "cli/admin_socket.h"
#include "cli/admin_target.h"
#include "cli/command.h"
#include "cli/console.h"
#include "server/admin.h"

namespace weir::cli {

int execute(const Steer& steer) {
    const auto socket = admin_socket(steer.file, steer.socket);
    const auto request = admin_request(steer.word);
    if (!socket) return kFailed;
    const auto answer = server::ask_admin(*socket, request.method, request.target);
    if (answer) return finish(*answer);
    complain(answer.error());
    return kFailed;
}

}  // namespace weir::cli
