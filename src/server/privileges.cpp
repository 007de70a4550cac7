#include "server/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/log.h"
#include "base/state_file.h"

namespace weir::server {
namespace {

namespace files = std::filesystem;

struct Owner {
    uid_t user = 0;
    gid_t group = 0;
};

// What Weir keeps in the state directory.
constexpr std::array<std::string_view, 3> kStateFolders{"acme", "internal", "ocsp"};

bool is_roots(const files::path& path) {
    struct stat found{};
    return ::lstat(path.c_str(), &found) == 0 && found.st_uid == 0 && !S_ISLNK(found.st_mode);
}

template <class IsOurs>
bool are_all(const files::path& folder, IsOurs&& is_ours) {
    std::error_code error;
    const auto is_name_ours = [&](const auto& entry) { return is_ours(entry.path().filename().string()); };
    return std::ranges::all_of(files::directory_iterator(folder, error), is_name_ours) && !error;
}

bool is_ours_alone(const files::path& folder) {
    return are_all(folder, [](const std::string& name) { return std::ranges::find(kStateFolders, name) != kStateFolders.end(); });
}

// What a cache keeps on its disk (cache/disk).
bool is_of_cache(const std::string& name) {
    constexpr std::array<std::string_view, 4> kStarts{"lock", "store", "purges", "segment-"};
    return std::ranges::any_of(kStarts, [&name](std::string_view start) { return name.starts_with(start); });
}

// Only what is root's changes hands: where the user could have written before, a link of its making would lead us to files of others.
bool give_tree(const files::path& top, const Owner& to) {
    if (!is_roots(top)) return true;
    std::error_code error;
    for (auto entry = files::recursive_directory_iterator(top, error); !error && entry != files::end(entry); entry.increment(error)) {
        if (!is_roots(entry->path())) entry.disable_recursion_pending();
        else if (::lchown(entry->path().c_str(), to.user, to.group) != 0) return false;
    }
    return !error && ::lchown(top.c_str(), to.user, to.group) == 0;
}

// Made while we may, for the user that we become. A directory that holds other things, too, stays whose it is.
bool give_state(const files::path& state, const Owner& to) {
    for (const auto folder : kStateFolders)
        if (!make_state_folder((state / folder).string()) || !give_tree(state / folder, to)) return false;
    return !is_roots(state) || !is_ours_alone(state) || ::lchown(state.c_str(), to.user, to.group) == 0;
}

// The folder of a cache that root made, or would have to. One that holds other things, too, stays whose it is: the error that follows says
// what to do.
void give_cache(const files::path& folder, const Owner& to) {
    std::error_code error;
    const bool is_given = (files::exists(folder, error) || make_state_folder(folder.string())) &&
                          (!is_roots(folder) || (are_all(folder, is_of_cache) && give_tree(folder, to)));
    if (!is_given) log::warn("cache_folder_not_given", "the folder of a cache can't be given to 'user'", {{"folder", folder.string()}});
}

}  // namespace

std::expected<void, std::string> drop_privileges(const proxy::ProcessPlan& plan, bool keeps_state,
                                                 const std::vector<std::string>& cache_folders) {
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
    if (keeps_state && !give_state(plan.state_directory, {.user = user->pw_uid, .group = group}))
        log::warn("state_not_given", "the state directory can't be given to 'user': certificates can't be kept there",
                  {{"directory", plan.state_directory}, {"user", plan.user}, {"why", std::strerror(errno)}});
    for (const auto& folder : cache_folders) give_cache(folder, {.user = user->pw_uid, .group = group});
    const bool changed = ::setgroups(0, nullptr) == 0 && ::setgid(group) == 0 && ::setuid(user->pw_uid) == 0;
    if (!changed) return std::unexpected("can't become user '" + plan.user + "': " + std::strerror(errno));
    // For good: a way back would be a way for whoever takes the process over.
    if (user->pw_uid != 0 && ::setuid(0) == 0) return std::unexpected("privileges could not be dropped for good");
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return {};
}

void take_all_descriptors() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace weir::server
