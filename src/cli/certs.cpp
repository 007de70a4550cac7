// The certificates of a running Weir, by its admin socket; or those that a configuration would use.
#include "cli/admin_target.h"
#include "cli/command.h"
#include "cli/console.h"
#include "config/config.h"
#include "proxy/snapshot.h"
#include "server/admin.h"
#include "server/certificate_list.h"

namespace weir::cli {
namespace {

std::expected<std::string, std::string> ask(const Certs& certs, const std::string& socket) {
    if (!certs.renew.empty()) return server::ask_admin(socket, "POST", renew_target(certs.renew));
    return server::ask_admin(socket, "GET", certs.is_json ? "/certs?format=json" : "/certs");
}

int ask_or_read(const Certs& certs) {
    const auto loaded = config::load_file(certs.file);
    complain(loaded.report.text());
    if (!loaded.snapshot) return kFailed;
    const auto& socket = loaded.snapshot->process.admin.socket;
    const auto answer = socket.empty() ? std::unexpected(certs.file + " has no admin socket\n") : ask(certs, socket);
    if (answer) return finish(*answer);
    complain(answer.error());
    if (!certs.renew.empty()) return kFailed;
    complain("what " + certs.file + " would use:\n");
    const server::CertificateList list(*loaded.snapshot);
    const auto now = std::chrono::system_clock::now();
    return finish(certs.is_json ? list.json(now) : list.text(now));
}

}  // namespace

int execute(const Certs& certs) {
    if (!certs.file.empty()) return ask_or_read(certs);
    const auto answer = ask(certs, certs.socket.empty() ? kUsualSocket : certs.socket);
    if (answer) return finish(*answer);
    complain(answer.error());
    return kFailed;
}

}  // namespace weir::cli
