// Completions for bash, zsh and fish. The scripts hold the commands and options as data and call no program.
#include <algorithm>

#include "cli/program_help.h"

namespace weir::cli {
namespace {

// In single quotes for any of the three shells.
std::string quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') out += "'\\''";
        else out += c;
    }
    return out + "'";
}

// Without what zsh's _arguments and _describe read as their own.
std::string zsh_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

struct Visited {
    const CommandHelp& command;
    std::string path;  // "config show"; the program itself: ""
};

void visit(const CommandHelp& command, const std::string& path, std::vector<Visited>& out) {
    out.push_back({command, path});
    for (const auto& one : command.commands) visit(one, path.empty() ? one.name : path + " " + one.name, out);
}

std::vector<Visited> all_of(const CommandHelp& program) {
    std::vector<Visited> out;
    visit(program, "", out);
    return out;
}

// "config|cache": the commands that are followed by another.
std::string double_commands(const CommandHelp& program) {
    std::string words;
    for (const auto& one : program.commands)
        if (!one.commands.empty()) words += (words.empty() ? "" : "|") + one.name;
    return words;
}

std::string first_words(const CommandHelp& command) {
    std::string words;
    const auto add = [&words](std::string_view word) { words += (words.empty() ? "" : " ") + std::string(word); };
    for (const auto& one : command.commands) add(one.name);
    for (const auto& argument : command.arguments)
        for (const auto choice : choices_of(argument.value)) add(choice);
    for (const auto& option : command.options)
        for (const auto& name : option.names) add(name);
    return words;
}

bool takes_files(const CommandHelp& command) {
    return std::ranges::any_of(command.arguments, [](const auto& argument) { return names_a_file(argument.value); });
}

// The option's value in the words of _arguments.
std::string zsh_value(std::string_view value) {
    if (value.empty()) return {};
    auto what = ":" + zsh_text(value) + ":";
    if (names_a_file(value)) return what + "_files";
    auto choices = choices_of(value);
    if (choices.empty()) return what;
    std::string words;
    for (const auto choice : choices) words += (words.empty() ? "" : " ") + std::string(choice);
    return what + "(" + words + ")";
}

std::string zsh_command(const CommandHelp& command) {
    std::string text;
    for (const auto& option : command.options)
        for (const auto& name : option.names)
            text += " \\\n            " + quoted(name + "[" + zsh_text(option.help) + "]" + zsh_value(option.value));
    std::size_t at = 0;
    for (const auto& argument : command.arguments) {
        const auto place = argument.may_repeat ? "*" : std::to_string(++at);
        text += " \\\n            " + quoted(place + zsh_value(argument.value));
    }
    return text;
}

std::string zsh_list(const CommandHelp& command) {
    std::string list;
    for (const auto& one : command.commands) list += " " + quoted(zsh_text(one.name) + ":" + one.help);
    return list;
}

std::string fish_condition(const Visited& visited) {
    if (visited.path.empty()) return "__fish_use_subcommand";
    const auto space = visited.path.find(' ');
    if (space == std::string::npos) return "__fish_seen_subcommand_from " + visited.path;
    return "__fish_seen_subcommand_from " + visited.path.substr(0, space) + "; and __fish_seen_subcommand_from " +
           visited.path.substr(space + 1);
}

std::string fish_option(const OptionHelp& option) {
    std::string words;
    for (const auto& name : option.names) words += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    if (names_a_file(option.value)) words += " -r -F";
    else if (!option.value.empty()) words += " -x";
    return words + " -d " + quoted(option.help);
}

}  // namespace

std::string bash_completion(const CommandHelp& program) {
    std::string cases, files;
    for (const auto& [command, path] : all_of(program)) {
        cases += "        " + quoted(path) + ") words=" + quoted(first_words(command)) + " ;;\n";
        if (takes_files(command)) files += (files.empty() ? "" : "|") + quoted(path);
    }
    return "# bash completion for weir; made by `weir completion bash`.\n"
           "_weir() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} path= words= i\n"
           "    for ((i = 1; i < COMP_CWORD && i < 3; i++)); do\n"
           "        [[ ${COMP_WORDS[i]} == -* ]] && break\n"
           "        if ((i == 1)); then path=${COMP_WORDS[i]}; continue; fi\n"
           "        case $path in " +
           double_commands(program) +
           ") path+=\" ${COMP_WORDS[i]}\" ;; esac\n"
           "    done\n"
           "    case $before in --json|--config|--socket) COMPREPLY=($(compgen -f -- \"$word\")); return ;; esac\n"
           "    case $path in\n" +
           cases +
           "    esac\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
           "    case $path in " +
           files +
           ") [[ $word == -* ]] || COMPREPLY+=($(compgen -f -- \"$word\")) ;; esac\n"
           "}\n"
           "complete -o filenames -F _weir weir\n";
}

std::string zsh_completion(const CommandHelp& program) {
    std::string text = "#compdef weir\ncompdef _weir weir\n# zsh completion for weir; made by `weir completion zsh`.\n";
    std::string cases;
    for (const auto& [command, path] : all_of(program)) {
        if (!command.commands.empty()) continue;
        cases += "        " + quoted(path) + ")\n            _arguments -s" + zsh_command(command) + " ;;\n";
    }
    std::string lists;
    for (const auto& [command, path] : all_of(program))
        if (!command.commands.empty()) lists += "        " + quoted(path) + ") commands=(" + zsh_list(command).substr(1) + ") ;;\n";
    text += "_weir() {\n"
            "    local -a commands\n"
            "    local path_=\n"
            "    integer taken=1\n"
            "    if ((CURRENT > 2)); then path_=$words[2]; taken=2; fi\n"
            "    if [[ $path_ == (" +
            double_commands(program) +
            ") ]] && ((CURRENT > 3)); then path_+=\" $words[3]\"; taken=3; fi\n"
            "    case $path_ in\n" +
            lists +
            "    esac\n"
            "    if (($#commands)); then _describe command commands; return; fi\n"
            "    shift $((taken - 1)) words; ((CURRENT -= taken - 1))\n"
            "    case $path_ in\n" +
            cases +
            "    esac\n"
            "}\n"
            "# As a file in $fpath this text is the function itself, called for the first time.\n"
            "[[ $funcstack[1] == _weir ]] && _weir\n";
    return text;
}

std::string fish_completion(const CommandHelp& program) {
    std::string text = "# fish completion for weir; made by `weir completion fish`.\ncomplete -c weir -f\n";
    for (const auto& visited : all_of(program)) {
        const auto line = "complete -c weir -n " + quoted(fish_condition(visited));
        for (const auto& one : visited.command.commands) text += line + " -a " + one.name + " -d " + quoted(one.help) + "\n";
        if (takes_files(visited.command)) text += line + " -F\n";
        for (const auto& argument : visited.command.arguments)
            for (const auto choice : choices_of(argument.value)) text += line + " -a " + std::string(choice) + "\n";
        for (const auto& option : visited.command.options) text += line + fish_option(option) + "\n";
    }
    return text;
}

}  // namespace weir::cli
