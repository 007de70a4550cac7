// From root to a user, after the sockets are bound.
#pragma once

#include <expected>
#include <string>

#include "proxy/plan.h"

namespace weir::server {

// Nothing to do without `user` or when the process isn't root. The error is for a person.
std::expected<void, std::string> drop_privileges(const proxy::ProcessPlan& plan);

}  // namespace weir::server
