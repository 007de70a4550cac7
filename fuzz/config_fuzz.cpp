// The configuration language: text → tree → text and text → tree → JSON → tree lose nothing, the normal form is stable, and no text
// breaks the check, the build or the effective form. An input that begins with '{' is read as JSON, too. Nothing touches the disk: words
// that name files are looked at as words only.
#include <cstdlib>

#include "config/build.h"
#include "config/check.h"
#include "config/effective.h"
#include "config/environment.h"
#include "config/format.h"
#include "config/json.h"
#include "config/parser.h"

using namespace weir;
using namespace weir::config;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

Block read(std::string text, Block (*reader)(const Sources&, std::uint32_t, Diagnostics&)) {
    Sources sources;
    Diagnostics diagnostics;
    auto tree = reader(sources, sources.add("again", std::move(text)), diagnostics);
    require(!diagnostics.has_errors());
    return tree;
}

void round_trips(const Block& tree) {
    require(read(print(tree), parse) == tree);
    require(read(to_json(tree), parse_json) == tree);
    auto ordered = clone(tree);
    order_stages(ordered);
    const auto once = print(ordered);
    auto again = read(once, parse);
    order_stages(again);
    require(print(again) == once);
}

bool names_a_file(const Block& block) {
    for (const auto& node : block.nodes) {
        if (node.name.text == "error_page" || node.name.text == "import") return true;
        for (const auto& arg : node.args)
            if (arg.text == "file" || arg.text.starts_with("file:")) return true;
        if (node.block != nullptr && names_a_file(*node.block)) return true;
    }
    return false;
}

// From tree to snapshot; the effective form when that is fine, else nothing.
std::optional<std::string> understand(Block tree, const Sources& sources, Diagnostics& diagnostics) {
    const Environment environment = [](const std::string& name) { return std::optional<std::string>(name); };
    expand_environment(tree, environment, diagnostics);
    const auto resolved = resolve(check(tree, BlockKind::file, sources, diagnostics), sources, diagnostics);
    if (names_a_file(tree)) return std::nullopt;
    proxy::Snapshot snapshot;
    build(resolved, sources, snapshot, diagnostics);
    if (diagnostics.has_errors()) return std::nullopt;
    return print(effective(resolved, sources));
}

// The effective form is a configuration, and a fine one.
void effective_loads(const std::string& shown) {
    Sources sources;
    Diagnostics diagnostics;
    auto tree = parse(sources, sources.add("shown", shown), diagnostics);
    require(understand(std::move(tree), sources, diagnostics).has_value());
}

void look_at(const std::string& text, Block (*reader)(const Sources&, std::uint32_t, Diagnostics&)) {
    Sources sources;
    Diagnostics diagnostics;
    auto tree = reader(sources, sources.add("weir.conf", text), diagnostics);
    if (!diagnostics.has_errors()) round_trips(tree);
    const auto shown = understand(std::move(tree), sources, diagnostics);
    if (shown) effective_loads(*shown);
    require(diagnostics.empty() == diagnostics.render(sources).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    look_at(text, parse);
    if (text.starts_with('{')) look_at(text, parse_json);
    return 0;
}
