// The door of the room: what main() does.
#pragma once

namespace weir::cli {

// Reads the arguments, does what they say; the exit status: 0 done, 1 failed, 2 not understood.
int run_command_line(int count, char** words);

}  // namespace weir::cli
