// The tree against the schema: every directive known, at home, well-formed, not given twice. What comes out are Items: directives that
// were understood. What they name (upstreams, policies) is looked up later, in resolve.h.
#pragma once

#include <vector>

#include "config/bind.h"
#include "config/diagnostic.h"
#include "config/tree.h"

namespace weir::config {

// The tree must outlive the items.
std::vector<Item> check(const Block& tree, BlockKind context, const Sources& sources, Diagnostics& diagnostics);

}  // namespace weir::config
