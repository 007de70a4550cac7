#include "config/import.h"

#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <expected>
#include <optional>
#include <ranges>
#include <system_error>

#include "config/file.h"
#include "config/json.h"
#include "config/parser.h"
#include "config/phrase.h"

namespace weir::config {

namespace {

bool is_import(const Node& node) { return node.name.text == "import"; }

// How many parts of the path have a wildcard.
std::size_t patterns_in(std::string_view path) {
    std::size_t count = 0;
    for (const auto part : std::views::split(path, '/'))
        if (std::string_view(part).find_first_of("*?[") != std::string_view::npos) ++count;
    return count;
}

// glob() tells a function without a place for what it learns.
thread_local std::optional<std::string> unreadable_folder;

int stop_unless_absent(const char* folder, int code) {
    if (code == ENOENT || code == ENOTDIR) return 0;
    unreadable_folder = concat({"can't read ", in_quotes(folder), ": ", std::generic_category().message(code)});
    return 1;
}

// In the order of their names; none when nothing matches. The error: why a folder can't be looked through.
std::expected<std::vector<std::string>, std::string> matching_files(const std::string& pattern) {
    std::vector<std::string> out;
    glob_t found{};
    unreadable_folder.reset();
    if (::glob(pattern.c_str(), GLOB_NOSORT, stop_unless_absent, &found) == 0) out.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    ::globfree(&found);
    if (unreadable_folder) return std::unexpected(std::move(*unreadable_folder));
    std::ranges::sort(out);
    return out;
}

}  // namespace

std::string path_beside(const Sources& sources, const Spot& spot, std::string_view path) {
    if (path.starts_with('/') || !spot.is_somewhere()) return std::string(path);
    const auto& name = sources[spot.file].name();
    const auto slash = name.rfind('/');
    return slash == std::string::npos ? std::string(path) : concat({name.substr(0, slash + 1), path});
}

Block Importer::load_file(const std::string& path) { return load(path, nullptr); }

Block Importer::load_text(std::string name, std::string text) {
    if (text.size() > kTextOctetsMax) {
        diagnostics_.error({}, concat({"can't read ", in_quotes(name)}), "it has more than 64MiB");
        return {};
    }
    return read_source(sources_.add(std::move(name), std::move(text)));
}

Block Importer::load(const std::string& path, const Word* from) {
    const auto spot = from == nullptr ? Spot{} : from->spot;
    if (sources_.size() >= kFilesMax) {
        diagnostics_.error(spot, "too many files", concat({"at most ", std::to_string(kFilesMax)}));
        return {};
    }
    auto text = read_whole_file(path, kTextOctetsMax);
    if (!text) {
        diagnostics_.error(spot, concat({"can't read ", in_quotes(path)}), text.error());
        return {};
    }
    stack_.push_back(real_path(path));
    auto tree = read_source(sources_.add(path, std::move(*text)));
    stack_.pop_back();
    return tree;
}

Block Importer::read_source(std::uint32_t file) {
    const bool is_json = sources_[file].name().ends_with(".json");
    auto tree = is_json ? parse_json(sources_, file, diagnostics_) : parse(sources_, file, diagnostics_);
    expand_environment(tree, environment_, diagnostics_);
    expand(tree);
    return tree;
}

void Importer::expand(Block& block) {
    for (auto& node : block.nodes)
        if (node.block != nullptr) expand(*node.block);
    if (std::ranges::none_of(block.nodes, is_import)) return;
    std::vector<Node> out;
    for (auto& node : block.nodes) {
        if (is_import(node)) import(node, out);
        else out.push_back(std::move(node));
    }
    block.nodes = std::move(out);
}

void Importer::import(const Node& node, std::vector<Node>& out) {
    if (node.args.empty()) diagnostics_.error(node.name.spot, "missing FILE in 'import'", "expected 'import FILE...'");
    if (node.block != nullptr) diagnostics_.error(node.block->brace, "'import' takes no block", "expected the end of the directive");
    for (const auto& word : node.args) import_path(word, out);
}

void Importer::import_path(const Word& word, std::vector<Node>& out) {
    const auto path = path_beside(sources_, word.spot, word.text);
    const auto patterns = patterns_in(path);
    if (patterns == 0) return import_file(path, word, out);
    // Each further one multiplies the folders to look through: '/*/*/*/*' is a walk over the whole disk.
    if (patterns > kPatternsMax) return diagnostics_.error(word.spot, "too many wildcards in this path", "in two of its parts at most");
    const auto files = matching_files(path);
    if (!files) return diagnostics_.error(word.spot, files.error(), "let Weir's user read that folder");
    for (const auto& file : *files) import_file(file, word, out);
}

void Importer::import_file(const std::string& path, const Word& word, std::vector<Node>& out) {
    if (is_cycle(path, word)) return;
    auto tree = load(path, &word);
    std::ranges::move(tree.nodes, std::back_inserter(out));
}

bool Importer::is_cycle(const std::string& path, const Word& word) {
    const auto real = real_path(path);
    if (std::ranges::find(stack_, real) != stack_.end()) {
        diagnostics_.error(word.spot, concat({in_quotes(path), " imports itself"}), "take one of the imports away");
        return true;
    }
    if (stack_.size() < kImportDepthMax) return false;
    diagnostics_.error(word.spot, "files import each other too deeply", concat({"at most ", std::to_string(kImportDepthMax), " deep"}));
    return true;
}

}  // namespace weir::config
