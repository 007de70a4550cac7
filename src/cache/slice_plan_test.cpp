#include "cache/slice_plan.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "cache/test_messages.h"

namespace weir::cache::test {
namespace {

constexpr std::uint32_t kOctets = 100;

TEST(Slices, HaveRangesAndKeys) {
    const Slicing slicing{.id = 0xabc, .octets = kOctets};
    SliceKeyRoom room;
    EXPECT_EQ(write_slice_key(slicing, 0x1f, room), "slice/abc/1f");
    constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
    EXPECT_EQ(write_slice_key({.id = kMost, .octets = 1}, kMost, room), "slice/ffffffffffffffff/ffffffffffffffff");
    EXPECT_EQ(range_of(slicing, 0, 250), (ByteRange{0, 99}));
    EXPECT_EQ(range_of(slicing, 2, 250), (ByteRange{200, 249}));
    EXPECT_EQ(range_of(slicing, 2, 300), (ByteRange{200, 299}));
}

TEST(Slices, BeginWhereTheRangeBegins) {
    const std::pair<std::string_view, std::uint64_t> rows[] = {
        {"", 0},
        {"bytes=0-5", 0},
        {"bytes=99-100", 0},
        {"bytes=100-", 1},
        {"bytes=1050-1060", 10},
        {"bytes=-5", 0},           // the end is known with the length
        {"bytes=500-510,1-2", 0},  // several: the first slice tells how long it is
        {"bytes=18446744073709551615-", 0},
        {"octets=500-", 0},
    };
    for (const auto& [range, slice] : rows) EXPECT_EQ(first_slice(range, kOctets), slice) << range;
}

TEST(Slices, AskForThemselves) {
    Asked asked({{"Range", "bytes=7-8"}, {"X", "y"}});
    ask_for_range(asked.request.fields, {100, 199});
    ask_for_same(asked.request.fields, {.etag = "\"a\"", .last_modified = "Mon"});
    EXPECT_EQ(asked.request.fields.value(http::FieldId::range), "bytes=100-199");
    EXPECT_EQ(asked.request.fields.value(http::FieldId::if_range), "\"a\"");
    ask_for_same(asked.request.fields, {.last_modified = "Mon"});
    EXPECT_EQ(asked.request.fields.value(http::FieldId::if_range), "Mon");
}

http::Response& as_part(Answered& answer, std::uint64_t octets) {
    answer.response.framing = http::Framing::length;
    answer.response.content_length = octets;
    return answer.response;
}

TEST(Slices, AreReadFromAnswers) {
    struct Row {
        std::uint16_t status;
        std::string_view place;
        std::string_view etag;
        std::uint64_t octets;
        SliceAnswer answer;
    };
    const Row rows[] = {
        {206, "bytes 100-199/250", "\"a\"", 100, SliceAnswer::part},
        {206, "bytes 100-149/150", "\"a\"", 50, SliceAnswer::part},
        {200, "", "\"a\"", 250, SliceAnswer::whole},
        {404, "", "", 5, SliceAnswer::whole},
        {416, "bytes */5", "", 0, SliceAnswer::useless},
        {206, "bytes 100-199/250", "W/\"a\"", 100, SliceAnswer::useless},  // nothing holds it together
        {206, "bytes 100-199/250", "", 100, SliceAnswer::useless},
        {206, "bytes 100-199/*", "\"a\"", 100, SliceAnswer::useless},
        {206, "bytes 100-198/250", "\"a\"", 99, SliceAnswer::useless},
        {206, "bytes 0-99/250", "\"a\"", 100, SliceAnswer::useless},
        {206, "bytes 100-199/250", "\"a\"", 99, SliceAnswer::useless},  // it lies about its length
        {206, "", "\"a\"", 100, SliceAnswer::useless},
    };
    for (const auto& row : rows) {
        Answered answer({}, row.status);
        if (!row.place.empty()) answer.response.fields.add(http::FieldId::content_range, row.place);
        if (!row.etag.empty()) answer.response.fields.add(http::FieldId::etag, row.etag);
        const auto& response = as_part(answer, row.octets);
        EXPECT_EQ(read_slice(response, {100, 199}, read_validators(response.fields, at(0))).answer, row.answer) << row.place << row.etag;
    }
    Answered all({{"Content-Range", "bytes 0-9/10"}}, 206);
    const auto read = read_slice(as_part(all, 10), {0, 99}, {});
    EXPECT_EQ(read.answer, SliceAnswer::all);
    EXPECT_EQ(read.complete, 10U);
    all.response.framing = http::Framing::chunked;
    EXPECT_EQ(read_slice(all.response, {0, 99}, {}).answer, SliceAnswer::useless);
}

// RFC 9110 15.3.7.3.
TEST(Slices, AreOfOneThing) {
    const Validators tag{.etag = "\"a\""};
    const auto fits = [](const Validators& manifest, Lines lines, std::uint64_t octets = 100) {
        Answered answer(lines, 206);
        return is_slice_of(manifest, 250, {100, 199}, as_part(answer, octets), at(0));
    };
    EXPECT_TRUE(fits(tag, {{"Content-Range", "bytes 100-199/250"}, {"ETag", "\"a\""}}));
    EXPECT_FALSE(fits(tag, {{"Content-Range", "bytes 100-199/250"}, {"ETag", "\"b\""}}));
    EXPECT_FALSE(fits(tag, {{"Content-Range", "bytes 100-199/250"}}));
    EXPECT_FALSE(fits(tag, {{"Content-Range", "bytes 100-199/251"}, {"ETag", "\"a\""}}));
    EXPECT_FALSE(fits(tag, {{"Content-Range", "bytes 0-99/250"}, {"ETag", "\"a\""}}));
    EXPECT_FALSE(fits(tag, {{"Content-Range", "bytes 100-199/250"}, {"ETag", "\"a\""}}, 99));
    const auto old = date(-1000);
    const Validators dated{.last_modified = old, .modified = at(-1000), .date = at(0)};
    EXPECT_TRUE(fits(dated, {{"Content-Range", "bytes 100-199/250"}, {"Last-Modified", old}}));
    EXPECT_FALSE(fits(dated, {{"Content-Range", "bytes 100-199/250"}, {"Last-Modified", date(-2000)}}));
    EXPECT_FALSE(fits(dated, {{"Content-Range", "bytes 100-199/250"}}));
    EXPECT_TRUE(tells_of_change(200) && tells_of_change(404) && tells_of_change(416) && tells_of_change(301));
    EXPECT_FALSE(tells_of_change(403) || tells_of_change(401) || tells_of_change(500) || tells_of_change(429));
}

}  // namespace
}  // namespace weir::cache::test
