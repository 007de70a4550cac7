#include "cache/ranges.h"

#include <gtest/gtest.h>

#include <string>

#include "cache/test_messages.h"
#include "cache/validate.h"

namespace weir::cache {
namespace {

std::string told(const RangePlan& plan) {
    if (plan.verdict == RangeVerdict::whole) return "whole";
    if (plan.verdict == RangeVerdict::unsatisfiable) return "416";
    std::string out = plan.verdict == RangeVerdict::one ? "" : "several:";
    for (const auto& range : plan.all()) out += " " + std::to_string(range.first) + "-" + std::to_string(range.last);
    return out;
}

struct Row {
    std::string_view range;
    std::uint64_t size;
    std::string_view told;
};

// RFC 9110 14.1.2, 14.2.
TEST(Range, IsPlanned) {
    const Row rows[] = {
        {"", 10, "whole"},
        {"bytes=0-4", 10, " 0-4"},
        {"BYTES=0-4", 10, " 0-4"},
        {"bytes=0-0", 10, " 0-0"},
        {"bytes=9-9", 10, " 9-9"},
        {"bytes=1-", 11, " 1-10"},
        {"bytes=0-", 10, " 0-9"},
        {"bytes=-1", 11, " 10-10"},
        {"bytes=-5", 10, " 5-9"},
        {"bytes=-99", 10, " 0-9"},
        {"bytes=5-99", 10, " 5-9"},
        {"bytes=0-99999999999999999999999999", 10, " 0-9"},
        {"bytes= 0-4 ", 10, " 0-4"},
        {"bytes=,0-4,,", 10, " 0-4"},
        {"bytes=10-", 10, "416"},
        {"bytes=10-20", 10, "416"},
        {"bytes=99999999999999999999999999-", 10, "416"},
        {"bytes=-0", 10, "416"},
        {"bytes=0-", 0, "416"},
        {"bytes=-0", 0, "416"},
        {"bytes=-5", 0, "whole"},
        {"bytes=20-30,0-1", 10, " 0-1"},  // what can be satisfied is
        // Malformed: as if it were not there.
        {"bytes", 10, "whole"},
        {"bytes=", 10, "whole"},
        {"bytes=,", 10, "whole"},
        {"bytes=-", 10, "whole"},
        {"bytes=a-b", 10, "whole"},
        {"bytes=4-2", 10, "whole"},
        {"bytes=0-4,5", 10, "whole"},
        {"bytes=0-4,4-2", 10, "whole"},
        {"bytes=0 - 4", 10, "whole"},
        {"bytes=+1-4", 10, "whole"},
        {"bytes=0x1-4", 10, "whole"},
        {"bytes=--5", 10, "whole"},
        {"bytes=0-1-2", 10, "whole"},
        {"bytes 0-4", 10, "whole"},
        {"lines=0-4", 10, "whole"},
        // Several.
        {"bytes=0-1,5-6", 10, "several: 0-1 5-6"},
        {"bytes=5-6,0-1", 10, "several: 5-6 0-1"},
        {"bytes=0-1,-1", 10, "several: 0-1 9-9"},
        {"bytes=0-1,2-3", 10, " 0-3"},
        {"bytes=4-5,0-1,1-2", 10, "several: 0-2 4-5"},
        {"bytes=0-4,0-4", 10, " 0-4"},
        // A request that would cost more than the whole gets the whole (CVE-2011-3192).
        {"bytes=0-,0-,0-", 10, "whole"},
        {"bytes=0-9,0-0", 10, "whole"},
        {"bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8,9-9,10-10,11-11,12-12,13-13,14-14,15-15", 100, " 0-15"},
        {"bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8,9-9,10-10,11-11,12-12,13-13,14-14,15-15,16-16", 100, "whole"},
    };
    for (const auto& row : rows) EXPECT_EQ(told(plan_ranges(row.range, row.size)), row.told) << row.range << " of " << row.size;
    const auto huge = ~std::uint64_t{0};
    EXPECT_EQ(told(plan_ranges("bytes=18446744073709551613-", huge)), " 18446744073709551613-18446744073709551614");
}

TEST(Range, OneIsReadBeforeTheSizeIsKnown) {
    EXPECT_EQ(read_single_range("bytes=5-9")->first, 5U);
    EXPECT_EQ(read_single_range("bytes=5-9")->last, 9U);
    EXPECT_EQ(read_single_range("bytes=5-")->last, std::nullopt);
    EXPECT_EQ(read_single_range("bytes=-5")->first, std::nullopt);
    EXPECT_EQ(read_single_range("bytes=-5")->last, 5U);
    for (const auto* text : {"", "bytes=", "bytes=0-1,3-4", "bytes=1-0", "x=0-1"}) EXPECT_FALSE(read_single_range(text)) << text;
}

// RFC 9110 14.4.
TEST(ContentRange, IsReadAndWritten) {
    const auto read = [](std::string_view text) -> std::string {
        const auto range = parse_content_range(text);
        if (!range) return "!";
        const auto place = range->range ? std::to_string(range->range->first) + "-" + std::to_string(range->range->last) : "*";
        return place + "/" + (range->complete ? std::to_string(*range->complete) : "*");
    };
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"bytes 0-4/10", "0-4/10"},
        {"bytes 0-9/10", "0-9/10"},
        {"Bytes 0-4/*", "0-4/*"},
        {"bytes */10", "*/10"},
        {"bytes 0-10/10", "!"},
        {"bytes 4-2/10", "!"},
        {"bytes */*", "!"},
        {"bytes 0-4", "!"},
        {"bytes=0-4/10", "!"},
        {"bytes 0-4/x", "!"},
        {"bytes a-4/10", "!"},
        {"bytes 0-/10", "!"},
        {"bytes  0-4/10", "!"},
        {"lines 0-4/10", "!"},
        {"", "!"},
        {"bytes 0-18446744073709551615/*", "!"},
    };
    for (const auto& [text, told] : rows) EXPECT_EQ(read(text), told) << text;
    Arena arena;
    EXPECT_EQ(write_content_range(ByteRange{0, 4}, 10, arena), "bytes 0-4/10");
    EXPECT_EQ(write_content_range(std::nullopt, 10, arena), "bytes */10");
}

