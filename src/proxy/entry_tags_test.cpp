#include "proxy/entry_tags.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::proxy {
namespace {

class EntryTags : public testing::Test {
protected:
    std::string grace_of(std::initializer_list<std::pair<std::string_view, std::string_view>> lines) {
        http::Fields fields(arena_);
        for (const auto& [name, value] : lines) fields.add(name, value);
        const auto& policy = policy_for(plan_, {fields.begin(), fields.end()});
        return std::to_string(policy.keep_serving.count());
    }
    void add(std::string tag, std::uint32_t keep_serving) {
        TagGrace grace{.tag = std::move(tag)};
        grace.policy.keep_serving = cache::Delta(keep_serving);
        plan_.tag_graces.push_back(std::move(grace));
    }

    Arena arena_;
    CachePlan plan_;
};

TEST_F(EntryTags, TheFirstGraceWhoseTagAnAnswerHasCounts) {
    EXPECT_EQ(grace_of({{"Surrogate-Key", "article"}}), "0");
    add("price", 1);
    add("article", 2);
    plan_.policy.keep_serving = cache::Delta(9);
    const struct {
        std::pair<std::string_view, std::string_view> line;
        std::string_view grace;
    } rows[] = {
        {{"Surrogate-Key", "article"}, "2"},
        {{"surrogate-key", "all article price"}, "1"},
        {{"Cache-Tag", "all,article"}, "2"},
        {{"Cache-Tag", " all, article ,x"}, "2"},
        {{"Surrogate-Key", "articles art icle"}, "9"},
        {{"Surrogate-Key", "Article"}, "9"},
        {{"X-Tags", "article"}, "9"},
        {{"Surrogate-Key", ""}, "9"},
    };
    for (const auto& row : rows) EXPECT_EQ(grace_of({row.line}), row.grace) << row.line.second;
    EXPECT_EQ(grace_of({{"Surrogate-Key", "a"}, {"Surrogate-Key", "article"}}), "2");
    plan_.tag_fields = {"X-Tags"};
    EXPECT_EQ(grace_of({{"X-Tags", "article"}, {"Surrogate-Key", "price"}}), "2");
}

TEST_F(EntryTags, AnswersAreNamedByHostTagsAndGroups) {
    const cache::Purges purges(7);
    http::Request request(arena_);
    request.authority = "a.example:81";
    http::Facts facts;
    facts.host = "a.example";
    http::Fields fields(arena_);
    fields.add("Surrogate-Key", "one two");
    fields.add("Cache-Tag", "three, four");
    fields.add("Cache-Groups", "\"g\"");
    const auto cells = read_tags(request, facts, fields, plan_, purges);
    std::vector<cache::TagCell> wanted;
    for (const auto* name : {"host:a.example", "tag:one", "tag:two", "tag:three", "tag:four", "group:http|a.example:81|g"})
        wanted.push_back(purges.cell_of(name));
    EXPECT_EQ(std::vector(cells.begin(), cells.end()), wanted);
    std::string many;
    for (std::size_t i = 0; i < 2 * kTagsMax; ++i) many += "t" + std::to_string(i) + " ";
    fields.set("Surrogate-Key", many);
    EXPECT_EQ(read_tags(request, facts, fields, plan_, purges).size(), kTagsMax);
}

}  // namespace
}  // namespace weir::proxy
