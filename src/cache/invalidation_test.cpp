#include "cache/invalidation.h"

#include <gtest/gtest.h>

#include <string>

#include "cache/test_messages.h"

namespace weir::cache {
namespace {

using http::Method;
using test::Answered;
using test::Asked;

// RFC 9111 4.4.
TEST(Invalidation, ByUnsafeMethodsThatSucceed) {
    for (const auto method : {Method::post, Method::put, Method::del, Method::patch, Method::other}) {
        for (const std::uint16_t status : {200, 201, 204, 302, 399}) EXPECT_TRUE(invalidates(method, status));
        for (const std::uint16_t status : {100, 400, 404, 500, 503}) EXPECT_FALSE(invalidates(method, status));
    }
    for (const auto method : {Method::get, Method::head, Method::options, Method::trace}) EXPECT_FALSE(invalidates(method, 200));
}

TEST(Invalidation, ReferencesOfTheSameOrigin) {
    const std::string_view target = "/a/b?c=d";
    const Origin origin{.scheme = http::Scheme::http, .host = "example.com", .port = 80};
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"", "/a/b?c=d"},
        {"#top", "/a/b?c=d"},
        {"/x", "/x"},
        {"/x?y#z", "/x?y"},
        {"x", "/a/x"},
        {"../x", "/a/../x"},  // the key's maker takes the dots out
        {"?q", "/a/b?q"},
        {"./x:y", "/a/./x:y"},
        {"//example.com/x", "/x"},
        {"//EXAMPLE.com:80?x", "/?x"},
        {"http://example.com", "/"},
        {"HTTP://Example.com/x", "/x"},
        {"http://example.com:80/x", "/x"},
        {"http://example.com?x", "/?x"},
        // Others.
        {"https://example.com/x", "!"},
        {"http://example.com:8080/x", "!"},
        {"http://www.example.com/x", "!"},
        {"//example.org/x", "!"},
        {"//example.com@evil/x", "!"},
        {"http://evil@example.com/x", "!"},
        {"javascript:x", "!"},
        {"x:y", "!"},
        {"http:/x", "!"},
    };
    Arena arena;
    for (const auto& [reference, expected] : rows) {
        const auto got = same_origin_target(origin, target, reference, arena);
        EXPECT_EQ(got.value_or("!"), expected) << reference;
    }
    const Origin other{.scheme = http::Scheme::https, .host = "::1", .port = 8443};
    EXPECT_EQ(same_origin_target(other, "/", "https://[0::1]:8443/x", arena), "/x");
    EXPECT_EQ(same_origin_target(other, "/", "https://[::1]/x", arena), std::nullopt);
}

TEST(Invalidation, AlsoOfLocations) {
    const auto also = [](test::Lines lines) {
        const Asked asked({}, Method::post);
        const Answered answered(lines, 201);
        const Origin origin{.scheme = asked.request.scheme, .host = asked.request.host, .port = 80};
        std::string out;
        for (const auto target : also_invalid(origin, asked.request, answered.response).all()) out.append(target).append(" ");
        return out;
    };
    EXPECT_EQ(also({}), "");
    EXPECT_EQ(also({{"Location", "/shop/7"}, {"Content-Location", "http://example.com/shop/8"}}), "/shop/7 /shop/8 ");
    EXPECT_EQ(also({{"Location", "http://example.org/shop/7"}, {"Content-Location", "8"}}), "/shop/8 ");
    EXPECT_EQ(also({{"Location", "/shop/list?page=2"}}), "");  // the request's own
    EXPECT_EQ(also({{"Location", "/a"}, {"Location", "/b"}}), "");
}

// RFC 9875 2.
TEST(Groups, AreStrings) {
    const auto groups = [](test::Lines lines) {
        const Answered answered(lines);
        std::string out;
        for (const auto group : read_groups(answered.response.fields, answered.response.arena())) out.append(group).append("|");
        return out;
    };
    EXPECT_EQ(groups({{"Cache-Groups", "\"scripts\", \"a b\";x=1"}}), "scripts|a b|");
    EXPECT_EQ(groups({{"cache-groups", "\"a\""}, {"Cache-Groups", "\"b\""}}), "a|b|");
    EXPECT_EQ(groups({{"Cache-Groups", "\"a\\\"b\\\\\""}}), "a\"b\\|");
    EXPECT_EQ(groups({{"Cache-Groups", "\"\", \"a\""}}), "a|");
    for (const auto* bad : {"", "scripts", "\"a\", b", "\"a\",", "\"a", "(\"a\")"}) EXPECT_EQ(groups({{"Cache-Groups", bad}}), "") << bad;
    const auto long_name = "\"" + std::string(kGroupOctetsMax + 1, 'x') + "\", \"a\"";
    EXPECT_EQ(groups({{"Cache-Groups", long_name}}), "a|");
    std::string many = "\"a\"";
    for (std::size_t i = 0; i < kGroupsMax + 5; ++i) many += ", \"a\"";
    EXPECT_EQ(groups({{"Cache-Groups", many}}).size(), kGroupsMax * 2);
    const Answered answered({{"Cache-Group-Invalidation", "\"x\""}});
    EXPECT_EQ(read_invalid_groups(answered.response.fields, answered.response.arena()).size(), 1U);
}

}  // namespace
}  // namespace weir::cache
