// From root to a user, after the sockets are bound. The user gets the state directory and the folders of caches: where there is none it is
// made, and what root kept in it before is the user's from now on.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "proxy/plan.h"

namespace weir::server {

// Nothing to do without `user` or when the process isn't root. `keeps_state`: something will be written to the state directory. The error
// is for a person.
std::expected<void, std::string> drop_privileges(const proxy::ProcessPlan& plan, bool keeps_state,
                                                 const std::vector<std::string>& cache_folders);

// As many open files as the system allows this process at all, whatever the shell that started it has: programs that select() need fewer,
// a proxy needs all of them.
void take_all_descriptors();

}  // namespace weir::server
