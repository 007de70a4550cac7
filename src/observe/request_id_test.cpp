#include "observe/request_id.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace weir::observe {
namespace {

TEST(RequestIds, AreHexAndDiffer) {
    RequestIds ids(1);
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        char text[kRequestIdOctets];
        const auto id = ids.write(text);
        ASSERT_EQ(id.size(), 32U);
        EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string_view::npos) << id;
        EXPECT_TRUE(is_wellformed_request_id(id));
        EXPECT_TRUE(seen.emplace(id).second) << id;
    }
}

TEST(RequestIds, RepeatFromTheirSeed) {
    RequestIds one(7), same(7), other(8);
    char a[kRequestIdOctets], b[kRequestIdOctets], c[kRequestIdOctets];
    EXPECT_EQ(one.write(a), same.write(b));
    EXPECT_NE(one.write(a), other.write(c));
}

TEST(RequestIds, ForeignOnesAreJudged) {
    const struct {
        std::string text;
        bool is_wellformed;
    } rows[] = {
        {"", false},
        {"a", true},
        {"7f3e9c52-0b1d-4e7a-9a65-4b0c0e8d1f2a", true},
        {"Root=1-67891233-abcdef012345678912345678", true},  // X-Amzn-Trace-Id
        {"abc/def+0:1@host~x_y.z=", true},
        {std::string(128, 'x'), true},
        {std::string(129, 'x'), false},
        {"with space", false},
        {"quote\"", false},
        {"back\\slash", false},
        {"line\nbreak", false},
        {std::string("nul\0", 4), false},
        {"caf\xc3\xa9", false},
        {"<script>", false},
        {"a,b", false},
        {"${jndi:ldap}", false},
    };
    for (const auto& row : rows) EXPECT_EQ(is_wellformed_request_id(row.text), row.is_wellformed) << row.text;
}

}  // namespace
}  // namespace weir::observe
