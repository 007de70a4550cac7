#include "config/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/descriptor.h"

namespace weir::config {

namespace {

std::unexpected<std::string> system_says() { return std::unexpected(std::string(std::strerror(errno))); }

}  // namespace

std::expected<std::string, std::string> read_whole_file(const std::string& path, std::size_t octets_max) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.is_open()) return system_says();
    struct stat status{};
    if (::fstat(file.number(), &status) != 0) return system_says();
    if (S_ISDIR(status.st_mode)) return std::unexpected(std::string("it is a directory"));
    std::string out;
    while (out.size() <= octets_max) {
        const auto before = out.size();
        out.resize(before + 64 * 1024);
        const auto got = ::read(file.number(), out.data() + before, out.size() - before);
        out.resize(before + static_cast<std::size_t>(got > 0 ? got : 0));
        if (got < 0 && errno != EINTR) return system_says();
        if (got == 0) return out;
    }
    return std::unexpected("it has more than " + std::to_string(octets_max) + " octets");
}

std::string real_path(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
    return real == nullptr ? path : std::string(real.get());
}

}  // namespace weir::config
