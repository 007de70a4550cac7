// An invariant of the runtime that does not hold: the process ends with a message, because going on would read freed memory.
// Never for what a client, an upstream or the system can cause: those are Errors.
#pragma once

namespace weir::io {

[[noreturn]] void broken(const char* what);

}  // namespace weir::io
