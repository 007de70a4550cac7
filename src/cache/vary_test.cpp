#include "cache/vary.h"

#include <gtest/gtest.h>

#include <string>

#include "cache/test_messages.h"

namespace weir::cache {
namespace {

using test::Answered;
using test::Asked;

std::string told(test::Lines lines) {
    const Answered answered(lines);
    const auto vary = read_vary(answered.response.fields, answered.response.arena());
    if (vary.is_any) return "*";
    return vary.is_too_long ? "!" : std::string(vary.names);
}

TEST(Vary, IsRead) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"", ""},
        {",", ""},
        {"Foo", "foo"},
        {"Foo, bar ,BAZ", "bar,baz,foo"},
        {"foo, Foo, FOO", "foo"},
        {"*", "*"},
        {"*, *", "*"},
        {", *", "*"},
        {"*, Foo", "*"},
        {"Foo, *", "*"},
        {"a b, *", "*"},
        {"a b", "!"},
        {"\"foo\"", "!"},
        {"a;b", "!"},
        {"a1,a2,a3,a4,a5,a6,a7,a8,a9,b1,b2,b3,b4,b5,b6,b7", "a1,a2,a3,a4,a5,a6,a7,a8,a9,b1,b2,b3,b4,b5,b6,b7"},
        {"a1,a2,a3,a4,a5,a6,a7,a8,a9,b1,b2,b3,b4,b5,b6,b7,b8", "!"},
    };
    for (const auto& [value, names] : rows) EXPECT_EQ(told({{"Vary", value}}), names) << value;
    EXPECT_EQ(told({}), "");
    EXPECT_EQ(told({{"Vary", "Foo"}, {"vary", "bar"}}), "bar,foo");
    EXPECT_EQ(told({{"Vary", ""}, {"Vary", "*"}}), "*");
}

std::string key(std::string_view names, test::Lines lines) {
    const Asked asked(lines);
    const auto text = variant_key(names, asked.request.fields, asked.request.arena());
    return text ? std::string(*text) : "!";
}

bool same(std::string_view names, test::Lines a, test::Lines b) { return key(names, a) == key(names, b); }

// RFC 9111 4.1.
TEST(VariantKey, MatchesEqualFields) {
    EXPECT_TRUE(same("foo", {{"Foo", "1"}}, {{"FOO", "1"}}));
    EXPECT_FALSE(same("foo", {{"Foo", "1"}}, {{"Foo", "2"}}));
    EXPECT_FALSE(same("foo", {{"Foo", "a"}}, {{"Foo", "A"}}));
    EXPECT_FALSE(same("foo", {{"Foo", "1"}}, {}));
    EXPECT_FALSE(same("foo", {{"Foo", ""}}, {}));  // absent matches only absent
    EXPECT_TRUE(same("foo", {}, {{"Bar", "1"}}));
    EXPECT_TRUE(same("foo", {{"Foo", "1"}, {"Other", "2"}}, {{"Other", "3"}, {"Foo", "1"}}));
    EXPECT_TRUE(same("bar,baz,foo", {{"Foo", "1"}, {"Baz", "9"}}, {{"Baz", "9"}, {"Foo", "1"}}));
    EXPECT_FALSE(same("bar,foo", {{"Foo", "1"}, {"Bar", "2"}}, {{"Foo", "2"}, {"Bar", "1"}}));
    EXPECT_FALSE(same("bar,foo", {{"Foo", "1"}}, {{"Bar", "1"}}));
    EXPECT_EQ(key("", {{"Foo", "1"}}), "");
}

TEST(VariantKey, OfListsIsNormal) {
    EXPECT_TRUE(same("foo", {{"Foo", "1, 2"}}, {{"Foo", "1"}, {"Foo", "2"}}));
    EXPECT_TRUE(same("foo", {{"Foo", "1,2"}}, {{"Foo", " 1 \t,  2 "}}));
    EXPECT_FALSE(same("foo", {{"Foo", "1,2"}}, {{"Foo", "2,1"}}));
    EXPECT_FALSE(same("foo", {{"Foo", "1 2"}}, {{"Foo", "12"}}));
    EXPECT_FALSE(same("foo", {{"Foo", "1  2"}}, {{"Foo", "1 2"}}));
    EXPECT_FALSE(same("foo", {{"Foo", "\"a, b\""}}, {{"Foo", "\"a,b\""}}));  // within quotes it may mean something
    EXPECT_FALSE(same("foo", {{"Foo", "\"a\\\", b\""}}, {{"Foo", "\"a\\\",b\""}}));
    EXPECT_FALSE(same("foo", {{"Foo", "1,,2"}}, {{"Foo", "1,2"}}));
}

