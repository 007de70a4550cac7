#include "cli/program_help.h"

#include <algorithm>

namespace weir::cli {
namespace {

constexpr std::size_t kHelpColumn = 26;
constexpr std::size_t kColumnsMax = 100;

std::string joined(const std::vector<std::string>& words, std::string_view between) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : std::string(between)) + word;
    return text;
}

std::string words_of(const OptionHelp& option) { return joined(option.names, ", ") + (option.value.empty() ? "" : " " + option.value); }

// Text with its lines at most kColumnsMax wide, each but the first indented.
std::string wrapped(std::string_view text, std::size_t indent) {
    std::string out;
    auto column = indent;
    while (!text.empty()) {
        const auto space = text.find(' ');
        const auto word = text.substr(0, space);
        if (column != indent && column + word.size() + 1 > kColumnsMax) {
            out += '\n';
            out.append(indent, ' ');
            column = indent;
        } else if (column != indent) {
            out += ' ';
            ++column;
        }
        out += word;
        column += word.size();
        text = space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
    }
    return out;
}

void add_row(std::string& text, const std::string& name, std::string_view help) {
    text += "  " + name;
    if (name.size() + 4 > kHelpColumn) text += '\n' + std::string(kHelpColumn, ' ');
    else text.append(kHelpColumn - name.size() - 2, ' ');
    text += wrapped(help, kHelpColumn) + '\n';
}

}  // namespace

std::vector<std::string_view> choices_of(std::string_view value) {
    std::vector<std::string_view> choices;
    if (!value.contains('|')) return choices;
    for (;;) {
        const auto bar = value.find('|');
        choices.push_back(value.substr(0, bar));
        if (bar == std::string_view::npos) return choices;
        value.remove_prefix(bar + 1);
    }
}

bool names_a_file(std::string_view value) { return value == "FILE" || value == "PATH"; }

std::string usage_line(const CommandHelp& command, std::string_view path) {
    auto line = "usage: " + std::string(path) + (path.empty() ? "" : " ") + command.name;
    if (!command.commands.empty()) return line + " COMMAND …";
    for (const auto& option : command.options)
        if (option.names.front() != "-h") line += " [" + option.names.front() + (option.value.empty() ? "" : " " + option.value) + "]";
    for (const auto& argument : command.arguments) {
        const auto word = argument.value + (argument.may_repeat ? "…" : "");
        line += argument.is_required ? " " + word : " [" + word + "]";
    }
    return line;
}

std::string help_text(const CommandHelp& command, std::string_view path) {
    auto text = command.help + "\n" + usage_line(command, path) + "\n";
    if (!command.commands.empty()) text += '\n';
    for (const auto& one : command.commands) add_row(text, one.name, one.help);
    if (!command.arguments.empty()) text += '\n';
    for (const auto& argument : command.arguments) add_row(text, argument.value, argument.help);
    text += '\n';
    for (const auto& option : command.options) add_row(text, words_of(option), option.help);
    if (!command.details.empty()) text += '\n' + wrapped(command.details, 0) + '\n';
    return text;
}

}  // namespace weir::cli
