#include "cli/console.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "cli/command.h"

namespace weir::cli {
namespace {

constexpr std::size_t kInputOctetsMax = 64 * 1024 * 1024;

class Descriptor {
public:
    Descriptor(int number, bool is_owned) : number_(number), is_owned_(is_owned) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (is_owned_ && number_ >= 0) ::close(number_);
    }
    int number() const { return number_; }

private:
    int number_;
    bool is_owned_;
};

bool write_to(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

std::unexpected<std::string> fault(std::string_view what, const std::string& path) {
    return std::unexpected("weir: can't " + std::string(what) + " " + path + ": " + std::strerror(errno) + "\n");
}

}  // namespace

bool print(std::string_view text) { return write_to(STDOUT_FILENO, text); }

void complain(std::string_view text) { write_to(STDERR_FILENO, text); }

int finish(std::string_view text) { return print(text) ? kDone : kFailed; }

std::string advice_without_file(const std::string& path) {
    if (path != kUsualFile || ::access(kUsualFile, F_OK) == 0) return {};
    return "that is the configuration when no other is named: name yours as FILE, or with --config FILE\n";
}

std::string name_of_input(const std::string& path) { return path == "-" ? "standard input" : path; }

std::expected<std::string, std::string> read_input(const std::string& path) {
    const auto name = name_of_input(path);
    const bool is_standard = path == "-";
    const Descriptor input(is_standard ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC), !is_standard);
    if (input.number() < 0) return fault("read", name);
    std::string text;
    char part[16384];
    for (;;) {
        const auto got = ::read(input.number(), part, sizeof part);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fault("read", name);
        if (got == 0) return text;
        text.append(part, static_cast<std::size_t>(got));
        if (text.size() > kInputOctetsMax) return std::unexpected("weir: " + name + " is larger than 64 MiB\n");
    }
}

std::expected<void, std::string> replace_file(const std::string& path, std::string_view text) {
    char* resolved = ::realpath(path.c_str(), nullptr);
    const std::string target = resolved == nullptr ? path : resolved;
    std::free(resolved);
    struct stat before{};
    if (::stat(target.c_str(), &before) != 0) return fault("find", path);
    auto beside = target + ".XXXXXX";
    const Descriptor output(::mkostemp(beside.data(), O_CLOEXEC), true);
    if (output.number() < 0) return fault("write beside", path);
    const bool is_written =
        write_to(output.number(), text) && ::fchmod(output.number(), before.st_mode & 07777) == 0 && ::fsync(output.number()) == 0;
    // The owner stays where that is allowed: root formats somebody else's file.
    const bool is_owned = ::fchown(output.number(), before.st_uid, before.st_gid) == 0 || ::geteuid() != 0;
    if (is_written && is_owned && ::rename(beside.c_str(), target.c_str()) == 0) return {};
    auto error = fault("write", path);
    ::unlink(beside.c_str());
    return error;
}

}  // namespace weir::cli
