#include "http/template.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>

namespace weir::http {
namespace {

using namespace std::chrono_literals;

// One exchange with everything known.
struct Exchange {
    Arena arena;
    Request request{arena};
    Response response{arena};
    std::array<std::string_view, 3> captures{"/shop/42", "42", "/evil.test"};
    Facts facts;

    explicit Exchange(std::string_view target = "/a%2Fb//c?x=1&y=a%20b+c") {
        request.method_name = "GET";
        request.target = target;
        request.authority = "Shop.Example.com:8443";
        request.fields.add("X-One", "1");
        request.fields.add("X-Many", "a");
        request.fields.add("x-many", "b");
        request.fields.add("Cookie", "sid=42; theme=dark");
        request.fields.add("Cookie", "extra=1");
        request.fields.add("User-Agent", "a \"quoted\" one");
        response.fields.add("Content-Type", "text/html");
        facts.request = &request;
        facts.response = &response;
        facts.target = *parse_target(target, {}, arena);
        facts.host = "shop.example.com";
        facts.port = 443;
        facts.scheme = Scheme::https;
        facts.client = *net::Ip::parse("192.0.2.1");
        facts.client_port = 50000;
        facts.connection_peer = *net::Ip::parse("2001:db8::1");
        facts.request_id = "id1";
        facts.site = "shop";
        facts.route = "/*";
        facts.upstream = "app";
        facts.peer = "10.0.0.1:80";
        facts.status = 502;
        facts.tries = 2;
        facts.reused_connection = true;
        facts.phase = Phase::send;
        facts.has_error = true;
        facts.error = ErrorCode::timeout;
        facts.error_side = Side::upstream;
        facts.error_detail = "no answer";
        facts.request_octets = 100;
        facts.reply_octets = 2000;
        facts.started = WallTime(971'186'136s + 7ms);  // 10 October 2000 13:55:36 UTC
        facts.at.begun = TimePoint(1s);
        facts.at.head_read = TimePoint(1s + 1500us);
        facts.at.done = TimePoint(3s + 42us);
        facts.connection_serial = 7;
        facts.request_on_connection = 3;
        facts.captures = captures;
    }
};

Template compiled(std::string_view text) {
    auto made = Template::compile(text);
    EXPECT_TRUE(made) << text << ": " << made.error().message;
    return *made;
}

TEST(Template, Evaluates) {
    struct {
        const char* text;
        const char* value;
    } const cases[] = {
        {"", ""},
        {"plain", "plain"},
        {"5$$", "5$"},
        {"$$host", "$host"},
        {"$host", "shop.example.com"},
        {"${host}name", "shop.example.comname"},
        {"https://$host$uri", "https://shop.example.com/a%2Fb//c?x=1&y=a%20b+c"},
        {"$scheme $port $authority", "https 443 Shop.Example.com:8443"},
        {"$path|$raw_path|$query", "/a%2Fb/c|/a%2Fb//c|x=1&y=a%20b+c"},
        {"$query{x}", "1"},
        {"$query{y}", "a b c"},
        {"[$query{none}]", "[]"},
        {"$header{x-one}", "1"},
        {"$header{X-Many}", "a, b"},
        {"$header{Cookie}", "sid=42; theme=dark; extra=1"},
        {"$header{None}", ""},
        {"$response{content-type}", "text/html"},
        {"$cookie{theme}$cookie{extra}$cookie{none}", "dark1"},
        {"$method $version", "GET HTTP/1.1"},
        {"$client_ip:$client_port", "192.0.2.1:50000"},
        {"$connection_ip", "2001:db8::1"},
        {"$request_id $site $route $upstream $peer", "id1 shop /* app 10.0.0.1:80"},
        {"$status/$upstream_status/$tries/$reused/$complete", "502//2/true/false"},
        {"$phase $error $error_side $error_detail", "send timeout upstream no answer"},
        {"$request_octets $request_body_octets $reply_octets", "100 0 2000"},
        {"$time_total $time_request [$time_connect]", "2000.042 1.500 []"},
        {"$time_local", "10/Oct/2000:13:55:36 +0000"},
        {"$time_iso8601", "2000-10-10T13:55:36.007Z"},
        {"$time_unix", "971186136.007"},
        {"$connection $connection_requests", "7 3"},
        {"$0 $1 $12 ${1}2 [$9]", "/shop/42 42 422 422 []"},
        {"{\"a\": \"$host\"}", "{\"a\": \"shop.example.com\"}"},
    };
    Exchange exchange;
    for (const auto& [text, value] : cases) {
        const auto made = compiled(text);
        EXPECT_EQ(made.evaluate(exchange.facts, exchange.arena), value) << text;
        std::string appended = "> ";
        made.append(exchange.facts, appended);
        EXPECT_EQ(appended, "> " + std::string(value)) << text;
        EXPECT_EQ(made.text(), text);
    }
}

TEST(Template, WithoutFactsEverythingIsEmptyOrZero) {
    Arena arena;
    const Facts nothing;
    for (const auto& [name, variable, help] : variable_names()) {
        const bool wants_name = name == "header" || name == "response" || name == "cookie";
        const auto made = compiled("$" + std::string(name) + (wants_name ? "{X}" : ""));
        const auto value = made.evaluate(nothing, arena);
        EXPECT_LT(value.size(), 32U) << name;
        EXPECT_TRUE(made.uses(variable)) << name;
        EXPECT_FALSE(help.empty()) << name;
    }
}

TEST(Template, FaultsSayWhereAndWhat) {
    struct {
        const char* text;
        std::size_t offset;
        std::size_t length;
        const char* message;
    } const cases[] = {
        {"a $hots b", 2, 5, "unknown variable '$hots'; did you mean '$host'?"},
        {"$zzzzzzzzzzz", 0, 12, "unknown variable '$zzzzzzzzzzz'"},
        {"costs 5 $", 8, 1, "a variable's name is missing after '$'; write '$$' for a dollar sign"},
        {"$-", 0, 1, "a variable's name is missing after '$'; write '$$' for a dollar sign"},
        {"${host", 0, 6, "'${' without its '}'"},
        {"${12}", 0, 5, "captures are '$0' to '$9'"},
        {"$header", 0, 7, "'$header' needs a name: '$header{Name}'"},
        {"x$header{", 1, 7, "'$header{' without its '}'"},
        {"$header{}", 0, 9, "the name in '$header{' is missing"},
        {"$header{a b}", 0, 12, "'a b' is no name of a header"},
        {"$cookie{a;b}", 0, 12, "'a;b' is no name of a cookie"},
    };
    for (const auto& [text, offset, length, message] : cases) {
        const auto made = Template::compile(text);
        ASSERT_FALSE(made) << text;
        EXPECT_EQ(made.error().message, message) << text;
        EXPECT_EQ(made.error().offset, offset) << text;
        EXPECT_EQ(made.error().length, length) << text;
    }
    std::string many;
    for (int i = 0; i < 200; ++i) many += "$host,";
    EXPECT_FALSE(Template::compile(many));
}

TEST(Template, KnowsItself) {
    EXPECT_TRUE(compiled("a$$b").is_literal());
    EXPECT_TRUE(compiled("").is_literal());
    EXPECT_TRUE(compiled("").empty());
    EXPECT_FALSE(compiled("$host").is_literal());
    EXPECT_EQ(compiled("a$$b$host").literal_prefix(), "a$b");
    EXPECT_EQ(compiled("$host/a").literal_prefix(), "");
    EXPECT_EQ(compiled("$host/a").first_variable(), Variable::host);
    EXPECT_TRUE(compiled("$query{a}").uses(Variable::query_parameter));
    EXPECT_FALSE(compiled("$query{a}").uses(Variable::query));
}

// A decoded parameter must not smuggle a line into a header or a log (response splitting, log injection).
TEST(Template, DecodedValuesAreCleaned) {
    Exchange exchange("/?a=x%0d%0aSet-Cookie:%20b%00%7f&t=%09");
    EXPECT_EQ(compiled("$query{a}").evaluate(exchange.facts, exchange.arena), "x  Set-Cookie: b  ");
    EXPECT_EQ(compiled("$query{t}").evaluate(exchange.facts, exchange.arena), "\t");
}

TEST(Template, EscapesValuesButNotLiterals) {
    Exchange exchange;
    std::string out;
    compiled("\"$header{User-Agent}\"").append(exchange.facts, out, [](std::string_view value, std::string& to) {
        for (char c : value) to += c == '"' ? std::string("\\\"") : std::string(1, c);
    });
    EXPECT_EQ(out, "\"a \\\"quoted\\\" one\"");
    EXPECT_EQ(
        compiled("<$method>").evaluate(exchange.facts, exchange.arena, [](std::string_view, Arena&) { return std::string_view("x"); }),
        "<x>");
}

TEST(Template, Ipv6HostsComeInBrackets) {
    Exchange exchange;
    exchange.facts.host = "2001:db8::1";
    EXPECT_EQ(compiled("https://$host$path").evaluate(exchange.facts, exchange.arena), "https://[2001:db8::1]/a%2Fb/c");
}

TEST(TemplateUri, ValuesStayInTheirPlace) {
    struct {
        const char* text;
        const char* value;
    } const cases[] = {
        {"https://$host$uri", "https://shop.example.com/go/https:%2F?to=https%3A%2F%2Fevil.test&p=a%26b"},
        {"/login?next=$query{to}", "/login?next=https:%2F%2Fevil.test"},
        {"/s?q=$query{p}", "/s?q=a%26b"},
        {"https://example.com$1", "https://example.com/42"},  // not the port or host "example.com42"
        {"https://example.com$2", "https://example.com/evil.test"},
        {"https://example.com$3", "https://example.com/.evil.test"},  // ".evil.test" would make it a longer host
        {"https://example.com$query{to}", "https://example.com/https:%2F%2Fevil.test"},
        {"https://example.com/$3", "https://example.com/.evil.test"},
        {"https://app$1.example.com/x", "https://app42.example.com/x"},
        {"https://$1.example.com$2", "https://42.example.com/evil.test"},
        {"https://$2.example.com/", "https://%2Fevil.test.example.com/"},
        {"https://$host:$port$path", "https://shop.example.com:443/go/https:%2F"},
        {"$scheme://example.com$3", "https://example.com/.evil.test"},
        {"//cdn.example.com$3", "//cdn.example.com/.evil.test"},
        {"/x?u=https://$3", "/x?u=https://.evil.test"},
        {"https://$header{X-Host}/", "https://a.test:81%2F%40/"},
    };
    Exchange exchange("/go/https:%2F?to=https%3A%2F%2Fevil.test&p=a%26b");
    const std::array<std::string_view, 4> captures{"/shop/42", "42", "/evil.test", ".evil.test"};
    exchange.facts.captures = captures;
    exchange.request.fields.add("X-Host", "a.test:81/@");
    for (const auto& [text, value] : cases) EXPECT_EQ(compiled(text).evaluate_uri(exchange.facts, exchange.arena), value) << text;
}

TEST(TemplateUri, TheAsteriskOfOptionsIsNoPath) {
    Exchange exchange;
    exchange.request.target = "*";
    EXPECT_EQ(compiled("https://$host$uri").evaluate_uri(exchange.facts, exchange.arena), "https://shop.example.com/");
}

}  // namespace
}  // namespace weir::http
