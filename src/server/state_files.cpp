#include "server/state_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace weir::server {
namespace {

std::unexpected<std::string> failure(const std::string& what, const std::string& path) {
    return std::unexpected("can't " + what + " " + path + ": " + std::strerror(errno));
}

class File {
public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    int descriptor() const { return descriptor_; }
    bool is_open() const { return descriptor_ >= 0; }

private:
    int descriptor_;
};

bool write_all(const File& file, std::string_view octets) {
    while (!octets.empty()) {
        const auto written = ::write(file.descriptor(), octets.data(), octets.size());
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
        if (!part.empty() && ::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) return failure("make the directory", part);
        if (at == std::string::npos) break;
    }
    if (::access(folder.c_str(), W_OK | X_OK) != 0) return failure("write into the directory", folder);
    return {};
}

std::expected<void, std::string> write_state_file(const std::string& path, std::string_view octets) {
    const auto beside = path + ".new";
    ::unlink(beside.c_str());
    {
        const File file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!file.is_open() || !write_all(file, octets) || ::fsync(file.descriptor()) != 0) return failure("write", beside);
    }
    if (std::rename(beside.c_str(), path.c_str()) != 0) return failure("rename into", path);
    // The name must outlive a crash, too.
    const File folder(::open(path.substr(0, path.rfind('/') + 1).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.is_open()) ::fsync(folder.descriptor());
    return {};
}

std::optional<std::string> read_state_file(const std::string& path) {
    const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) return std::nullopt;
    std::string octets;
    char part[4096];
    for (;;) {
        const auto count = ::read(file.descriptor(), part, sizeof part);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 || octets.size() > kStateFileMax) return std::nullopt;
        if (count == 0) return octets;
        octets.append(part, static_cast<std::size_t>(count));
    }
}

}  // namespace weir::server
