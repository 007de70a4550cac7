#include "http/cdn_loop.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace weir::http {
namespace {

CdnLoop read(std::initializer_list<std::string_view> lines, std::string_view own = "foo.example") {
    static Arena arena;
    Fields fields(arena);
    fields.add(FieldId::host, "a");
    for (const auto line : lines) fields.add(FieldId::cdn_loop, line);
    return read_cdn_loop(fields, own);
}

TEST(CdnLoop, IsReadAsTheGrammarSays) {
    struct Row {
        std::string_view value;
        bool is_valid;
        std::uint32_t elements, own;
    };
    const Row rows[] = {
        // RFC 8586 2.
        {"foo123.foocdn.example, barcdn.example; trace=\"abcdef\"", true, 2, 0},
        {"AnotherCDN; abc=123; def=\"456\"", true, 1, 0},
        {"foo.example", true, 1, 1},
        {"FOO.Example", true, 1, 1},
        {"foo.example:8080", true, 1, 0},
        {"foo.example.", true, 1, 0},
        {"xfoo.example, foo.examplex", true, 2, 0},
        {"foo.example,foo.example ,\tfoo.example", true, 3, 3},
        {"foo.example;a=b;c=\"d,foo.example\"", true, 1, 1},
        {"a;x=\"\\\"\", foo.example", true, 2, 1},
        {"[2001:db8::1]:443, [::1]", true, 2, 0},
        {"", true, 0, 0},
        {" , ,a,, b,", true, 2, 0},
        {"a b", false, 1, 0},
        {"a;", false, 1, 0},
        {"a;b", false, 1, 0},
        {"a;b=", false, 1, 0},
        {"a;b =c", false, 1, 0},
        {"a;b=\"c", false, 1, 0},
        {"a;b=\"c\\", false, 1, 0},
        {"a;b=\"c\"d", false, 1, 0},
        {";a=b", false, 0, 0},
        {"a:123456", false, 0, 0},
        {"a:b", false, 1, 0},
        {"[::1", false, 0, 0},
        {"[a,b]", false, 0, 0},
        {"\"foo.example\"", false, 0, 0},
        {"foo.example/1", false, 1, 1},
        {"f\xc3\xb6o", false, 1, 0},
    };
    for (const auto& row : rows) {
        const auto loop = read({row.value});
        EXPECT_EQ(loop.is_valid, row.is_valid) << row.value;
        EXPECT_EQ(loop.elements, row.elements) << row.value;
        EXPECT_EQ(loop.own, row.own) << row.value;
    }
}

TEST(CdnLoop, IsOneListOverAllLines) {
    const auto loop = read({"a, foo.example", "b", "foo.example;x=y"});
    EXPECT_TRUE(loop.is_valid);
    EXPECT_EQ(loop.elements, 4U);
    EXPECT_EQ(loop.own, 2U);
    EXPECT_FALSE(read({"a", "b c"}).is_valid);
    EXPECT_EQ(read({}).elements, 0U);
}

TEST(CdnLoop, IsBounded) {
    std::string many;
    for (int i = 0; i < 100'000; ++i) many += "a,";
    const auto loop = read({many, "foo.example", "\""});
    EXPECT_TRUE(loop.is_valid);
    EXPECT_EQ(loop.elements, kCdnLoopElementsMax + 1);
    EXPECT_EQ(loop.own, 0U);
}

TEST(CdnLoop, IsJudged) {
    struct Row {
        std::string_view value;
        std::uint32_t rounds;
        LoopVerdict verdict;
    };
    std::string many = "a";
    for (std::uint32_t i = 1; i < kCdnLoopElementsMax; ++i) many += ", a";
    const auto too_many = many + ", a";
    const Row rows[] = {
        {"", 0, LoopVerdict::none},   {"other.example", 0, LoopVerdict::none}, {"me", 0, LoopVerdict::loops},
        {"me", 1, LoopVerdict::none}, {"me, x, me", 1, LoopVerdict::loops},    {"me me", 1, LoopVerdict::unreadable},
        {many, 0, LoopVerdict::none}, {too_many, 0, LoopVerdict::too_many},
    };
    for (const auto& row : rows) {
        Arena arena;
        Fields fields(arena);
        fields.add(FieldId::cdn_loop, row.value);
        EXPECT_EQ(judge_loop(fields, {.id = "me", .rounds = row.rounds, .is_named = true}), row.verdict) << row.value;
    }
}

TEST(CdnLoop, NamesThatMayBeGiven) {
    for (const auto* good : {"weir", "edge.example.com", "edge.example.com:8443", "[2001:db8::1]", "weir-1f3a", "a_b"})
        EXPECT_TRUE(is_cdn_id(good)) << good;
    for (const auto* bad : {"", "a b", "a,b", "a;b", "\"a\"", "http://a", "a:x", "[::1", "a\xc3\xa4"}) EXPECT_FALSE(is_cdn_id(bad)) << bad;
    EXPECT_FALSE(is_cdn_id(std::string(kCdnIdMax + 1, 'a')));
}

}  // namespace
}  // namespace weir::http
