#include "base/regex.h"

#include <array>
#include <gtest/gtest.h>
#include <thread>

namespace weir {
namespace {

Regex compiled(std::string_view pattern, bool ignores_case = false) {
    auto regex = Regex::compile(pattern, ignores_case);
    EXPECT_TRUE(regex) << pattern;
    return std::move(*regex);
}

TEST(Regex, MatchesAndCaptures) {
    struct {
        const char* pattern;
        const char* subject;
        std::vector<std::string_view> captures;  // empty: no match
    } const cases[] = {
        {"^/a/(.*)$", "/a/b/c", {"/a/b/c", "b/c"}},
        {"^/a/(.*)$", "/b", {}},
        {"b", "abc", {"b"}},
        {"^(a)|(b)$", "b", {"b", "", "b"}},
        {"(x)?y", "y", {"y"}},
        {"", "", {""}},
        {"^a$", "a\n", {}},  // '$' is the very end
        {".", "\xc3\xa9", {"\xc3"}},
    };
    for (const auto& [pattern, subject, expected] : cases) {
        const auto regex = compiled(pattern);
        std::array<std::string_view, Regex::kCapturesMax> captures;
        const auto count = regex.match(subject, captures);
        ASSERT_EQ(count, expected.size()) << pattern;
        for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(captures[i], expected[i]) << pattern << " $" << i;
        EXPECT_EQ(regex.matches(subject), !expected.empty()) << pattern;
    }
}

TEST(Regex, IgnoresCaseOnlyWhenAsked) {
    EXPECT_FALSE(compiled("abc").matches("ABC"));
    EXPECT_TRUE(compiled("abc", true).matches("ABC"));
}

TEST(Regex, MoreGroupsThanCapturesKeepTheFirst) {
    const auto regex = compiled("(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)");
    EXPECT_EQ(regex.groups(), 11U);
    std::array<std::string_view, Regex::kCapturesMax> captures;
    EXPECT_EQ(regex.match("abcdefghijk", captures), Regex::kCapturesMax);
    EXPECT_EQ(captures[9], "i");
    std::array<std::string_view, 2> few;
    EXPECT_EQ(regex.match("abcdefghijk", few), Regex::kCapturesMax);
    EXPECT_EQ(few[1], "a");
}

TEST(Regex, SaysWhereAPatternIsWrong) {
    struct {
        const char* pattern;
        std::size_t offset;
    } const cases[] = {{"a(b", 3}, {"[a", 2}, {"*a", 0}, {"a\\", 2}, {"(?P<n>a", 7}};
    for (const auto& [pattern, offset] : cases) {
        const auto regex = Regex::compile(pattern);
        ASSERT_FALSE(regex) << pattern;
        EXPECT_EQ(regex.error().offset, offset) << pattern;
        EXPECT_FALSE(regex.error().message.empty());
    }
    EXPECT_FALSE(Regex::compile("(*UTF)a"));
}

// A pattern whose backtracking explodes ends at the limit, as no match (ReDoS).
TEST(Regex, BacktrackingIsBounded) {
    const auto regex = compiled("^(a|aa|b*)*c$");
    EXPECT_FALSE(regex.matches(std::string(5000, 'a')));
    EXPECT_TRUE(regex.matches("aaac"));
}

TEST(Regex, OneRegexServesManyThreads) {
    const auto regex = compiled("^/(\\d+)$");
    std::array<int, 4> matched{};
    {
        std::array<std::jthread, 4> threads;
        for (std::size_t t = 0; t < threads.size(); ++t)
            threads[t] = std::jthread([&regex, &matched, t] {
                std::array<std::string_view, 2> captures;
                for (int i = 0; i < 1000; ++i)
                    matched[t] += regex.match("/" + std::to_string(i), captures) == 2 && captures[1] == std::to_string(i);
            });
    }
    EXPECT_EQ(matched, (std::array{1000, 1000, 1000, 1000}));
}

}  // namespace
}  // namespace weir
