#include "cli/command.h"
#include "cli/console.h"
#include "cli/serving.h"

namespace weir::cli {
namespace {

// The JSON twin of any name; its messages speak of a name that ends in ".json", since that is how it is read.
config::Loaded load_json(const std::string& path) {
    if (path.ends_with(".json")) return config::load_file(path);
    auto text = read_input(path);
    if (text) return config::load_text(path + ".json", std::move(*text));
    complain(text.error());
    return {};
}

int serve_file(const std::string& path) {
    const int status = serve([&path] { return config::load_file(path); });
    if (status != kDone) complain(advice_without_file(path));
    return status;
}

}  // namespace

int execute(const Run& run) {
    if (run.json.empty()) return serve_file(run.file);
    // What came by standard input can't come again: a reload starts from the same text.
    if (run.json != "-") return serve([&run] { return load_json(run.json); });
    auto text = read_input("-");
    if (text) return serve([&text] { return config::load_text("stdin.json", *text); });
    complain(text.error());
    return kFailed;
}

}  // namespace weir::cli
