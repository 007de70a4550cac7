#include "cli/command.h"
#include "cli/console.h"
#include "config/config.h"
#include "proxy/snapshot.h"

namespace weir::cli {
namespace {

std::string count_of(std::size_t count, std::string_view what) {
    return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

}  // namespace

int execute(const Check& check) {
    const config::Options options{.environment = config::process_environment, .resolves = config::resolves_by_system};
    config::Loaded loaded;
    if (check.file == "-") {
        auto text = read_input(check.file);
        if (!text) return complain(text.error()), kFailed;
        loaded = config::load_text(name_of_input(check.file), std::move(*text), options);
    } else {
        loaded = config::load_file(check.file, options);
    }
    complain(loaded.report.text() + advice_without_file(check.file));
    const auto name = name_of_input(check.file);
    const auto& found = loaded.report.diagnostics;
    if (!loaded.snapshot) {
        complain(name + ": " + count_of(found.errors(), "error") + "\n");
        return kFailed;
    }
    const auto& snapshot = *loaded.snapshot;
    return finish(name + " is fine: " + count_of(snapshot.listeners.size(), "listener") + ", " + count_of(snapshot.sites.size(), "site") +
                  ", " + count_of(snapshot.group_options.size(), "upstream") +
                  (found.warnings() == 0 ? "" : "; " + count_of(found.warnings(), "warning")) + "\n");
}

}  // namespace weir::cli
