#include "cache/directives_memo.h"

#include <gtest/gtest.h>

#include <string>

#include "cache/test_messages.h"

namespace weir::cache::test {
namespace {

// Each twice and in turns: the second time it may be remembered, and must not be another's.
TEST(DirectivesMemo, GivesWhatIsRead) {
    const std::string values[] = {"max-age=60",
                                  "max-age=61",
                                  "no-store",
                                  "private=\"X-A\", max-age=5",
                                  "no-cache=\"X-B\"",
                                  "public, s-maxage=7",
                                  "",
                                  "max-age=\"1",
                                  "max-age=9, " + std::string(DirectivesMemo::kTextMax, 'x')};
    DirectivesMemo memo;
    const Policy policy;
    for (int round = 0; round < 3; ++round)
        for (const auto& value : values) {
            const Answered answered({{"Cache-Control", value}});
            const auto& fields = answered.response.fields;
            const auto read = memo.read(fields, policy);
            const auto wanted = read_response_directives(fields, policy);
            EXPECT_EQ(read.max_age, wanted.max_age) << value;
            EXPECT_EQ(read.s_maxage, wanted.s_maxage) << value;
            EXPECT_EQ(read.has_no_store, wanted.has_no_store) << value;
            EXPECT_EQ(read.is_public, wanted.is_public) << value;
            EXPECT_EQ(read.private_fields, wanted.private_fields) << value;
            EXPECT_EQ(read.no_cache_fields, wanted.no_cache_fields) << value;
        }
}

TEST(DirectivesMemo, OtherFieldsAndTheOperatorsWordCount) {
    DirectivesMemo memo;
    const Answered plain({{"Cache-Control", "max-age=60"}});
    EXPECT_EQ(memo.read(plain.response.fields, {}).max_age, sec(60));
    const Answered targeted({{"Cache-Control", "max-age=60"}, {"CDN-Cache-Control", "max-age=5"}});
    EXPECT_EQ(memo.read(targeted.response.fields, {}).max_age, sec(5));
    const Answered several({{"Cache-Control", "max-age=60"}, {"Cache-Control", "no-store"}});
    EXPECT_TRUE(memo.read(several.response.fields, {}).has_no_store);
    EXPECT_FALSE(memo.read(plain.response.fields, {.ignores_cache_control = true}).max_age);
}

}  // namespace
}  // namespace weir::cache::test
