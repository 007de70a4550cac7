// A Process from configurations: what `weir run` and `weir demo` share.
#pragma once

#include <functional>

#include "config/config.h"

namespace weir::cli {

// Reads the configuration; called once at the start and for every reload. Control thread.
using ReadConfiguration = std::function<config::Loaded()>;

// Serves until a signal ends it: the exit status. Faults of the configuration go to standard error, as config/ renders them; a first one
// with errors is not served. `started` is called once everything listens.
int serve(const ReadConfiguration& read, std::function<void()> started = {});

}  // namespace weir::cli
