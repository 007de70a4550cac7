#include "cache/cache_status.h"

#include <gtest/gtest.h>

#include <string>

#include "cache/structured.h"
#include "cache/test_messages.h"

namespace weir::cache {
namespace {

std::string written(const CacheStatus& status) {
    Arena arena;
    std::string text(write_cache_status(status, arena));
    EXPECT_TRUE(is_valid_members(text, MemberReader::Form::list)) << text;
    return text;
}

// RFC 9211 2, 4.
TEST(CacheStatusField, IsWritten) {
    const std::pair<CacheStatus, std::string_view> rows[] = {
        {{.is_hit = true, .ttl_seconds = 376}, "Weir; hit; ttl=376"},
        {{.is_hit = true, .ttl_seconds = -412, .detail = "stale_while_revalidate"}, "Weir; hit; ttl=-412; detail=stale_while_revalidate"},
        {{.forwarded = Forwarded::uri_miss, .is_stored = true, .is_collapsed = true}, "Weir; fwd=uri-miss; stored; collapsed"},
        {{.forwarded = Forwarded::stale, .forwarded_status = 304}, "Weir; fwd=stale; fwd-status=304"},
        {{.forwarded = Forwarded::bypass, .detail = "no entry"}, "Weir; fwd=bypass; detail=\"no entry\""},
        {{.is_hit = true, .forwarded = Forwarded::stale, .forwarded_status = 304}, "Weir; hit"},  // either, not both
        {{.cache = "edge 1", .is_hit = true}, "\"edge 1\"; hit"},
        {{.cache = "a\nb", .is_hit = true}, "Weir; hit"},
        {{.forwarded = Forwarded::vary_miss, .key = "http://a/\"b\\"}, "Weir; fwd=vary-miss; key=\"http://a/\\\"b\\\\\""},
        {{.forwarded = Forwarded::partial, .key = "a\nb", .detail = "\xff"}, "Weir; fwd=partial"},
        {{}, "Weir"},
    };
    for (const auto& [status, text] : rows) EXPECT_EQ(written(status), text);
    EXPECT_EQ(
        written(
            {.forwarded = Forwarded::request, .forwarded_status = 65535, .ttl_seconds = std::numeric_limits<std::int64_t>::min() / 10000}),
        "Weir; fwd=request; fwd-status=65535; ttl=-922337203685477");
}

TEST(CacheStatusField, ComesLast) {
    test::Answered answered({{"Cache-Status", "Origin; hit"}, {"A", "1"}});
    append_cache_status(answered.response.fields, {.is_hit = true});
    EXPECT_EQ(answered.response.fields.joined(http::FieldId::cache_status), "Origin; hit, Weir; hit");
}

TEST(CacheStatusField, HasAReasonForEachCase) {
    EXPECT_EQ(forwarded_because(Refusal::method), Forwarded::method);
    EXPECT_EQ(forwarded_because(Refusal::precondition), Forwarded::request);
    EXPECT_EQ(forwarded_because(Why::has_no_entry), Forwarded::uri_miss);
    EXPECT_EQ(forwarded_because(Why::request_no_cache), Forwarded::request);
    EXPECT_EQ(forwarded_because(Why::is_expired), Forwarded::stale);
    EXPECT_EQ(forwarded_because(Why::has_no_cache), Forwarded::stale);
}

}  // namespace
}  // namespace weir::cache
