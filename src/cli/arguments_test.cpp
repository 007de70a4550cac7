#include "cli/arguments.h"

#include <gtest/gtest.h>

#include <sstream>

namespace weir::cli {
namespace {

std::vector<std::string> split(const std::string& line) {
    std::istringstream in(line);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    return words;
}

template <class Options>
Options read(std::vector<std::string> words) {
    auto command = read_arguments(std::move(words));
    EXPECT_TRUE(command.has_value()) << (command ? "" : command.error().text);
    if (!command || !std::holds_alternative<Options>(*command)) {
        ADD_FAILURE() << "another command";
        return {};
    }
    return std::get<Options>(*command);
}

template <class Options>
Options read(const std::string& line) {
    return read<Options>(split(line));
}

Ending ending(const std::string& line) {
    auto command = read_arguments(split(line));
    EXPECT_FALSE(command.has_value()) << line;
    return command ? Ending{.status = -1, .text = {}} : command.error();
}

TEST(Arguments, UsualFile) {
    EXPECT_EQ(read<cli::Run>("run").file, "/etc/weir/weir.conf");
    EXPECT_EQ(read<Check>("check").file, "/etc/weir/weir.conf");
    EXPECT_EQ(read<ConfigShow>("config show").file, "/etc/weir/weir.conf");
    EXPECT_EQ(read<ConfigFromJson>("config from-json").file, "-");
    EXPECT_EQ(read<Explain>("explain http://a/").file, "/etc/weir/weir.conf");
}

TEST(Arguments, Files) {
    EXPECT_EQ(read<cli::Run>("run my.conf").file, "my.conf");
    EXPECT_EQ(read<cli::Run>("run --json my.txt").json, "my.txt");
    EXPECT_EQ(read<cli::Run>("run --json -").json, "-");
    EXPECT_EQ(read<Check>("check -").file, "-");
    EXPECT_TRUE(read<ConfigShow>("config show --effective x.conf").is_effective);
    EXPECT_EQ(read<ConfigJson>("config json x.conf").file, "x.conf");
}

// A configuration is a word, or follows --config; where words are something else, --config alone.
TEST(Arguments, ConfigurationsAreNamedEitherWay) {
    for (const auto* name : {"x.conf", "--config x.conf"}) {
        const auto line = [name](const char* command) { return std::string(command) + " " + name; };
        EXPECT_EQ(read<cli::Run>(line("run")).file, "x.conf");
        EXPECT_EQ(read<Check>(line("check")).file, "x.conf");
        EXPECT_EQ(read<ConfigShow>(line("config show --effective")).file, "x.conf");
        EXPECT_EQ(read<ConfigJson>(line("config json")).file, "x.conf");
        EXPECT_EQ(read<Explain>(line("explain http://a/")).file, "x.conf");
        EXPECT_EQ(read<Steer>(line("status")).file, "x.conf");
        EXPECT_EQ(read<Steer>(line("reload")).file, "x.conf");
        EXPECT_EQ(read<CacheStats>(line("cache stats")).at.file, "x.conf");
        EXPECT_EQ(read<CacheShow>(line("cache show http://a/")).at.file, "x.conf");
    }
    EXPECT_EQ(read<Explain>("explain --config x.conf http://a/").url, "http://a/");
    EXPECT_EQ(read<Purge>("purge --all --config x.conf").at.file, "x.conf");
    EXPECT_EQ(read<Certs>("certs --config x.conf").file, "x.conf");
}

TEST(Arguments, FormatTakesManyFiles) {
    const auto format = read<Format>("fmt --check a.conf b.conf");
    EXPECT_EQ(format.files, (std::vector<std::string>{"a.conf", "b.conf"}));
    EXPECT_TRUE(format.only_checks);
    EXPECT_FALSE(read<Format>("fmt a.conf").only_checks);
    EXPECT_TRUE(read<Format>("fmt").files.empty());
}

TEST(Arguments, ExplainTakesHeadersOneByOne) {
    const auto explain = read<Explain>(
        {"explain", "-X", "POST", "-H", "Cookie: sid=1", "-H", "Accept: */*", "--client", "10.0.0.9", "http://shop.example/a"});
    EXPECT_EQ(explain.method, "POST");
    EXPECT_EQ(explain.headers, (std::vector<std::string>{"Cookie: sid=1", "Accept: */*"}));
    EXPECT_EQ(explain.client, "10.0.0.9");
    EXPECT_EQ(explain.url, "http://shop.example/a");
    EXPECT_TRUE(explain.socket.empty());
    EXPECT_EQ(read<Explain>({"explain", "/a", "-H", "Host: b"}).url, "/a");
    EXPECT_EQ(read<Explain>("explain --socket /x http://a/").socket, "/x");
}

TEST(Arguments, CertsAreListedOrRenewed) {
    EXPECT_TRUE(read<Certs>("certs").renew.empty());
    EXPECT_TRUE(read<Certs>("certs --json").is_json);
    EXPECT_EQ(read<Certs>("certs renew a.example --socket /x").renew, "a.example");
    EXPECT_EQ(read<Certs>("certs --socket /x renew a.example").socket, "/x");
    EXPECT_EQ(read<Certs>("certs --config my.conf").file, "my.conf");
    for (const auto* line : {"certs renew", "certs renow a.example", "certs a.example", "certs --config a --socket b"})
        EXPECT_EQ(ending(line).status, kMisused) << line;
}

TEST(Arguments, SteeringWords) {
    using enum Steer::Word;
    const std::pair<const char*, Steer::Word> kRows[] = {
        {"reload", reload}, {"status", status}, {"metrics", metrics}, {"drain", drain}, {"reopen", reopen}};
    for (const auto& [name, word] : kRows) {
        EXPECT_EQ(read<Steer>(name).word, word) << name;
        EXPECT_TRUE(read<Steer>(name).socket.empty()) << name;
        const auto steer = read<Steer>(std::string(name) + " x.conf --socket /s");
        EXPECT_EQ(steer.file, "x.conf") << name;
        EXPECT_EQ(steer.socket, "/s") << name;
    }
}

TEST(Arguments, Demo) {
    EXPECT_EQ(read<Demo>("demo").port, 8080);
    EXPECT_TRUE(read<Demo>("demo").has_colour);
    EXPECT_EQ(read<Demo>("demo --port 9000").port, 9000);
    EXPECT_FALSE(read<Demo>("demo --no-color").has_colour);
    EXPECT_FALSE(read<Demo>("demo --no-colour").has_colour);
}

TEST(Arguments, Papers) {
    EXPECT_EQ(read<Man>("man").section, 1U);
    EXPECT_EQ(read<Man>("man 5").section, 5U);
    EXPECT_EQ(read<Completion>("completion fish").shell, "fish");
    read<Manual>("manual");
    read<Version>("version");
    read<Version>("--version");
}

TEST(Arguments, MisuseSaysWhatAndWhere) {
    const std::pair<const char*, const char*> kRows[] = {
        {"explan /", "there is no command 'explan'; did you mean 'explain'?"},
        {"config shwo", "weir config: there is no command 'shwo'; did you mean 'show'?"},
        {"config", "weir config: which command?"},
        {"--nope", "--nope"},
        {"config --nope", "--nope"},
        {"blah", "there is no command 'blah'"},
        {"explain", "weir explain: URL is required"},
        {"explain -H nocolon /", "'nocolon' is no header field; write 'Name: value'"},
        {"explain -H :x /", "is no header field"},
        {"explain --client nobody /", "'nobody' is no IP address"},
        {"explain -X G(T /", "'G(T' is no method"},
        {"explain --config a --socket b /", "--config"},
        {"demo --port 0", "'0' is no port"},
        {"demo --port 65536", "'65536' is no port"},
        {"demo --port", "--port"},
        {"man 3", "'3' is none of 1|5"},
        {"completion tcsh", "'tcsh' is none of bash|zsh|fish|words"},
        {"run a b", "b"},
        {"run --nope", "--nope"},
        {"run --config a b", "b"},
        {"run a --json b", "--json"},
        {"check --json x", "--json"},
        {"certs renew", "weir certs: renew which? NAME is one of the names that `weir certs` lists"},
        {"certs x.conf", "a configuration is named with --config x.conf"},
    };
    for (const auto& [line, text] : kRows) {
        const auto said = ending(line);
        EXPECT_EQ(said.status, kMisused) << line;
        EXPECT_TRUE(said.text.contains(text)) << line << "\n" << said.text;
        EXPECT_TRUE(said.text.contains("--help")) << line << "\n" << said.text;
    }
}

TEST(Arguments, NothingIsMisuseAndShowsTheCommands) {
    const auto said = ending("");
    EXPECT_EQ(said.status, kMisused);
    EXPECT_TRUE(said.text.contains("explain"));
}

TEST(Arguments, HelpIsNoFailure) {
    for (const auto* line : {"--help", "-h", "help"}) {
        EXPECT_EQ(ending(line).status, kDone) << line;
        EXPECT_TRUE(ending(line).text.contains("completion")) << line;
    }
    for (const auto* line : {"explain --help", "help explain", "explain -h http://a/"}) {
        EXPECT_EQ(ending(line).status, kDone) << line;
        EXPECT_TRUE(ending(line).text.contains("--client IP")) << line;
    }
    EXPECT_TRUE(ending("config show --help").text.contains("usage: weir config show [--config FILE] [--effective] [FILE]"));
}

TEST(Arguments, EveryCommandHasHelp) {
    std::vector<CommandHelp> open{program_help()};
    std::size_t seen = 0;
    for (; !open.empty(); ++seen) {
        const auto command = open.back();
        open.pop_back();
        EXPECT_FALSE(command.help.empty()) << command.name;
        for (const auto& option : command.options) EXPECT_FALSE(option.help.empty()) << command.name;
        for (const auto& argument : command.arguments) EXPECT_FALSE(argument.help.empty()) << command.name;
        open.insert(open.end(), command.commands.begin(), command.commands.end());
    }
    EXPECT_GE(seen, 19U);
}

}  // namespace
}  // namespace weir::cli