TEST(VariantKey, PartsDoNotRunIntoEachOther) {
    EXPECT_FALSE(same("a,b", {{"A", "1:2"}}, {{"A", "1"}, {"B", "2"}}));
    EXPECT_FALSE(same("a,b", {{"A", ""}}, {{"B", ""}}));
    EXPECT_NE(key("a", {{"A", "1"}}), key("b", {{"B", "1"}}));
}

// Of Accept-Encoding and Accept-Language neither case nor the order within a weight counts (RFC 9110 12.5.3, 12.5.4).
TEST(VariantKey, OfPreferencesIsNormal) {
    struct Row {
        std::string_view a, b;
        bool is_same;
    };
    const Row rows[] = {
        {"en, de", "de, en", true},
        {"en, de", "eN, De", true},
        {"en, de", " en ,   de", true},
        {"en, de", "en;q=1, de;q=1.000", true},
        {"en;q=0.5, de", "de, en; Q=0.50", true},
        {"en, en", "en", true},
        {"en, de;q=0.5", "en;q=0.5, de", false},
        {"en;q=0.5", "en;q=0.501", false},
        {"en;q=0", "", false},
        {"en", "en-GB", false},
        {"en;q=2", "en;q=1", false},
        {"en;q=x", "en", false},
        {"en;q=1.001", "en", false},
        {"en;level=1", "en", false},
        {"en;q=0.5, en;q=0.7", "en;q=0.7, en;q=0.5", false},  // nobody knows which counts
    };
    for (const auto& row : rows)
        EXPECT_EQ(same("accept-language", {{"Accept-Language", row.a}}, {{"Accept-Language", row.b}}), row.is_same)
            << row.a << " | " << row.b;
    EXPECT_TRUE(same("accept-encoding", {{"Accept-Encoding", "gzip, br"}}, {{"Accept-Encoding", "br,x-gzip"}}));
    EXPECT_FALSE(same("accept-encoding", {{"Accept-Encoding", ""}}, {}));  // only identity; anything
    EXPECT_FALSE(same("accept", {{"Accept", "a/b, c/d"}}, {{"Accept", "c/d, a/b"}}));
    EXPECT_EQ(key("accept-encoding", {{"Accept-Encoding", "gzip;q=0.25, br, *;q=0"}}), "accept-encoding\n:br,gzip;q=0.250,*;q=0.000");
}

TEST(VariantKey, HasALimit) {
    const std::string long_value(kVariantKeyOctetsMax, 'x');
    EXPECT_EQ(key("foo", {{"Foo", long_value}}), "!");
    EXPECT_NE(key("foo", {{"Foo", std::string_view(long_value).substr(5)}}), "!");
    std::string many;
    for (int i = 0; i < 100; ++i) many += "l" + std::to_string(i) + ", ";
    EXPECT_NE(key("accept-language", {{"Accept-Language", many}}), "!");
}

TEST(WantsLanguage, OnlyTheOneOnTop) {
    const auto wants = [](std::string_view accept, std::string_view content) {
        return wants_language(Asked({{"Accept-Language", accept}}).request.fields, content);
    };
    EXPECT_TRUE(wants("fr;q=0.5, de;q=1.0", "de"));
    EXPECT_TRUE(wants("De", "dE"));
    EXPECT_FALSE(wants("fr, de", "de"));
    EXPECT_FALSE(wants("fr;q=0.5, de;q=0.4", "de"));
    EXPECT_FALSE(wants("de;q=0", "de"));
    EXPECT_FALSE(wants("de-CH, de;q=0.9", "de"));
    EXPECT_FALSE(wants("*", "de"));
    EXPECT_FALSE(wants("de", "de, en"));
    EXPECT_FALSE(wants("de", ""));
    EXPECT_FALSE(wants("", "de"));
    EXPECT_FALSE(wants_language(Asked().request.fields, "de"));
}

}  // namespace
}  // namespace weir::cache
