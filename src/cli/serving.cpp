#include "cli/serving.h"

#include <stdexcept>

#include "base/log.h"
#include "cli/command.h"
#include "cli/console.h"
#include "proxy/snapshot.h"
#include "server/process.h"

namespace weir::cli {
namespace {

log::Level level_of(std::string_view word) {
    if (word == "debug") return log::Level::debug;
    if (word == "warn") return log::Level::warn;
    return word == "error" ? log::Level::error : log::Level::info;
}

std::expected<Ref<proxy::Snapshot>, std::string> load(const ReadConfiguration& read) {
    auto loaded = read();
    const auto faults = loaded.report.text();
    complain(faults);
    if (!loaded.snapshot) return std::unexpected(faults.empty() ? "the configuration can't be read\n" : faults);
    return std::move(loaded.snapshot);
}

std::expected<void, std::string> open_error_log(const proxy::ProcessPlan& plan) {
    try {
        log::configure({.level = level_of(plan.error_log_level),
                        .format = plan.error_log_format == "json" ? log::Format::json : log::Format::text,
                        .file = plan.error_log});
    } catch (const std::runtime_error& error) {
        const auto text = "can't write the error log " + plan.error_log + ": " + error.what() + "\n";
        complain(text);
        return std::unexpected(text);
    }
    return {};
}

}  // namespace

int serve(const ReadConfiguration& read, std::function<void()> started) {
    auto first = load(read);
    if (!first || !open_error_log((*first)->process)) return kFailed;
    server::Process process([&read] { return load(read); }, open_error_log);
    if (started) process.set_started(std::move(started));
    return process.run(std::move(*first));
}

}  // namespace weir::cli
