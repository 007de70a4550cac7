// What the program can be asked, as data: the help, the manual page and the completions are written from it. arguments.cpp fills it from
// what it parses with, so that none of them can say anything else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::cli {

struct OptionHelp {
    std::vector<std::string> names;  // "-X", "--method"
    std::string value;               // "METHOD"; empty: takes none
    std::string help;
};

struct ArgumentHelp {
    std::string value;  // "FILE", "bash|zsh|fish"
    std::string help;
    bool is_required = false;
    bool may_repeat = false;
};

struct CommandHelp {
    std::string name;     // "explain"; of the program: "weir"
    std::string help;     // one line
    std::string details;  // paragraphs
    std::vector<ArgumentHelp> arguments;
    std::vector<OptionHelp> options;
    std::vector<CommandHelp> commands;
};

// "weir explain [-X METHOD] URL"; `path` is what stands before the name: "weir", "weir config".
std::string usage_line(const CommandHelp& command, std::string_view path);
// For `--help`.
std::string help_text(const CommandHelp& command, std::string_view path);
// weir(1), in troff.
std::string man_page(const CommandHelp& program);
// "bash|zsh|fish" → its words; none when `value` is a name for any text.
std::vector<std::string_view> choices_of(std::string_view value);
bool names_a_file(std::string_view value);

std::string bash_completion(const CommandHelp& program);
std::string zsh_completion(const CommandHelp& program);
std::string fish_completion(const CommandHelp& program);

}  // namespace weir::cli
