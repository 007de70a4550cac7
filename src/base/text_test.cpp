#include "base/text.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace weir {
namespace {

TEST(Text, LowersAsciiOnly) {
    EXPECT_EQ(lower("AbZ[@`{09"), "abz[@`{09");
    EXPECT_EQ(lower("\xc3\x89"), "\xc3\x89");
    for (int c = -128; c < 128; ++c) {
        const auto octet = static_cast<char>(c);
        EXPECT_EQ(to_lower(octet), octet >= 'A' && octet <= 'Z' ? octet + 32 : octet);
        EXPECT_EQ(is_alpha(octet), (octet >= 'A' && octet <= 'Z') || (octet >= 'a' && octet <= 'z')) << c;
        EXPECT_EQ(is_digit(octet), octet >= '0' && octet <= '9');
    }
}

TEST(Text, KnowsHexDigits) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    for (int c = -128; c < 128; ++c) {
        const auto at = kDigits.find(to_lower(static_cast<char>(c)));
        EXPECT_EQ(hex_value(static_cast<char>(c)), at == std::string_view::npos ? -1 : static_cast<int>(at)) << c;
    }
}

TEST(Text, ComparesWithoutCase) {
    EXPECT_TRUE(equal_ignoring_case("", ""));
    EXPECT_TRUE(equal_ignoring_case("Content-Length", "cONTENT-lENGTH"));
    EXPECT_FALSE(equal_ignoring_case("a", "ab"));
    EXPECT_FALSE(equal_ignoring_case("a", "b"));
    // Octets that differ in the case bit but are no letters.
    EXPECT_FALSE(equal_ignoring_case("[", "{"));
    EXPECT_FALSE(equal_ignoring_case("@", "`"));
    EXPECT_FALSE(equal_ignoring_case("\r", "-"));
}

TEST(Text, Trims) {
    EXPECT_EQ(trim(""), "");
    EXPECT_EQ(trim(" \t "), "");
    EXPECT_EQ(trim("\ta b "), "a b");
    EXPECT_EQ(trim("\na\r"), "\na\r");
}

TEST(Text, ParsesDecimals) {
    EXPECT_EQ(parse_decimal("0"), 0U);
    EXPECT_EQ(parse_decimal("007"), 7U);
    EXPECT_EQ(parse_decimal("18446744073709551615"), ~std::uint64_t{0});
    EXPECT_EQ(parse_decimal<std::uint8_t>("255"), 255);
    EXPECT_EQ(parse_decimal<std::uint8_t>("256"), std::nullopt);
    for (const auto* text : {"", "-1", "+1", " 1", "1 ", "0x1", "1.0", "a", "1a", "18446744073709551616"})
        EXPECT_EQ(parse_decimal(text), std::nullopt) << text;
    // A type with a sign does not let one in.
    EXPECT_EQ(parse_decimal<int>("-1"), std::nullopt);
}

std::vector<std::string> tokens(std::string_view list) {
    std::vector<std::string> all;
    for_each_token(list, [&](std::string_view token) { all.emplace_back(token); });
    return all;
}

// RFC 9110 5.6.1: empty elements do not count.
TEST(Text, SplitsLists) {
    using Tokens = std::vector<std::string>;
    EXPECT_EQ(tokens(""), Tokens{});
    EXPECT_EQ(tokens("a"), Tokens{"a"});
    EXPECT_EQ(tokens("foo ,bar,"), (Tokens{"foo", "bar"}));
    EXPECT_EQ(tokens("foo , ,bar,charlie"), (Tokens{"foo", "bar", "charlie"}));
    EXPECT_EQ(tokens(","), Tokens{});
    EXPECT_EQ(tokens(",   ,"), Tokens{});
}

TEST(Text, MeasuresEdits) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("abc", ""), 3U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(edit_distance("Proxy", "proxy"), 0U);
    EXPECT_EQ(edit_distance("prxoy", "proxy"), 2U);
}

TEST(Text, FindsTheNearestWord) {
    constexpr std::array<std::string_view, 4> kWords{"proxy", "redirect", "respond", "rewrite"};
    EXPECT_EQ(nearest("prxy", kWords), "proxy");
    EXPECT_EQ(nearest("redirct", kWords), "redirect");
    EXPECT_EQ(nearest("respnod", kWords), "respond");
    EXPECT_EQ(nearest("cache", kWords), "");
    // A short word is near to everything: one slip only.
    constexpr std::array<std::string_view, 1> kShort{"use"};
    EXPECT_EQ(nearest("usr", kShort), "use");
    EXPECT_EQ(nearest("abe", kShort), "");
}

}  // namespace
}  // namespace weir
