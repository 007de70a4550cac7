#include <unistd.h>

#include "cli/command.h"
#include "cli/console.h"
#include "config/config.h"

namespace weir::cli {
namespace {

// The normal form of one input, nothing when it has errors, which have been said.
struct Formed {
    std::string before;
    std::string after;
};

std::optional<Formed> form(const std::string& path) {
    auto text = read_input(path);
    if (!text) {
        complain(text.error());
        return std::nullopt;
    }
    auto made = config::format_text(name_of_input(path), *text);
    complain(made.report.text());
    if (!made.text) return std::nullopt;
    return Formed{.before = std::move(*text), .after = std::move(*made.text)};
}

int format_one(const std::string& path, bool only_checks) {
    const auto formed = form(path);
    if (!formed) return kFailed;
    const bool is_standard = path == "-";
    const bool changes = formed->before != formed->after;
    if (is_standard && !only_checks) return finish(formed->after);
    if (!changes) return kDone;
    if (only_checks) {
        print(name_of_input(path) + "\n");
        return kFailed;
    }
    const auto replaced = replace_file(path, formed->after);
    if (replaced) return finish(path + "\n");
    complain(replaced.error());
    return kFailed;
}

}  // namespace

int execute(const Format& format) {
    if (format.files.empty() && ::isatty(STDIN_FILENO) != 0) {
        complain("weir fmt: which file? `weir fmt FILE…` changes files in place, `weir fmt < FILE` prints the normal form\n");
        return kMisused;
    }
    if (format.files.empty()) return format_one("-", format.only_checks);
    int status = kDone;
    for (const auto& path : format.files)
        if (format_one(path, format.only_checks) != kDone) status = kFailed;
    return status;
}

}  // namespace weir::cli
