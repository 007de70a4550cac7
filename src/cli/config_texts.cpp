// config show, config json, config from-json: one configuration in other words.
#include "cli/command.h"
#include "cli/console.h"
#include "config/config.h"

namespace weir::cli {
namespace {

int tell(const config::Text& made) {
    complain(made.report.text());
    return made.text ? finish(*made.text) : kFailed;
}

template <class Convert>
int convert(const std::string& path, Convert convert_text) {
    auto text = read_input(path);
    if (text) return tell(convert_text(name_of_input(path), std::move(*text)));
    complain(text.error() + advice_without_file(path));
    return kFailed;
}

}  // namespace

int execute(const ConfigShow& show) {
    if (!show.is_effective) return convert(show.file, config::format_text);
    if (show.file == "-")
        return convert(show.file, [](auto name, auto text) { return config::effective_of_text(std::move(name), std::move(text)); });
    const int status = tell(config::effective_of_file(show.file));
    if (status != kDone) complain(advice_without_file(show.file));
    return status;
}

int execute(const ConfigJson& json) { return convert(json.file, config::json_of_text); }

int execute(const ConfigFromJson& from_json) { return convert(from_json.file, config::text_of_json); }

}  // namespace weir::cli
