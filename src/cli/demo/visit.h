// Visit: one connection to the demo shop, from its first request to its last.
#pragma once

#include <memory>

#include "cli/demo/shop.h"
#include "net/stream.h"

namespace weir::cli {

io::Task<> visit(DemoShop& shop, std::unique_ptr<net::Stream> stream, io::Stop& stop);

}  // namespace weir::cli
