// Files → one tree: reads a file, expands its environment variables and puts what it imports in the place of each `import`. A file that
// ends in ".json" is read as the JSON twin. Limits: kImportDepthMax files in files, kFilesMax files, wildcards in kPatternsMax parts of a
// path.
#pragma once

#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "config/environment.h"
#include "config/tree.h"

namespace weir::config {

inline constexpr std::size_t kImportDepthMax = 16;
inline constexpr std::size_t kPatternsMax = 2;

class Importer {
public:
    Importer(Sources& sources, const Environment& environment, Diagnostics& diagnostics)
        : sources_(sources), environment_(environment), diagnostics_(diagnostics) {}

    // Never fails as a whole: what is wrong is in the diagnostics.
    Block load_file(const std::string& path);
    // `name` stands for the text in messages; what it imports is relative to its folder.
    Block load_text(std::string name, std::string text);

private:
    Block load(const std::string& path, const Word* from);
    Block read_source(std::uint32_t file);
    void expand(Block& block);
    void import(const Node& node, std::vector<Node>& out);
    void import_path(const Word& word, std::vector<Node>& out);
    void import_file(const std::string& path, const Word& word, std::vector<Node>& out);
    bool is_cycle(const std::string& path, const Word& word);

    Sources& sources_;
    const Environment& environment_;
    Diagnostics& diagnostics_;
    std::vector<std::string> stack_;  // of the files that are being read: their real paths
};

// A path as written in that file: absolute, or relative to the file's folder.
std::string path_beside(const Sources& sources, const Spot& spot, std::string_view path);

}  // namespace weir::config
