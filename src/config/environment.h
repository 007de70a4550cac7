// $ENV{NAME} and $ENV{NAME:-default} in any word. The value becomes part of the word: it is never split and never read as a directive.
// The default holds when the variable is not set or empty. `$$ENV{` stays as it is.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "config/diagnostic.h"
#include "config/tree.h"

namespace weir::config {

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The process's own.
std::optional<std::string> process_environment(const std::string& name);

void expand_environment(Block& tree, const Environment& environment, Diagnostics& diagnostics);

// Did the word come from the environment? Its text as written, to show instead of a value that may be a secret.
std::optional<std::string> as_written_with_environment(const Word& word, const Sources& sources);

}  // namespace weir::config
