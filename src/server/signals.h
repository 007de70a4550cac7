// Signals, as events of the control worker: SIGTERM and SIGINT drain (a second one ends at once), SIGHUP reloads, SIGUSR1 opens logs again.
#pragma once

#include "io/deadline.h"
#include "io/task.h"

namespace weir::server {

class Process;

// In all threads that are started from here on. SIGPIPE is ignored.
void block_signals();
io::Task<> watch_signals(Process& process, io::Stop& stop);

}  // namespace weir::server
