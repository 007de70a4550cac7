// LogSink: where the lines of an access log end: a file, standard output, or memory for tests and the simulation.
// Used by the writer only, after the control thread opened it.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <string>

namespace weir::observe {

class LogSink {
public:
    struct Outcome {
        std::size_t octets = 0;  // written, may be fewer than given
        int failed = 0;          // errno; 0: none
    };
    virtual ~LogSink() = default;
    virtual Outcome write(std::span<const iovec> pieces) = 0;
    // After a rotation: the same path anew. Returns an errno; then the old one stays.
    virtual int reopen() = 0;
};

// "stdout", "stderr" or a path: opened to append, mode 0640. The error is a sentence for a person.
std::expected<std::unique_ptr<LogSink>, std::string> open_log_sink(const std::string& path);

// Keeps everything; the text outlives the sink.
class MemorySink final : public LogSink {
public:
    explicit MemorySink(std::string& text) : text_(text) {}
    Outcome write(std::span<const iovec> pieces) override {
        Outcome outcome;
        for (const auto& piece : pieces) {
            text_.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
            outcome.octets += piece.iov_len;
        }
        return outcome;
    }
    int reopen() override { return 0; }

private:
    std::string& text_;
};

}  // namespace weir::observe
