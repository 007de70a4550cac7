// What the process knows of peers beside the exchanges with them, for /metrics. Thread: the control worker's.
#pragma once

#include <span>

#include "base/ref.h"

namespace weir::observe {
class Exposition;
}
namespace weir::upstream {
class Group;
}

namespace weir::server {

void expose_peers(std::span<const Ref<upstream::Group>> groups, observe::Exposition& out);

}  // namespace weir::server
