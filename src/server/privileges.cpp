#include "server/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/log.h"

namespace weir::server {

std::expected<void, std::string> drop_privileges(const proxy::ProcessPlan& plan) {
    if (plan.user.empty()) return {};
    if (::geteuid() != 0) {
        log::warn("user_ignored", "'user' is set, but Weir was not started as root: it stays who it is", {{"user", plan.user}});
        return {};
    }
    const auto* user = ::getpwnam(plan.user.c_str());
    if (user == nullptr) return std::unexpected("there is no user '" + plan.user + "' to become ('user' in the configuration)");
    auto group = user->pw_gid;
    if (!plan.group.empty()) {
        const auto* named = ::getgrnam(plan.group.c_str());
        if (named == nullptr) return std::unexpected("there is no group '" + plan.group + "' to become ('user' in the configuration)");
        group = named->gr_gid;
    }
    const bool changed = ::setgroups(0, nullptr) == 0 && ::setgid(group) == 0 && ::setuid(user->pw_uid) == 0;
    if (!changed) return std::unexpected("can't become user '" + plan.user + "': " + std::strerror(errno));
    // For good: a way back would be a way for whoever takes the process over.
    if (user->pw_uid != 0 && ::setuid(0) == 0) return std::unexpected("privileges could not be dropped for good");
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return {};
}

}  // namespace weir::server
