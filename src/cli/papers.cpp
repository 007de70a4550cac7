// man, manual, completion, version: what the program says of itself.
#include "cli/arguments.h"
#include "cli/console.h"
#include "config/config.h"

namespace weir::cli {

int execute(const Man& man) { return finish(man.section == 5 ? config::manual_man() : man_page(program_help())); }

int execute(const Manual&) { return finish(config::manual_markdown()); }

int execute(const Completion& completion) {
    if (completion.shell == "words") return finish(config::completion_words());
    const auto program = program_help();
    if (completion.shell == "zsh") return finish(zsh_completion(program));
    if (completion.shell == "fish") return finish(fish_completion(program));
    return finish(bash_completion(program));
}

int execute(const Version&) { return finish("weir " WEIR_VERSION " (" __VERSION__ ")\n"); }

}  // namespace weir::cli
