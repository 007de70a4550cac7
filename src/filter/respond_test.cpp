#include "filter/respond.h"

#include <gtest/gtest.h>

#include <tuple>

#include "filter/accept.h"
#include "filter/escape.h"

namespace weir::filter {
namespace {

struct Exchange {
    Arena arena;
    http::Request request{arena};
    http::Facts facts;

    explicit Exchange(std::string_view target = "/a?x=1", std::string_view host = "shop.example.com") {
        request.method_name = "GET";
        request.target = target;
        request.authority = host;
        facts.request = &request;
        facts.target = http::parse_target(target, {}, arena).value_or(http::Target{.raw_path = target, .path = target});
        facts.host = host;
        facts.request_id = "id<1>";
    }
};

http::Template text(const char* source) { return *http::Template::compile(source); }

TEST(Respond, BodiesAndTypes) {
    Exchange exchange("/?n=<b>%22");
    struct {
        Respond options;
        MadeReply reply;
    } const cases[] = {
        {{.body = text("hello $query{n}")}, {.status = 200, .content_type = "text/plain; charset=utf-8", .body = "hello <b>\""}},
        // A value is no markup (XSS).
        {{.content_type = "text/html", .body = text("<i>$query{n}")},
         {.status = 200, .content_type = "text/html", .body = "<i>&lt;b&gt;&quot;"}},
        {{.content_type = "application/json", .body = text("\"$query{n}\"")},
         {.status = 200, .content_type = "application/json", .body = "\"\\u003cb>\\\"\""}},
        {{.status = 404, .file = "/x/a.HTML", .file_octets = "<p>", .etag = "\"1\""},
         {.status = 404, .content_type = "text/html; charset=utf-8", .body = "<p>"}},
        {{.status = 200, .file = "/x/a.css", .file_octets = "<p>", .etag = "\"1\""},
         {.status = 200, .content_type = "text/css; charset=utf-8", .body = "<p>", .etag = "\"1\""}},
        {{.status = 204, .body = text("never")}, {.status = 204}},
        {{.status = 403}, {.status = 403}},
    };
    for (const auto& [options, expected] : cases) {
        const auto reply = make_reply(options, exchange.facts, exchange.arena);
        EXPECT_EQ(reply.status, expected.status);
        EXPECT_EQ(reply.content_type, expected.content_type);
        EXPECT_EQ(reply.body, expected.body);
        EXPECT_EQ(reply.etag, expected.etag);
    }
}

TEST(Respond, ConditionalRequests) {
    using http::Method;
    struct {
        Method method;
        const char* name;
        const char* value;
        int status;
    } const cases[] = {
        {Method::get, "If-None-Match", "\"e1\"", 304},   {Method::head, "If-None-Match", "\"e1\"", 304},
        {Method::get, "If-None-Match", "W/\"e1\"", 304}, {Method::get, "If-None-Match", "\"x\", \"a,b\" , \"e1\"", 304},
        {Method::get, "If-None-Match", "*", 304},        {Method::get, "If-None-Match", "\"e2\"", 200},
        {Method::get, "If-None-Match", "e1", 200},       {Method::get, "If-None-Match", "\"e1", 200},
        {Method::get, "If-None-Match", "", 200},         {Method::post, "If-None-Match", "\"e1\"", 412},
        {Method::get, "If-Match", "\"e1\"", 200},        {Method::get, "If-Match", "*", 200},
        {Method::get, "If-Match", "\"e2\"", 412},        {Method::get, "If-Match", "W/\"e1\"", 412},
    };
    const Respond respond{.file = "/a.txt", .file_octets = "text", .etag = "\"e1\""};
    for (const auto& [method, name, value, status] : cases) {
        Exchange exchange;
        exchange.request.method = method;
        exchange.request.fields.add(name, value);
        const auto reply = make_reply(respond, exchange.facts, exchange.arena);
        EXPECT_EQ(reply.status, status) << name << ": " << value;
        EXPECT_EQ(reply.etag, "\"e1\"");
        EXPECT_EQ(reply.body, status == 200 ? "text" : "") << value;
    }
}

TEST(Respond, EntityTags) {
    EXPECT_EQ(etag_of("a").size(), 34U);
    EXPECT_EQ(etag_of("a"), etag_of("a"));
    EXPECT_NE(etag_of("a"), etag_of("b"));
    EXPECT_NE(etag_of(""), etag_of(std::string_view("\0", 1)));
    EXPECT_NE(etag_of("ab"), etag_of("ba"));
}

TEST(Redirect, StaysWhereTheConfigurationSays) {
    struct {
        const char* to;
        const char* target;
        const char* host;
        const char* location;
    } const cases[] = {
        {"https://$host$uri", "/a?x=1", "shop.example.com", "https://shop.example.com/a?x=1"},
        {"https://$host$uri", "//evil.test/a", "shop.example.com", "https://shop.example.com//evil.test/a"},
        {"https://$host$uri", "/evil.test/a", "", "/evil.test/a"},  // "https:///evil.test" is https://evil.test to a browser
        {"https://$host$uri", "/", "2001:db8::1", "https://[2001:db8::1]/"},
        {"$scheme://$host/new", "/a", "h.test", "http://h.test/new"},
        {"/new", "/a", "h.test", "/new"},
        {"new", "/a", "h.test", "/new"},
        {"$uri", "//evil.test/a", "h.test", "/evil.test/a"},
        {"$uri", "/\\evil.test", "h.test", "/%5Cevil.test"},
        {"$raw_path", "///evil.test", "h.test", "/evil.test"},
        {"/$query{to}", "/?to=/evil.test", "h.test", "/%2Fevil.test"},
        {"$query{to}", "/?to=https://evil.test", "h.test", "/https:%2F%2Fevil.test"},
        {"$query{to}", "/?to=//evil.test", "h.test", "/%2F%2Fevil.test"},
        {"/$raw_path", "//evil.test", "h.test", "/evil.test"},
        {"//cdn.test$uri", "/a", "h.test", "//cdn.test/a"},
        {"//$host$uri", "/evil.test", "", "/evil.test"},
        {"https://h.test$query{p}", "/?p=.evil.test", "h.test", "https://h.test/.evil.test"},
        {"https://h.test/x#top", "/", "h.test", "https://h.test/x#top"},
        {"?$query", "/?a=1", "h.test", "?a=1"},
        {"/x?q=$query{q}", "/?q=a%0d%0aB:c%20d", "h.test", "/x?q=a%20%20B:c%20d"},  // response splitting
        {"/caf\xc3\xa9 \"x\"", "/", "h.test", "/caf%C3%A9%20%22x%22"},
        {"", "/", "h.test", "/"},
        {"https://$host$uri", "*", "h.test", "https://h.test/"},
    };
    for (const auto& [to, target, host, location] : cases) {
        Exchange exchange(target, host);
        const Redirect redirect{.status = 307, .to = text(to)};
        const auto reply = make_reply(redirect, exchange.facts, exchange.arena);
        EXPECT_EQ(reply.location, location) << to << " on " << target;
        EXPECT_EQ(reply.status, 307);
    }
}

TEST(Canonical, OtherHostsGoToTheCanonicalOne) {
    const Canonical canonical{.host = "shop.test"};
    Exchange same("/a", "shop.test");
    EXPECT_FALSE(make_reply(canonical, same.facts, same.arena));
    Exchange other("//evil.test/a%2Fb?x", "www.shop.test");
    other.facts.scheme = http::Scheme::https;
    auto reply = make_reply(canonical, other.facts, other.arena);
    ASSERT_TRUE(reply);
    EXPECT_EQ(std::tuple(reply->status, reply->location), std::tuple(301, "https://shop.test//evil.test/a%2Fb?x"));
    other.request.method = http::Method::post;
    other.request.authority = "www.shop.test:8443";
    reply = make_reply(canonical, other.facts, other.arena);
    EXPECT_EQ(std::tuple(reply->status, reply->location), std::tuple(308, "https://shop.test:8443//evil.test/a%2Fb?x"));
    Exchange asterisk("*", "www.shop.test");
    EXPECT_FALSE(make_reply(canonical, asterisk.facts, asterisk.arena));
}

TEST(ErrorPage, OwnPagesByPreference) {
    struct {
        const char* accept;
        const char* type;
    } const cases[] = {
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"},
        {"*/*", "text/plain; charset=utf-8"},
        {"", "text/plain; charset=utf-8"},
        {"application/json", "application/json"},
        {"application/json, text/plain, */*", "application/json"},
        {"text/html;q=0.5, application/json", "application/json"},
        {"text/html, application/json;q=0.9", "text/html; charset=utf-8"},
        {"application/problem+json", "application/problem+json"},
        {"application/json;q=0", "text/plain; charset=utf-8"},
        {"image/png", "text/plain; charset=utf-8"},
        {"TEXT/HTML ; q=0.001", "text/html; charset=utf-8"},
    };
    for (const auto& [accept, type] : cases) {
        Exchange exchange;
        if (*accept != '\0') exchange.request.fields.add("Accept", accept);
        const auto reply = error_reply(502, {}, exchange.facts, exchange.arena);
        EXPECT_EQ(reply.content_type, type) << accept;
        EXPECT_NE(reply.body.find("502"), std::string_view::npos) << accept;
        EXPECT_NE(reply.body.find("Bad Gateway"), std::string_view::npos) << accept;
        const bool is_html = reply.content_type.starts_with("text/html");
        EXPECT_NE(reply.body.find(is_html                                  ? "id&lt;1&gt;"
                                  : reply.content_type.starts_with("text") ? "id<1>"
                                                                           : "id\\u003c1>"),
                  std::string_view::npos);
        EXPECT_EQ(reply.body.find("http:"), std::string_view::npos) << "loads something";
        EXPECT_EQ(reply.body.find("https:"), std::string_view::npos) << "loads something";
    }
}

TEST(ErrorPage, SaysWhatItsStatusNeeds) {
    Exchange exchange;
    EXPECT_EQ(error_reply(503, {}, exchange.facts, exchange.arena).retry_after_s, kRetryAfterSeconds);
    EXPECT_EQ(error_reply(502, {}, exchange.facts, exchange.arena).retry_after_s, 0U);
    EXPECT_NE(error_reply(405, {}, exchange.facts, exchange.arena).allow, "");
    EXPECT_EQ(error_reply(418, {}, exchange.facts, exchange.arena).body.substr(0, 3), "418");
    http::Facts nothing;
    EXPECT_EQ(error_reply(400, {}, nothing, exchange.arena).body, "400 Bad Request\nThe request could not be understood.\n");
}

TEST(ErrorPage, ConfiguredPagesComeFirst) {
    ErrorPages pages;
    pages.push_back({.statuses = {502, 503}, .body = text("<h1>$status $query{x}</h1>")});
    pages.push_back({.statuses = {404}, .file = "/e/404.json", .file_octets = "{}"});
    Exchange exchange("/?x=<i>");
    const auto sorry = error_reply(503, pages, exchange.facts, exchange.arena);
    EXPECT_EQ(std::tuple(sorry.status, sorry.content_type, sorry.body),
              std::tuple(503, "text/html; charset=utf-8", "<h1>503 &lt;i&gt;</h1>"));
    const auto lost = error_reply(404, pages, exchange.facts, exchange.arena);
    EXPECT_EQ(std::tuple(lost.content_type, lost.body), std::tuple("application/json", "{}"));
    EXPECT_EQ(error_reply(500, pages, exchange.facts, exchange.arena).content_type, "text/plain; charset=utf-8");
    pages.push_back({.content_type = "text/x", .body = text("any")});
    EXPECT_EQ(error_reply(500, pages, exchange.facts, exchange.arena).body, "any");
}

TEST(ContentType, BySuffix) {
    EXPECT_EQ(content_type_of("/a/b.html"), "text/html; charset=utf-8");
    EXPECT_EQ(content_type_of("b.PNG"), "image/png");
    EXPECT_EQ(content_type_of("a.tar.gz"), "application/gzip");
    for (const char* path : {"", "html", "/a.b/c", "x.", "x.unknown", "x.averyveryverylongsuffix"})
        EXPECT_EQ(content_type_of(path), "application/octet-stream") << path;
}

TEST(Escape, ByType) {
    EXPECT_EQ(escape_for("text/html; charset=utf-8"), &escape_html);
    EXPECT_EQ(escape_for("image/svg+xml"), &escape_html);
    EXPECT_EQ(escape_for("APPLICATION/JSON"), &escape_json);
    EXPECT_EQ(escape_for("application/ld+json"), &escape_json);
    EXPECT_EQ(escape_for("text/plain"), nullptr);
    EXPECT_EQ(escape_for(""), nullptr);
    Arena arena;
    EXPECT_EQ(escape_json("a\"\\\n<\xc3\xa9", arena), "a\\\"\\\\\\n\\u003c\xc3\xa9");
    EXPECT_EQ(escape_html("a&<>'\"", arena), "a&amp;&lt;&gt;&#39;&quot;");
}

}  // namespace
}  // namespace weir::filter
