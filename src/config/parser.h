// Tokens → tree. Goes on after a fault to find the others; the tree of a faulty text is good for looking at, not for running.
#pragma once

#include "config/diagnostic.h"
#include "config/tree.h"

namespace weir::config {

Block parse(const Sources& sources, std::uint32_t file, Diagnostics& diagnostics);

}  // namespace weir::config
