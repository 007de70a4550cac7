// The JSON twin: the same tree, without loss, for programs that write configurations.
//
//   {"directives": [{"directive": "site", "args": [":8080"], "block": [{"directive": "proxy", "args": ["localhost:3000"]}]}]}
//
// A directive has "directive" and, where it has them, "args" (strings), "block" (directives), and what `weir fmt` keeps: "comments"
// (lines above it, "" for a blank one), "comment" (behind it), "block_comment" (behind '{'), "closing_comments" (before '}'),
// "one_line". Places in errors are places in the JSON text.
#pragma once

#include <string>

#include "config/diagnostic.h"
#include "config/tree.h"

namespace weir::config {

std::string to_json(const Block& tree);

Block parse_json(const Sources& sources, std::uint32_t file, Diagnostics& diagnostics);

}  // namespace weir::config
