// purge, cache stats, cache show: what a running Weir has stored.
#include "cli/admin_socket.h"
#include "cli/admin_target.h"
#include "cli/command.h"
#include "cli/console.h"
#include "server/admin.h"

namespace weir::cli {
namespace {

int ask(const AdminPlace& at, const char* method, const std::string& target) {
    const auto socket = admin_socket(at.file, at.socket);
    if (!socket) return kFailed;
    const auto answer = server::ask_admin(*socket, method, target);
    if (answer) return finish(*answer);
    complain(answer.error());
    return kFailed;
}

}  // namespace

int execute(const Purge& purge) {
    const int count = !purge.url.empty() + !purge.prefix.empty() + !purge.tag.empty() + !purge.host.empty() + purge.is_all;
    if (count != 1) {
        complain("weir purge: " + std::string(count == 0 ? "what is to be forgotten? Give" : "one thing at a time:") +
                 " a URL, --prefix URL, --tag TAG, --host HOST or --all\nweir purge --help says more\n");
        return kMisused;
    }
    return ask(purge.at, "POST", purge_target(purge));
}

int execute(const CacheStats& stats) { return ask(stats.at, "GET", "/cache/stats"); }

int execute(const CacheShow& show) { return ask(show.at, "GET", cache_show_target(show)); }

}  // namespace weir::cli
