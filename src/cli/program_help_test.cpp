#include "cli/program_help.h"

#include <gtest/gtest.h>

namespace weir::cli {
namespace {

CommandHelp sample() {
    CommandHelp paint{
        .name = "paint", .help = "puts colour on things", .details = "It's quick.", .arguments = {}, .options = {}, .commands = {}};
    paint.arguments.push_back({.value = "red|blue", .help = "which", .is_required = true, .may_repeat = false});
    paint.arguments.push_back({.value = "FILE", .help = "what", .is_required = false, .may_repeat = true});
    paint.options.push_back({.names = {"-h", "--help"}, .value = {}, .help = "help"});
    paint.options.push_back({.names = {"-c", "--coats"}, .value = "N", .help = "how often: [1] or more"});
    return {.name = "house", .help = "a house", .details = {}, .arguments = {}, .options = {}, .commands = {paint}};
}

// A command of commands, one of which takes two words.
CommandHelp sample_with_doors() {
    CommandHelp open{.name = "open", .help = "opens", .details = {}, .arguments = {}, .options = {}, .commands = {}};
    open.arguments.push_back({.value = "DOOR", .help = "which", .is_required = true, .may_repeat = false});
    open.arguments.push_back({.value = "FILE", .help = "with what", .is_required = false, .may_repeat = false});
    auto house = sample();
    for (const auto* name : {"door", "gate"})
        house.commands.push_back({.name = name, .help = "ways in", .details = {}, .arguments = {}, .options = {}, .commands = {open}});
    return house;
}

TEST(ProgramHelp, Usage) {
    EXPECT_EQ(usage_line(sample(), ""), "usage: house COMMAND …");
    EXPECT_EQ(usage_line(sample().commands[0], "house"), "usage: house paint [-c N] red|blue [FILE…]");
}

TEST(ProgramHelp, LongHelpIsWrapped) {
    auto command = sample().commands[0];
    command.options[1].help = std::string(60, 'a') + " " + std::string(60, 'b');
    const auto text = help_text(command, "house");
    EXPECT_TRUE(
        text.contains("-c, --coats N           " + std::string(60, 'a') + "\n" + std::string(26, ' ') + std::string(60, 'b') + "\n"))
        << text;
    EXPECT_TRUE(text.contains("It's quick.")) << text;
}

TEST(ProgramHelp, Choices) {
    EXPECT_EQ(choices_of("red|blue"), (std::vector<std::string_view>{"red", "blue"}));
    EXPECT_TRUE(choices_of("FILE").empty());
}

TEST(ProgramHelp, ManPageEscapes) {
    const auto page = man_page(sample());
    EXPECT_TRUE(page.starts_with(".TH WEIR 1")) << page;
    EXPECT_FALSE(page.contains("\n...")) << "roff takes that line for a request";
    EXPECT_TRUE(page.contains(".SS \\fBhouse paint\\fR [\\fB\\-c\\fR \\fIN\\fR] \\fIred|blue\\fR [\\fIFILE\\fR ...]\n")) << page;
    EXPECT_FALSE(page.contains("\\-h")) << page;
    auto dotted = sample();
    dotted.commands[0].details = ".SH forged";
    EXPECT_TRUE(man_page(dotted).contains("\n\\&.SH forged")) << man_page(dotted);
}

TEST(Completion, Bash) {
    const auto script = bash_completion(sample());
    EXPECT_TRUE(script.contains("'') words='paint' ;;")) << script;
    EXPECT_TRUE(script.contains("'paint') words='red blue -h --help -c --coats' ;;")) << script;
    EXPECT_TRUE(script.contains("case $path in 'paint')")) << script;
}

TEST(Completion, Zsh) {
    const auto script = zsh_completion(sample());
    EXPECT_TRUE(script.starts_with("#compdef weir\n"));
    EXPECT_TRUE(script.contains("commands=('paint:puts colour on things')")) << script;
    EXPECT_TRUE(script.contains("'--coats[how often\\: \\[1\\] or more]:N:'")) << script;
    EXPECT_TRUE(script.contains("'1:red|blue:(red blue)'")) << script;
    EXPECT_TRUE(script.contains("'*:FILE:_files'")) << script;
}

TEST(Completion, CommandsOfCommands) {
    const auto bash = bash_completion(sample_with_doors());
    EXPECT_TRUE(bash.contains("case $path in door|gate) path+=")) << bash;
    EXPECT_TRUE(bash.contains("'door open'|'gate open'")) << bash;
    const auto zsh = zsh_completion(sample_with_doors());
    EXPECT_TRUE(zsh.contains("[[ $path_ == (door|gate) ]]")) << zsh;
    EXPECT_TRUE(zsh.contains("'1:DOOR:'")) << zsh;
    EXPECT_TRUE(zsh.contains("'2:FILE:_files'")) << zsh;
}

TEST(Completion, Fish) {
    const auto script = fish_completion(sample());
    EXPECT_TRUE(script.contains("complete -c weir -n '__fish_use_subcommand' -a paint -d 'puts colour on things'\n")) << script;
    EXPECT_TRUE(script.contains("-s c -l coats -x -d 'how often: [1] or more'\n")) << script;
    EXPECT_TRUE(script.contains("-a blue\n")) << script;
}

}  // namespace
}  // namespace weir::cli
