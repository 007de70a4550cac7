#include "config/format.h"

#include <gtest/gtest.h>

#include "config/config.h"
#include "config/json.h"
#include "config/parser.h"

namespace weir::config {
namespace {

Block parsed(std::string text) {
    Sources sources;
    Diagnostics diagnostics;
    auto tree = parse(sources, sources.add("t", std::move(text)), diagnostics);
    EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.render(sources);
    return tree;
}

std::string formatted(std::string text) { return format_text("t", std::move(text)).text.value_or("(faulty)"); }

struct FormatCase {
    std::string_view before;
    std::string_view after;
};

const FormatCase kCases[] = {
    {"", ""},
    {"  drain   10s ;", "drain 10s\n"},
    {"admin   { socket  /a;metrics :1 }", "admin { socket /a; metrics :1 }\n"},
    {"admin {\nsocket /a\n}", "admin {\n    socket /a\n}\n"},
    {"admin {}", "admin {}\n"},
    {"site a {\n\n\n  proxy \"b:1\"\n\n\n  log off\n\n}", "site a {\n    proxy b:1\n\n    log off\n}\n"},
    {"# one\n\n# two\ndrain 1s # three\n\n\n# four", "# one\n\n# two\ndrain 1s  # three\n\n# four\n"},
    {"site a { # open\n proxy b:1 # behind\n # last\n} # closed", "site a {  # open\n    proxy b:1  # behind\n    # last\n}  # closed\n"},
    {"site a { proxy b:1 # behind\n }", "site a {\n    proxy b:1  # behind\n}\n"},
    {"a { b { c } }", "a {\n    b { c }\n}\n"},
    // Stages in their order; routes and headers keep theirs.
    {"site a {\nheader response set X 1\nproxy b:1\nrewrite strip_prefix /x\nbody max 1MiB\nuse p\n}",
     "site a {\n    use p\n    body max 1MiB\n    rewrite strip_prefix /x\n    proxy b:1\n    header response set X 1\n}\n"},
    {"site a {\nroute /b {\n}\nroute /a {\n}\nheader request set B 1\nheader request set A 1\n}",
     "site a {\n    header request set B 1\n    header request set A 1\n    route /b {}\n    route /a {}\n}\n"},
    // A comment goes with its directive; nothing moves past an import.
    {"site a {\n# the origin\nproxy b:1\nbody max 1MiB\n}", "site a {\n    body max 1MiB\n    # the origin\n    proxy b:1\n}\n"},
    {"site a {\nproxy b:1\nimport x\nbody max 1MiB\n}", "site a {\n    proxy b:1\n    import x\n    body max 1MiB\n}\n"},
    // The top level has no order of stages; unknown directives stay.
    {"site a { log off }\nworkers 2\nmystery 1", "site a { log off }\nworkers 2\nmystery 1\n"},
};

TEST(Format, WritesTheNormalForm) {
    for (const auto& [before, after] : kCases) EXPECT_EQ(formatted(std::string(before)), after) << before;
}

TEST(Format, TwiceIsOnce) {
    for (const auto& [before, after] : kCases) EXPECT_EQ(formatted(std::string(after)), after);
}

TEST(Format, BreaksALineThatIsTooLong) {
    const auto wide = "admin { socket /" + std::string(100, 'a') + " }";
    EXPECT_EQ(formatted(wide), "admin {\n    socket /" + std::string(100, 'a') + "\n}\n");
}

TEST(Print, LosesNothing) {
    for (const auto& [before, after] : kCases) {
        const auto tree = parsed(std::string(before));
        EXPECT_TRUE(parsed(print(tree)) == tree) << before;
    }
}

TEST(Json, LosesNothing) {
    for (const auto& [before, after] : kCases) {
        const auto tree = parsed(std::string(before));
        Sources sources;
        Diagnostics diagnostics;
        const auto back = parse_json(sources, sources.add("t.json", to_json(tree)), diagnostics);
        EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.render(sources);
        EXPECT_TRUE(back == tree) << before;
    }
}

TEST(Format, FaultyTextIsLeftAlone) { EXPECT_FALSE(format_text("t", "a {").text.has_value()); }

}  // namespace
}  // namespace weir::config
