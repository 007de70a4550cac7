#include "observe/log_sink.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

namespace weir::observe {
namespace {

// Without blocking: a named pipe that nobody reads is an error, not a standstill. A regular file knows no difference.
int open_append(const std::string& path) {
    return ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
}

class FileSink final : public LogSink {
public:
    FileSink(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
    FileSink(const FileSink&) = delete;
    FileSink& operator=(const FileSink&) = delete;
    ~FileSink() override { ::close(descriptor_); }

    Outcome write(std::span<const iovec> pieces) override {
        while (true) {
            const auto count = static_cast<int>(std::min<std::size_t>(pieces.size(), IOV_MAX));
            const auto written = ::writev(descriptor_, pieces.data(), count);
            if (written >= 0) return {.octets = static_cast<std::size_t>(written), .failed = 0};
            if (errno != EINTR) return {.octets = 0, .failed = errno};
        }
    }

    int reopen() override {
        if (path_.empty()) return 0;
        const int fresh = open_append(path_);
        if (fresh < 0) return errno;
        ::close(std::exchange(descriptor_, fresh));
        return 0;
    }

private:
    std::string path_;  // empty: standard output, which can't be opened again
    int descriptor_;
};

// A pipe or a terminal, often shared with other programs, so it can't be made non-blocking. Whoever stops reading it must not stop
// the other logs: no more is written at once than a pipe that polls writable takes without blocking.
class StreamSink final : public LogSink {
public:
    explicit StreamSink(int descriptor) : descriptor_(descriptor) {}

    Outcome write(std::span<const iovec> pieces) override {
        Outcome outcome;
        for (const auto& piece : pieces) {
            const auto one = write_piece(static_cast<const char*>(piece.iov_base), piece.iov_len);
            outcome.octets += one.octets;
            outcome.failed = one.failed;
            if (one.failed != 0) break;
        }
        return outcome;
    }
    int reopen() override { return 0; }

private:
    static constexpr int kWaitMilliseconds = 100;

    Outcome write_piece(const char* data, std::size_t size) const {
        Outcome outcome;
        while (outcome.octets < size) {
            pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
            if (::poll(&ready, 1, kWaitMilliseconds) == 0) return {.octets = outcome.octets, .failed = EAGAIN};
            const auto written = ::write(descriptor_, data + outcome.octets, std::min<std::size_t>(size - outcome.octets, PIPE_BUF));
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) return {.octets = outcome.octets, .failed = errno};
            outcome.octets += static_cast<std::size_t>(written);
        }
        return outcome;
    }

    int descriptor_;
};

bool is_regular(int descriptor) {
    struct stat about{};
    return ::fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode);
}

std::unique_ptr<LogSink> standard_sink(int descriptor) {
    // Sent to a file, standard output can be written in large batches; the duplicate is the sink's to close.
    if (const int copy = is_regular(descriptor) ? ::fcntl(descriptor, F_DUPFD_CLOEXEC, 3) : -1; copy >= 0)
        return std::make_unique<FileSink>(std::string{}, copy);
    return std::make_unique<StreamSink>(descriptor);
}

}  // namespace

std::expected<std::unique_ptr<LogSink>, std::string> open_log_sink(const std::string& path) {
    if (path == "stdout") return standard_sink(STDOUT_FILENO);
    if (path == "stderr") return standard_sink(STDERR_FILENO);
    const int descriptor = open_append(path);
    if (descriptor < 0) return std::unexpected("can't open the access log '" + path + "': " + std::strerror(errno));
    return std::make_unique<FileSink>(path, descriptor);
}

}  // namespace weir::observe
