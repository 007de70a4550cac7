#include "cache/link_hints.h"

#include <gtest/gtest.h>

#include <string>

#include "cache/hint_table.h"
#include "cache/test_messages.h"

namespace weir::cache {
namespace {

std::string hints_of(std::string_view link) {
    Arena arena;
    http::Fields fields(arena);
    fields.add("Link", link);
    return std::string(read_hints(fields, arena));
}

TEST(LinkHints, OfWhatAPageNeedsAtOnce) {
    const struct {
        std::string_view link, hints;
    } rows[] = {
        {"</a.css>; rel=preload; as=style", "</a.css>; rel=preload; as=style"},
        {"</a.css>;rel=\"preload\";as=style , <https://cdn.example>; rel=preconnect; crossorigin",
         "</a.css>;rel=\"preload\";as=style, <https://cdn.example>; rel=preconnect; crossorigin"},
        {"</m.js>; rel=modulepreload", "</m.js>; rel=modulepreload"},
        {"</a.js>; REL=PreLoad; As=script", "</a.js>; REL=PreLoad; As=script"},
        {"</a>; rel=\"preload preconnect\"; as=font", "</a>; rel=\"preload preconnect\"; as=font"},
        {"</i?a=1,2>; rel=preload; as=image; imagesrcset=\"/i1 1x, /i2 2x\"",
         "</i?a=1,2>; rel=preload; as=image; imagesrcset=\"/i1 1x, /i2 2x\""},
        {",, </a>; rel=preload; as=font;;, ,", "</a>; rel=preload; as=font"},
        // Without `as` no browser heeds it.
        {"</a.css>; rel=preload", ""},
        // Other relations, also beside one of them; of several rel the first counts.
        {"</next>; rel=next, </a>; rel=\"preload stylesheet\"; as=style", ""},
        {"</a>; rel=next; rel=preload; as=style", ""},
        {"</a>", ""},
        // Of another document, or of that one answer.
        {"</a>; rel=preload; as=style; anchor=\"/b\"", ""},
        {"</a>; rev=preload; rel=preload; as=style", ""},
        {"</a>; rel=preload; as=script; nonce=abc", ""},
        {"</a>; rel=preload; as=style; anchor", ""},
        // Targets that lead elsewhere.
        {"<javascript:alert(1)>; rel=preload; as=script", ""},
        {"<data:text/css,a>; rel=preload; as=style", ""},
        {"<>; rel=preload; as=style, <#a>; rel=preload; as=style", ""},
        {"<//cdn.example/a>; rel=preload; as=style", "<//cdn.example/a>; rel=preload; as=style"},
        {"<a:b/c>; rel=preload; as=style", ""},
        {"</a:b>; rel=preload; as=style", "</a:b>; rel=preload; as=style"},
        // Behind what is malformed nothing is read; what came before counts.
        {"</a>; rel=preload; as=style, b; rel=preload; as=style, </c>; rel=preload; as=style", "</a>; rel=preload; as=style"},
        {"</a; rel=preload; as=style", ""},
        {"</a b>; rel=preload; as=style", ""},
        {"</a>; rel=preload; as=\"style", ""},
        {"</a>; rel=preload; as=\"style\\", ""},
        {"</a>; rel=preload; as=; x", ""},
        {"</a>; =preload", ""},
        {"</a> rel=preload; as=style", ""},
    };
    for (const auto& row : rows) EXPECT_EQ(hints_of(row.link), row.hints) << row.link;
}

TEST(LinkHints, AreFewAndShort) {
    std::string many, long_ones;
    for (int i = 0; i < 40; ++i) many += "</" + std::to_string(i) + ">; rel=preload; as=font, ";
    const auto told = hints_of(many);
    EXPECT_EQ(std::ranges::count(told, '<'), static_cast<std::ptrdiff_t>(kHintsMax));
    for (int i = 0; i < 10; ++i) long_ones += "</" + std::string(400, 'a') + ">; rel=preload; as=font, ";
    EXPECT_EQ(std::ranges::count(hints_of(long_ones + "</b>; rel=preconnect"), '<'), 3) << "one that fits comes behind those that do not";
    EXPECT_LE(hints_of(long_ones).size(), kHintOctetsMax);
    EXPECT_EQ(hints_of(std::string(kLinkFieldMax, ',') + "</b>; rel=preconnect"), "");
}

TEST(LinkHints, LastOfPagesThatAreEverybodysAlone) {
    const auto last = [](test::Lines lines, std::uint16_t status = 200) {
        return has_lasting_hints(test::Answered(lines, status).response);
    };
    EXPECT_TRUE(last({{"Content-Type", "text/html; charset=utf-8"}}));
    EXPECT_TRUE(last({{"Content-Type", "Text/HTML ;a"}, {"Vary", "Accept-Encoding"}}));
    EXPECT_FALSE(last({{"Content-Type", "text/html"}, {"Vary", "Cookie"}}));
    EXPECT_FALSE(last({{"Content-Type", "text/html"}, {"Vary", "*"}}));
    EXPECT_FALSE(last({{"Content-Type", "text/css"}}));
    EXPECT_FALSE(last({}));
    EXPECT_FALSE(last({{"Content-Type", "text/html"}}, 404));
    const auto heeds = [](test::Lines lines) { return may_heed_hints(test::Asked(lines).request); };
    EXPECT_TRUE(heeds({}));
    EXPECT_TRUE(heeds({{"Sec-Fetch-Mode", "navigate"}}));
    EXPECT_FALSE(heeds({{"Sec-Fetch-Mode", "cors"}}));
}

class HintTableTest : public testing::Test {
protected:
    std::string find(HintTable::Name name) { return std::string(table_.find(name, arena_)); }

