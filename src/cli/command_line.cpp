#include "cli/command_line.h"

#include <string>
#include <variant>
#include <vector>

#include "cli/arguments.h"
#include "cli/console.h"

namespace weir::cli {

int run_command_line(int count, char** words) {
    auto command = read_arguments(std::vector<std::string>(words + 1, words + count));
    if (!command) {
        const auto& ending = command.error();
        if (ending.status == kDone) return print(ending.text) ? kDone : kFailed;
        complain(ending.text);
        return ending.status;
    }
    return std::visit([](const auto& options) { return execute(options); }, *command);
}

}  // namespace weir::cli