// RFC 9110 14.6.
TEST(Multipart, LengthIsThatOfItsParts) {
    Arena arena;
    const std::string_view body = "0123456789";
    const auto plan = plan_ranges("bytes=0-1,-3", body.size());
    const auto multipart = plan_multipart(plan, body.size(), "text/plain", "B7", arena);
    std::string text;
    for (std::size_t i = 0; i < plan.count; ++i)
        text.append(multipart.heads[i]).append(body.substr(plan.ranges[i].first, plan.ranges[i].size()));
    text.append(multipart.end);
    EXPECT_EQ(text, "--B7\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n--B7\r\nContent-Type: text/plain\r\n"
                    "Content-Range: bytes 7-9/10\r\n\r\n789\r\n--B7--\r\n");
    EXPECT_EQ(multipart.octets, text.size());
    EXPECT_EQ(multipart.content_type, "multipart/byteranges; boundary=B7");
    EXPECT_EQ(plan_multipart(plan, 10, "", "B", arena).heads[0], "--B\r\nContent-Range: bytes 0-1/10\r\n\r\n");
}

// RFC 9110 15.3.7.3.
TEST(Validators, CombinePartsOfTheSameStrongValidatorOnly) {
    using test::date;
    const auto combine = [](test::Lines a, test::Lines b) {
        const test::Answered one(a), other(b);
        return may_combine(read_validators(one.response.fields, test::at(0)), read_validators(other.response.fields, test::at(0)));
    };
    EXPECT_TRUE(combine({{"ETag", "\"a\""}}, {{"ETag", "\"a\""}}));
    EXPECT_FALSE(combine({{"ETag", "\"a\""}}, {{"ETag", "\"b\""}}));
    EXPECT_FALSE(combine({{"ETag", "W/\"a\""}}, {{"ETag", "W/\"a\""}}));
    EXPECT_FALSE(combine({{"ETag", "\"a\""}, {"Last-Modified", date(-90)}}, {{"Last-Modified", date(-90)}}));
    EXPECT_TRUE(combine({{"Last-Modified", date(-90)}}, {{"Last-Modified", date(-90)}}));
    EXPECT_FALSE(combine({{"Last-Modified", date(-9)}}, {{"Last-Modified", date(-9)}}));
    EXPECT_FALSE(combine({}, {}));
}

}  // namespace
}  // namespace weir::cache