    Arena arena_;
    Ref<Account> account_ = make_ref<Account>();
    Purges purges_{7};
    HintTable table_{account_, purges_};
    const HintTable::Name one_{.url = 5, .whole = 50};
};

TEST_F(HintTableTest, TellsWhatWasLearnedLast) {
    EXPECT_EQ(find(one_), "");
    table_.learn(one_, "a", 1, {});
    EXPECT_EQ(find(one_), "a");
    table_.learn(one_, "bb", 1, {});
    EXPECT_EQ(find(one_), "bb");
    EXPECT_EQ(find({.url = 5, .whole = 51}), "") << "another key of the same URL";
    table_.learn({.url = 5, .whole = 51}, "", 1, {});
    EXPECT_EQ(find(one_), "bb");
    table_.learn({.url = 5 + HintTable::kCells, .whole = 9}, "c", 1, {});
    EXPECT_EQ(find(one_), "") << "its cell is another's now";
    table_.learn({.url = 5 + HintTable::kCells, .whole = 9}, "", 1, {});
    EXPECT_EQ(account_->used(), 0U);
    EXPECT_EQ(table_.learned(), 3U);
}

TEST_F(HintTableTest, WhatIsPurgedIsForgotten) {
    const TagCell tags[] = {purges_.cell_of("tag:a"), purges_.cell_of("host:b")};
    const auto learn = [&] { table_.learn(one_, "a", purges_.now(), tags); };
    learn();
    table_.forget(6);
    EXPECT_EQ(find(one_), "a");
    table_.forget(5);
    EXPECT_EQ(find(one_), "");
    learn();
    purges_.purge("tag:c", false);
    EXPECT_EQ(find(one_), "a");
    purges_.purge("tag:a", true);
    EXPECT_EQ(find(one_), "");
    learn();
    EXPECT_EQ(find(one_), "a");
    purges_.purge_all(false);
    EXPECT_EQ(find(one_), "");
    table_.forget_all();
    EXPECT_EQ(account_->used(), 0U);
}

}  // namespace
}  // namespace weir::cache
