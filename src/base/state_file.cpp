#include "base/state_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/descriptor.h"
#include "base/log.h"

namespace weir {
namespace {

std::unexpected<std::string> failure(const std::string& what, const std::string& path) {
    return std::unexpected("can't " + what + " " + path + ": " + std::strerror(errno));
}

bool write_all(const Descriptor& file, std::string_view octets) {
    while (!octets.empty()) {
        const auto written = ::write(file.number(), octets.data(), octets.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        octets.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

std::expected<void, std::string> make_state_folder(const std::string& folder) {
    for (std::size_t at = folder.find('/', 1);; at = folder.find('/', at + 1)) {
        const auto part = folder.substr(0, at);
        if (!part.empty() && ::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) return failure("make the folder", part);
        if (at == std::string::npos) break;
    }
    if (::access(folder.c_str(), W_OK | X_OK) != 0) return failure("write into the folder", folder);
    return {};
}

std::expected<void, std::string> write_state_file(const std::string& path, std::string_view octets) {
    const auto beside = path + ".new";
    ::unlink(beside.c_str());
    {
        const Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!file.is_open() || !write_all(file, octets) || ::fsync(file.number()) != 0) return failure("write", beside);
    }
    if (std::rename(beside.c_str(), path.c_str()) != 0) return failure("rename into", path);
    // The name must outlive a crash, too.
    const auto above = path.substr(0, path.rfind('/') + 1);
    const Descriptor folder(::open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.is_open() || ::fsync(folder.number()) != 0) return failure("write", above);
    return {};
}

std::optional<std::string> read_state_file(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) {
        if (errno != ENOENT) log::warn("state_unreadable", std::strerror(errno), {{"file", path}});
        return std::nullopt;
    }
    std::string octets;
    char part[4096];
    for (;;) {
        const auto count = ::read(file.number(), part, sizeof part);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 || octets.size() + static_cast<std::size_t>(count) > kStateFileMax) return std::nullopt;
        if (count == 0) return octets;
        octets.append(part, static_cast<std::size_t>(count));
    }
}

}  // namespace weir
