// What is wrong with a configuration, said so that a person can mend it: every fault of every file in one run, in the order of the text.
//
//   weir.conf:20:13: error: unknown unit of a rate in 'limit 20/sec'
//     20 |     limit 20/sec burst 40
//        |             ^^^^ expected /s, /m or /h; did you mean '20/s'?
//
// A fault without a hint has said everything in its message and is one line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/source.h"

namespace weir::config {

enum class Severity : std::uint8_t { error, warning };

struct Diagnostic {
    Severity severity = Severity::error;
    Spot spot;
    std::string message;
    std::string hint;
};

// Says nothing twice: what several routes take over is wrong once.
class Diagnostics {
public:
    static constexpr std::size_t kKeptMax = 1000;  // further ones are counted only

    void error(const Spot& spot, std::string message, std::string hint = {});
    void warning(const Spot& spot, std::string message, std::string hint = {});

    bool has_errors() const { return errors_ != 0; }
    bool empty() const { return errors_ + warnings_ == 0; }
    std::size_t errors() const { return errors_; }
    std::size_t warnings() const { return warnings_; }

    // By file and offset; what has no spot comes first.
    std::vector<Diagnostic> sorted() const;
    // All of them as text, each ending in a newline.
    std::string render(const Sources& sources) const;

private:
    void keep(Severity severity, const Spot& spot, std::string message, std::string hint);

    std::vector<Diagnostic> kept_;
    std::size_t errors_ = 0;
    std::size_t warnings_ = 0;
};

std::string render(const Diagnostic& diagnostic, const Sources& sources);

}  // namespace weir::config
