// From the words of the command line to a Command. Pure: prints nothing, ends nothing.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/program_help.h"

namespace weir::cli {

// Instead of a command: help that was asked for (kDone, for standard output), or what is wrong with the words (kMisused).
struct Ending {
    int status = kMisused;
    std::string text;
};

// `words` without the program's name.
std::expected<Command, Ending> read_arguments(std::vector<std::string> words);

CommandHelp program_help();

}  // namespace weir::cli
