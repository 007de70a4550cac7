// Tree → text in the normal form: four spaces a level, one directive a line, quotes only where needed, stages of a site and of a route
// in their order. Comments and single blank lines stay. parse(print(t)) == t, and formatting twice is formatting once.
#pragma once

#include <string>

#include "config/tree.h"

namespace weir::config {

inline constexpr std::size_t kLineColumnsMax = 100;  // a block stays on one line when it fits

std::string print(const Block& tree);

// Puts directives of sites, routes and policies into the order of the stages. An import may hold anything: nothing moves past it.
// Directives of the same stage keep their order, so that no meaning changes.
void order_stages(Block& tree);

}  // namespace weir::config
