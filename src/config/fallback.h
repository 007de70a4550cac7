// The defaults, as items: what the schema says holds when nobody wrote it. Read by the same code as what somebody wrote, so that the
// manual, `weir config show --effective` and the running process can't differ.
#pragma once

#include <vector>

#include "config/bind.h"

namespace weir::config {

// Of a context that is no block of parts: file, upstream, route. Built once; immutable, any thread.
const std::vector<Item>& fallbacks(BlockKind context);

// As text: the directives of that context that have a default, blocks with the defaults of their parts.
std::string fallback_text(BlockKind context);

}  // namespace weir::config
