#include "route/pattern.h"

#include <gtest/gtest.h>

#include "route/linear_oracle.h"

namespace weir::route {
namespace {

using Kind = PathPattern::Kind;

TEST(PathPattern, ReadsWhatIsWritten) {
    struct {
        const char* written;
        Kind kind;
        const char* text;
    } const cases[] = {
        {"/a", Kind::exact, "/a"},        {"/a/", Kind::exact, "/a/"},    {"/a/*", Kind::prefix, "/a/"}, {"/img-*", Kind::prefix, "/img-"},
        {"/a/*/b", Kind::glob, "/a/*/b"}, {"*.png", Kind::glob, "*.png"}, {"~^/x", Kind::regex, "^/x"},  {"/a/**", Kind::glob, "/a/**"},
    };
    for (const auto& [written, kind, text] : cases) {
        const auto pattern = PathPattern::parse(written);
        EXPECT_EQ(pattern.kind, kind) << written;
        EXPECT_EQ(pattern.text, text) << written;
        EXPECT_EQ(pattern.written(), written);
    }
    for (const char* every : {"*", "/*"}) EXPECT_EQ(PathPattern::parse(every).kind, Kind::any);
}

std::string shown(const PathPattern& pattern) {
    static constexpr const char* kKinds[] = {"=", "^", "*", "~"};
    std::string out;
    for (const auto& shape : shapes_of(pattern))
        out += std::string(out.empty() ? "" : " ") + kKinds[static_cast<int>(shape.kind)] + shape.text;
    return out;
}

TEST(PathPattern, Shapes) {
    struct {
        const char* written;
        const char* shapes;
    } const cases[] = {
        {"/a", "=/a"},         {"/a/*", "=/a ^/a/"},
        {"/*", "^"},           {"*", "^"},
        {"/img-*", "^/img-"},  {"*.png", "**.png"},
        {"/a/*/b", "*/a/*/b"}, {"/a/**", "=/a ^/a/"},
        {"**", "^"},           {"/a/*/b/*", "*/a/*/b */a/*/b/*"},
        {"~^/x", "~^/x"},      {"/caf\xc3\xa9", "=/caf%C3%A9"},
        {"/%61%2f", "=/a%2F"}, {"/a b", "=/a%20b"},
        {"/a%zz", "=/a%zz"},
    };
    for (const auto& [written, shapes] : cases) EXPECT_EQ(shown(PathPattern::parse(written)), shapes) << written;
    // As a configuration may hand them over.
    EXPECT_EQ(shown({.kind = Kind::glob, .text = "/img-*"}), "^/img-");
    EXPECT_EQ(shown({.kind = Kind::prefix, .text = "/"}), "^");
}

TEST(Glob, StarIsAnyText) {
    struct {
        const char* glob;
        const char* text;
        bool matches;
    } const cases[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "/a/b", true},
        {"a*b", "ab", true},
        {"a*b", "axxb", true},
        {"a*b", "axxbc", false},
        {"*.png", "/a/b.png", true},
        {"*.png", "/a/b.png/", false},
        {"/a/*/b", "/a/x/b", true},
        {"/a/*/b", "/a/x/y/b", true},
        {"/a/*/b", "/a/b", false},
        {"*a*a*", "xaxax", true},
        {"*a*a*", "xax", false},
        {"a*bc*d", "abbcbcxd", true},
        {"a**b", "ab", true},
        {"abc", "abcd", false},
        {"abcd", "abc", false},
        {"*abab", "ababab", true},
    };
    for (const auto& [glob, text, matches] : cases) {
        EXPECT_EQ(glob_matches(glob, text), matches) << glob << " " << text;
        EXPECT_EQ(oracle::glob(glob, text), matches) << glob << " " << text;
    }
}

TEST(Glob, ManyStarsStayCheap) {
    std::string glob;
    for (int i = 0; i < 50; ++i) glob += "*a";
    EXPECT_FALSE(glob_matches(glob + "b", std::string(5000, 'a')));
}

TEST(RegexPrefix, OnlyWhatIsCertain) {
    struct {
        const char* pattern;
        const char* prefix;
    } const cases[] = {
        {"^/api/", "/api/"},
        {"/api/", ""},
        {"^/api/(v1|v2)/", "/api/"},
        {"^/a|^/b", ""},
        {"^/a[|]b", "/a"},
        {"^/a?b", "/"},
        {"^/ab*", "/a"},
        {"^/ab+c", "/ab"},
        {"^/ab{2}", "/a"},
        {"^/a\\.b", "/a.b"},
        {"^/a\\d", "/a"},
        {"^/a.b", "/a"},
        {"^(?i)/a", ""},
        {"^/a$", "/a"},
        {"^/\\Qa|b\\E", ""},
        {"^/a[]|]x|b", ""},
        {"^/a[^]|]x", "/a"},
        {"^/a\\|b", "/a|b"},
        {"^", ""},
        {"", ""},
        {"^/(a", "/"},
    };
    for (const auto& [pattern, prefix] : cases) EXPECT_EQ(regex_prefix(pattern), prefix) << pattern;
}

}  // namespace
}  // namespace weir::route
