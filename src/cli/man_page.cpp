// weir(1), from the same description of the program that its arguments are read with.
#include "cli/program_help.h"

namespace weir::cli {
namespace {

// Text that roff takes as it is: a line must not begin with a control character, a hyphen stays one that can be copied.
std::string roff(std::string_view text) {
    std::string out;
    if (!text.empty() && (text.front() == '.' || text.front() == '\'')) out += "\\&";
    for (const char c : text) {
        if (c == '\\') out += "\\e";
        else if (c == '-') out += "\\-";
        else out += c;
    }
    return out;
}

std::string joined_names(const OptionHelp& option) {
    std::string out;
    for (const auto& name : option.names) out += (out.empty() ? "\\fB" : ", \\fB") + roff(name) + "\\fR";
    return option.value.empty() ? out : out + " \\fI" + roff(option.value) + "\\fR";
}

std::string synopsis(const CommandHelp& command, const std::string& path) {
    auto line = "\\fB" + roff(path) + "\\fR";
    for (const auto& option : command.options) {
        if (option.names.front() == "-h") continue;
        line += " [\\fB" + roff(option.names.front()) + "\\fR";
        line += option.value.empty() ? "]" : " \\fI" + roff(option.value) + "\\fR]";
    }
    for (const auto& argument : command.arguments) {
        const auto word = "\\fI" + roff(argument.value) + "\\fR" + (argument.may_repeat ? " ..." : "");
        line += argument.is_required ? " " + word : " [" + word + "]";
    }
    return line;
}

void add_command(std::string& page, const CommandHelp& command, const std::string& above) {
    const auto path = above + " " + command.name;
    for (const auto& one : command.commands) add_command(page, one, path);
    if (!command.commands.empty()) return;
    page += ".SS " + synopsis(command, path) + "\n" + roff(command.help) + ".\n";
    if (!command.details.empty()) page += roff(command.details) + "\n";
    for (const auto& argument : command.arguments) page += ".TP\n\\fI" + roff(argument.value) + "\\fR\n" + roff(argument.help) + "\n";
    for (const auto& option : command.options)
        if (option.names.front() != "-h") page += ".TP\n" + joined_names(option) + "\n" + roff(option.help) + "\n";
}

constexpr std::string_view kDescription = R"(.SH DESCRIPTION
Weir stands in front of web servers, takes every request, decides by rules what becomes of it and answers, or forwards it to an
origin. It is configured by one file, described in
.BR weir.conf (5),
and is changed while it runs without closing a connection.
)";

constexpr std::string_view kEnd = R"(.SH EXIT STATUS
0 when it is done, 1 when it failed (a configuration with errors, a process that can't be reached), 2 when the arguments were not
understood.
.SH SIGNALS
.TP
.B SIGHUP
reads the configuration again; one with errors is refused and the old one stays
.TP
.B SIGUSR1
opens the log files again
.TP
.BR SIGTERM ", " SIGINT
takes no new connections and ends when the requests under way are answered, or when the time that \fBdrain\fR sets is over; a second
one ends at once
.SH FILES
.TP
.I /etc/weir/weir.conf
the configuration
.TP
.I /run/weir/admin.sock
the admin socket, when the configuration says \fBadmin { socket /run/weir/admin.sock }\fR
.SH SEE ALSO
.BR weir.conf (5)
)";

}  // namespace

std::string man_page(const CommandHelp& program) {
    auto page = ".TH WEIR 1 \"\" \"weir " WEIR_VERSION "\" \"User Commands\"\n.SH NAME\nweir \\- " + roff(program.help) +
                "\n.SH SYNOPSIS\n.B weir\n.I COMMAND\n\\&...\n";
    page += kDescription;
    page += ".SH COMMANDS\n";
    for (const auto& command : program.commands) add_command(page, command, program.name);
    page += kEnd;
    return page;
}

}  // namespace weir::cli
