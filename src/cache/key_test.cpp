#include "cache/key.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "cache/test_messages.h"

namespace weir::cache {
namespace {

using test::Asked;

KeyInput input(std::string_view path, std::optional<std::string_view> query = {}) {
    return {.host = "example.com", .path = path, .query = query.value_or(""), .has_query = query.has_value()};
}

std::string text(const KeyPlan& plan, const KeyInput& from) {
    Arena arena;
    const auto key = make_key(plan, from, arena);
    if (!key) return "!";
    EXPECT_EQ(uri_part(key->text), *uri_key(plan, from, arena));
    return std::string(key->text);
}

TEST(Key, OfHostPathAndQuery) {
    EXPECT_EQ(text({}, input("/a")), "http://example.com/a");
    EXPECT_EQ(text({}, input("/a", "b=c&d")), "http://example.com/a?b=c&d");
    EXPECT_EQ(text({}, input("/a", "")), "http://example.com/a?");
    auto other = input("/a");
    other.scheme = http::Scheme::https;
    EXPECT_EQ(text({}, other), "https://example.com/a");
    other.port = 443;
    EXPECT_EQ(text({}, other), "https://example.com/a");
    other.port = 80;
    EXPECT_EQ(text({}, other), "https://example.com:80/a");
    other.host = "2001:db8::1";
    EXPECT_EQ(text({}, other), "https://[2001:db8::1]:80/a");
}

TEST(Key, OfWhatElseChoosesTheRoute) {
    EXPECT_EQ(text({.scope = "1f"}, input("/a", "b")), "http://example.com/a?b\nr 1f");
    const Asked asked({{"X-A", "1"}});
    auto with = input("/a");
    with.fields = &asked.request.fields;
    EXPECT_EQ(text({.headers = {"X-A"}, .scope = "1f"}, with), "http://example.com/a\nr 1f\nh X-A:1");
}

TEST(Key, OfChosenParameters) {
    struct Row {
        KeyPlan plan;
        std::string_view query, kept;
    };
    const Row rows[] = {
        {{}, "b=1&a=2", "?b=1&a=2"},
        {{.keeps_query = false}, "b=1&a=2", ""},
        {{.dropped = {"utm_*", "gclid"}}, "utm_source=x&a=1&gclid=2&utm_=3&gclid2=4", "?a=1&gclid2=4"},
        {{.dropped = {"utm_*"}}, "utm%5Fsource=x&a=1", "?a=1"},
        {{.dropped = {"utm_*"}}, "utm_source=x;a=1", ""},  // one parameter, whatever an origin makes of it (cloaking)
        {{.dropped = {"*"}}, "a=1&b", ""},
        {{.kept = {"page", "q"}}, "page=2&x=1&q=&sort", "?page=2&q="},
        {{.dropped = {"page"}, .kept = {"p*"}}, "page=2&p=1", "?p=1"},
        {{.sorts_query = true}, "b=2&a=1&b=1&a", "?a=1&a&b=2&b=1"},
        {{.sorts_query = true}, "b&&a&", "?a&b"},
        {{.sorts_query = true}, "", ""},
    };
    for (const auto& row : rows)
        EXPECT_EQ(text(row.plan, input("/", row.query)), "http://example.com/" + std::string(row.kept)) << row.query;
}

TEST(Key, OriginGetsTheQueryThatCounts) {
    Arena arena;
    const auto plain = make_key({}, input("/", "a=1&utm_x=2"), arena);
    EXPECT_EQ(plain->query, "a=1&utm_x=2");
    EXPECT_FALSE(plain->is_query_changed);
    const KeyPlan drops{.dropped = {"utm_*"}};
    const auto dropped = make_key(drops, input("/", "a=1&utm_x=2"), arena);
    EXPECT_EQ(dropped->query, "a=1");
    EXPECT_TRUE(dropped->is_query_changed);
    EXPECT_FALSE(make_key(drops, input("/", "a=1"), arena)->is_query_changed);
    const auto none = make_key(drops, input("/", "utm_x=2"), arena);
    EXPECT_FALSE(none->has_query);
    EXPECT_TRUE(none->is_query_changed);
    EXPECT_TRUE(make_key({.keeps_query = false}, input("/", "a"), arena)->is_query_changed);
}

TEST(Key, OfHeadersAndCookies) {
    const KeyPlan plan{.headers = {"Accept-Language", "X-Tenant"}, .cookies = {"lang"}};
    const Asked asked({{"accept-language", "EN, de"}, {"Cookie", "a=b; lang=fr"}, {"X-Other", "1"}});
    auto from = input("/a");
    from.fields = &asked.request.fields;
    EXPECT_EQ(text(plan, from), "http://example.com/a\nh Accept-Language:de,en\nh X-Tenant\nc lang:fr");
    const Asked bare;
    from.fields = &bare.request.fields;
    EXPECT_EQ(text(plan, from), "http://example.com/a\nh Accept-Language\nh X-Tenant\nc lang");
}

// What one part holds can never read as another.
TEST(Key, PartsDoNotRunIntoEachOther) {
    const KeyPlan plan{.headers = {"A", "B"}};
    std::vector<std::string> keys;
    struct Part {
        test::Lines lines;
        std::string_view path;
    };
    const Part rows[] = {
        {{{"A", "x"}, {"B", "y"}}, "/"},
        {{{"A", "x\nh B:y"}}, "/"},
        {{{"A", "x\\nh B:y"}}, "/"},
        {{{"A", ""}}, "/"},
        {{{"B", ""}}, "/"},
        {{}, "/"},
        {{}, "/\nh A:x\nh B:y"},
        {{}, "/\\nh A:x\\nh B:y"},
        {{{"A", "x"}}, "/"},
        {{{"B", "x"}}, "/"},
    };
    for (const auto& [lines, path] : rows) {
        const Asked asked(lines);
        auto from = input(path);
        from.fields = &asked.request.fields;
        keys.push_back(text(plan, from));
    }
    std::ranges::sort(keys);
    EXPECT_EQ(std::ranges::adjacent_find(keys), keys.end());
}

TEST(Key, HasLimits) {
    const std::string path = "/" + std::string(kKeyOctetsMax, 'x');
    EXPECT_EQ(text({}, input(path)), "!");
    EXPECT_NE(text({}, input(std::string_view(path).substr(0, kKeyOctetsMax - 18))), "!");
    std::string query;
    for (std::size_t i = 0; i <= kKeyParametersMax; ++i) query += "a&";
    EXPECT_EQ(text({.sorts_query = true}, input("/", query)), "!");
    EXPECT_NE(text({.sorts_query = true}, input("/", std::string_view(query).substr(2, query.size() - 3))), "!");
    EXPECT_NE(text({}, input("/", query)), "!");
    const Asked asked({{"A", path}});
    auto from = input("/");
    from.fields = &asked.request.fields;
    EXPECT_EQ(text({.headers = {"A"}}, from), "!");
}

TEST(Key, DangerousInputsAreNamed) {
    const KeyPlan plan{.headers = {"x-host"}};
    for (const auto* name :
         {"X-Forwarded-Host", "x-original-url", "X-Rewrite-URL", "Forwarded", "X-HTTP-Method-Override", "X-Forwarded-Scheme",
          "surrogate-capability", "X-Middleware-Prefetch", "X-Sendfile-Type", "X-AMZ-Website-Redirect-Location"})
        EXPECT_TRUE(is_dangerous_unkeyed(name, plan)) << name;
    for (const auto* name : {"X-Host", "Accept", "Cookie", "X-Request-ID", "X-Forwarded-For", "X-Real-IP", "Sec-Fetch-Mode",
                             "Surrogate-Control", "", "X-A-Name-That-Is-Longer-Than-All-The-Bits-That-Mark-Lengths-Of-Names-Here"})
        EXPECT_FALSE(is_dangerous_unkeyed(name, plan)) << name;
    Asked asked({{"Accept", "*/*"},
                 {"X-Forwarded-Host", "evil"},
                 {"x-host", "keyed"},
                 {"forwarded", "host=evil"},
                 {"X-Rewrite-Url", "/admin"},
                 {"Front-End-Https", "on"},
                 {"X-Other", "1"}});
    remove_dangerous_unkeyed(asked.request.fields, plan);
    EXPECT_EQ(test::text_of(asked.request.fields), "Accept: */*|x-host: keyed|X-Other: 1|");
}

TEST(Glob, Matches) {
    struct Row {
        std::string_view glob, text;
        bool matches;
    };
    const Row rows[] = {
        {"utm_*", "utm_source", true},
        {"utm_*", "utm_", true},
        {"utm_*", "utm", false},
        {"*", "", true},
        {"", "", true},
        {"", "a", false},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"*a*b*", "xxaxxbxx", true},
        {"*a*b*", "xxbxxaxx", false},
        {"a*a", "a", false},
        {"a*a", "aXaXa", true},
        {"A", "a", false},
        {"**x", "x", true},
    };
    for (const auto& row : rows) EXPECT_EQ(matches_glob(row.glob, row.text), row.matches) << row.glob << " " << row.text;
}

}  // namespace
}  // namespace weir::cache
