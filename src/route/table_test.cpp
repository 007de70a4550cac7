#include "route/table.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "route/linear_oracle.h"
#include "tls/facts.h"

namespace weir::route {
namespace {

RouteSpec route(std::initializer_list<const char*> patterns, std::vector<Condition> conditions = {}, std::uint32_t line = 0) {
    RouteSpec out{.paths = {}, .conditions = std::move(conditions), .name = "", .place = {.file = "weir.conf", .line = line}};
    for (const auto* pattern : patterns) out.paths.push_back(PathPattern::parse(pattern));
    return out;
}

SiteSpec site(std::vector<std::string> hosts, std::vector<RouteSpec> routes = {}, std::vector<std::uint32_t> listeners = {0}) {
    SiteSpec out{.hosts = std::move(hosts),
                 .listeners = std::move(listeners),
                 .routes = std::move(routes),
                 .name = "",
                 .place = {.file = "weir.conf"}};
    out.name = out.hosts.empty() ? "" : out.hosts[0];
    std::uint32_t line = 10;
    for (auto& one : out.routes)
        if (one.place.line == 0) one.place.line = line++;
    return out;
}

Condition when(Condition::Kind kind, const char* name, Condition::Test test, std::vector<std::string> values, bool is_negated = false) {
    return {.kind = kind, .test = test, .is_negated = is_negated, .name = name, .values = std::move(values), .networks = {}};
}
Condition method(std::vector<std::string> names) { return when(Condition::Kind::method, "", Condition::Test::equals, std::move(names)); }

std::unique_ptr<const Table> built(const std::vector<SiteSpec>& sites) {
    std::vector<TableFault> faults;
    auto table = Table::build(sites, faults);
    for (const auto& fault : faults) ADD_FAILURE() << fault.message;
    return table;
}

// A request to a table.
struct Asked {
    Arena arena;
    http::Request request{arena};
    Query query;

    explicit Asked(std::string_view path, std::string_view host = "", std::uint32_t listener = 0) {
        request.method_name = "GET";
        query = {
            .listener = listener, .host = host, .path = path, .query = {}, .request = &request, .client = *net::Ip::parse("192.0.2.1")};
    }
};

std::uint32_t route_of(const Table& table, std::string_view path) {
    Asked asked(path);
    return table.find(asked.query, asked.arena).route;
}

TEST(Sites, ByExactHostThenLongestWildcardThenDefault) {
    const std::vector sites{
        site({"example.com", "www.example.com"}), site({"*.example.com"}), site({"*.shop.example.com"}), site({""}),
        site({"example.com"}, {}, {1}),           site({"2001:db8::1"}),   site({"*.a.b.c.d"}),
    };
    const auto table = built(sites);
    struct {
        const char* host;
        std::uint32_t listener;
        std::uint32_t site;
        const char* reason;
    } const cases[] = {
        {"example.com", 0, 0, "exact host"},
        {"www.example.com", 0, 0, "exact host"},
        {"a.example.com", 0, 1, "wildcard *.example.com"},
        {"a.b.example.com", 0, 1, "wildcard *.example.com"},
        {"shop.example.com", 0, 1, "wildcard *.example.com"},
        {"a.shop.example.com", 0, 2, "wildcard *.shop.example.com"},
        {"a.b.shop.example.com", 0, 2, "wildcard *.shop.example.com"},
        {".example.com", 0, 3, "default of the listener"},
        {"notexample.com", 0, 3, "default of the listener"},
        {"com", 0, 3, "default of the listener"},
        {"", 0, 3, "default of the listener"},
        {"2001:db8::1", 0, 5, "exact host"},
        {"x.y.a.b.c.d", 0, 6, "wildcard *.a.b.c.d"},
        {"a.b.c.d", 0, 3, "default of the listener"},
        {"example.com", 1, 4, "exact host"},
        {"a.example.com", 1, kNone, "no site"},
        {"example.com", 2, kNone, "no site"},
        {"", 1, kNone, "no site"},
    };
    for (const auto& [host, listener, expected, reason] : cases) {
        Asked asked("/", host, listener);
        Trace trace;
        EXPECT_EQ(table->find(asked.query, asked.arena, &trace).site, expected) << host;
        EXPECT_EQ(trace.site_reason, reason) << host;
        EXPECT_EQ(table->find(asked.query, asked.arena).site, expected) << host;
    }
}

TEST(Sites, ManyLabelsAreCheapAndHarmless) {
    const auto table = built({site({"*.example.com"})});
    std::string host;
    for (int i = 0; i < 120; ++i) host += "a.";
    host += "example.com";
    Asked asked("/", host);
    EXPECT_EQ(table->find(asked.query, asked.arena).site, 0U);
}

TEST(Routes, FirstMatchWins) {
    const auto table =
        built({site({""}, {route({"/a"}), route({"/a/x", "/b"}), route({"/a/*"}), route({"*.png"}), route({"~^/u/(\\d+)/(.*)$"}),
                           route({"/u/*"}), route({"/img-*"}), route({"/x/*/y/*"}), route({"~\\.php$"}), route({"/*"})})});
    struct {
        const char* path;
        std::uint32_t route;
    } const cases[] = {
        {"/a", 0},         {"/a/x", 1},   {"/b", 1},         {"/a/", 2},     {"/a/x/y", 2},   {"/a/b.png", 2}, {"/x.png", 3}, {"/u/7/p", 4},
        {"/u/7", 5},       {"/u/x/p", 5}, {"/u/7/p.png", 3}, {"/u", 5},      {"/img-1/2", 6}, {"/img-", 6},    {"/img", 9},   {"/x/1/y", 7},
        {"/x/1/2/y/z", 7}, {"/x/y/z", 9}, {"/i.php", 8},     {"/i.php5", 9}, {"/", 9},        {"*", 9},        {"/ab", 9},
    };
    for (const auto& [path, expected] : cases) EXPECT_EQ(route_of(*table, path), expected) << path;
}

TEST(Routes, WithoutAMatchThereIsNone) {
    const auto table = built({site({""}, {route({"/a"}), route({"/b/*"})})});
    EXPECT_EQ(route_of(*table, "/"), kNone);
    EXPECT_EQ(route_of(*table, "/a/"), kNone);
    EXPECT_EQ(route_of(*table, "/bc"), kNone);
    EXPECT_EQ(route_of(*built({site({""})}), "/"), kNone);
    EXPECT_EQ(route_of(*built({site({""}, {route({})})}), "/any"), 0U);
}

TEST(Routes, CapturesOfTheRegex) {
    const auto table = built({site({""}, {route({"/u/0/x", "~^/u/(\\d+)(/x)?$"}), route({"/*"})})});
    Asked asked("/u/42");
    auto match = table->find(asked.query, asked.arena);
    ASSERT_EQ(match.captures.size(), 2U);
    EXPECT_EQ(match.captures[0], "/u/42");
    EXPECT_EQ(match.captures[1], "42");
    Asked literal("/u/0/x");
    match = table->find(literal.query, literal.arena);
    EXPECT_EQ(match.route, 0U);
    EXPECT_TRUE(match.captures.empty());
}

TEST(Routes, ConditionsAreAllAsked) {
    using Kind = Condition::Kind;
    using Test = Condition::Test;
    auto inside = Condition{.kind = Kind::client, .networks = {*net::Network::parse("10.0.0.0/8"), *net::Network::parse("192.168.0.0/16")}};
    const auto table = built({site({""}, {
                                             route({"/*"}, {method({"POST", "PUT"})}),
                                             route({"/*"}, {when(Kind::header, "X-Beta", Test::present, {}), inside}),
                                             route({"/*"}, {when(Kind::header, "X-Beta", Test::equals, {"1", "yes"})}),
                                             route({"/*"}, {when(Kind::query, "v", Test::glob, {"2.*"})}),
                                             route({"/*"}, {when(Kind::cookie, "group", Test::regex, {"^[ab]$"})}),
                                             route({"/api/*"}, {when(Kind::header, "Authorization", Test::present, {}, true)}),
                                             route({"/api/*"}),
                                         })});
    const auto found = [&](auto&& change) {
        Asked asked("/api/x");
        change(asked);
        return table->find(asked.query, asked.arena).route;
    };
    EXPECT_EQ(found([](Asked& a) { a.request.method_name = "PUT"; }), 0U);
    EXPECT_EQ(found([](Asked& a) { a.request.method_name = "put"; }), 5U);
    EXPECT_EQ(found([](Asked& a) { a.request.fields.add("x-beta", "0"), a.query.client = *net::Ip::parse("::ffff:10.0.0.1"); }), 1U);
    EXPECT_EQ(found([](Asked& a) { a.request.fields.add("x-beta", "0"); }), 5U);
    EXPECT_EQ(found([](Asked& a) { a.request.fields.add("x-beta", "0"), a.request.fields.add("X-BETA", "yes"); }), 2U);
    EXPECT_EQ(found([](Asked& a) { a.query.query = "v=1&v=2.1"; }), 3U);
    EXPECT_EQ(found([](Asked& a) { a.query.query = "%76=2%2E1"; }), 3U);
    EXPECT_EQ(found([](Asked& a) { a.query.query = "w=2.1"; }), 5U);
    EXPECT_EQ(found([](Asked& a) { a.request.fields.add("Cookie", "x=1"), a.request.fields.add("Cookie", "group=b"); }), 4U);
    EXPECT_EQ(found([](Asked& a) { a.request.fields.add("Cookie", "group=bb"); }), 5U);
    EXPECT_EQ(found([](Asked& a) { a.request.fields.add("Authorization", "x"); }), 6U);
    EXPECT_EQ(found([](Asked& a) { a.query.path = "/other"; }), kNone);
    EXPECT_EQ(found([](Asked& a) { a.query.request = nullptr; }), 5U);
}

TEST(Routes, ConditionsOfTheClientsTls) {
    using Kind = Condition::Kind;
    using Test = Condition::Test;
    const auto table = built({site(
        {""}, {
                  route({"/*"}, {when(Kind::tls_client, "", Test::glob, {"CN=ann,*"})}),
                  route({"/*"}, {when(Kind::tls_client, "", Test::present, {})}),
                  route({"/*"}, {when(Kind::tls_version, "", Test::equals, {"TLSv1.2"})}),
                  route({"/*"}, {when(Kind::ja4, "", Test::glob, {"t13d*", "q13d*"})}),
                  route({"/*"}, {when(Kind::ja3, "", Test::regex, {"^e7d7"})}),
                  route({"/*"}, {when(Kind::tls_name, "", Test::equals, {"a.example"}, true), when(Kind::tls, "", Test::present, {})}),
                  route({"/*"}, {when(Kind::tls, "", Test::present, {})}),
                  route({"/*"}),
              })});
    const auto found = [&](auto&& change) {
        Asked asked("/");
        tls::ConnectionFacts facts;
        facts.version = "TLSv1.3";
        facts.server_name = "a.example";
        change(facts);
        asked.query.tls = &facts;
        return table->find(asked.query, asked.arena).route;
    };
    using Facts = tls::ConnectionFacts;
    EXPECT_EQ(found([](Facts&) {}), 6U);
    EXPECT_EQ(route_of(*table, "/"), 7U) << "in the clear nothing of TLS is there";
    EXPECT_EQ(found([](Facts& facts) { facts.client_subject = "CN=ann,O=x", facts.is_client_verified = true; }), 0U);
    EXPECT_EQ(found([](Facts& facts) { facts.client_subject = "CN=bob,O=x", facts.is_client_verified = true; }), 1U);
    EXPECT_EQ(found([](Facts& facts) { facts.client_subject = "CN=ann,O=x"; }), 6U) << "shown, and not accepted";
    EXPECT_EQ(found([](Facts& facts) { facts.version = "TLSv1.2"; }), 2U);
    EXPECT_EQ(found([](Facts& facts) { facts.ja4 = "t13d1516h2_8daaf6152771_e5627efa2ab1"; }), 3U);
    EXPECT_EQ(found([](Facts& facts) { facts.ja3 = "e7d705a3286e19ea42f587b344ee6865"; }), 4U);
    EXPECT_EQ(found([](Facts& facts) { facts.server_name = "b.example"; }), 5U);
    EXPECT_EQ(found([](Facts& facts) { facts.server_name.clear(); }), 5U);
}

std::string traced(const Table& table, Asked& asked) {
    Trace trace;
    const auto match = table.find(asked.query, asked.arena, &trace);
    std::string out;
    for (const auto& step : trace.steps) out += std::to_string(step.route) + (step.matched ? " YES" : " " + step.reason) + "; ";
    EXPECT_EQ(match.route, trace.steps.empty() || !trace.steps.back().matched ? kNone : trace.steps.back().route);
    return out;
}

TEST(Trace, SaysWhyEveryRouteLost) {
    using Kind = Condition::Kind;
    using Test = Condition::Test;
    auto inside = Condition{.kind = Kind::client, .networks = {*net::Network::parse("10.0.0.0/8")}};
    const auto table = built({site({""}, {
                                             route({"/ws"}),
                                             route({"/*"}, {method({"POST", "PUT"})}),
                                             route({"/a", "/a/*", "~^/a"}, {when(Kind::header, "X-Beta", Test::present, {})}),
                                             route({"/a"}, {when(Kind::cookie, "g", Test::equals, {"x"})}),
                                             route({"*.png"}),
                                             route({"/*"}, {inside}),
                                             route({"/a", "/b"}, {when(Kind::query, "old", Test::present, {}, true)}),
                                             route({"/*"}),
                                         })});
    Asked plain("/a");
    EXPECT_EQ(traced(*table, plain), "0 path; 1 method GET is not POST or PUT; 2 header X-Beta is absent; 3 cookie g is absent; 4 path; "
                                     "5 client 192.0.2.1 is not in 10.0.0.0/8; 6 YES; ");
    Asked other("/a");
    other.request.fields.add("Cookie", "g=secret");
    other.query.query = "old";
    EXPECT_EQ(traced(*table, other), "0 path; 1 method GET is not POST or PUT; 2 header X-Beta is absent; 3 cookie g is not 'x'; 4 path; "
                                     "5 client 192.0.2.1 is not in 10.0.0.0/8; 6 query old is present; 7 YES; ");
    const auto of_tls = built({site({""}, {route({"/*"}, {when(Kind::tls_version, "", Test::equals, {"TLSv1.2"})}),
                                           route({"/*"}, {when(Kind::ja4, "", Test::glob, {"t13*"})}),
                                           route({"/*"}, {when(Kind::tls, "", Test::present, {}, true)})})});
    tls::ConnectionFacts facts;
    facts.version = "TLSv1.3";
    Asked encrypted("/");
    encrypted.query.tls = &facts;
    EXPECT_EQ(traced(*of_tls, encrypted), "0 tls version is not 'TLSv1.2'; 1 ja4 is absent; 2 tls is present; ");
    const auto narrow = built({site({""}, {route({"/x"}), route({"/y"})})});
    Asked lost("/z");
    EXPECT_EQ(traced(*narrow, lost), "0 path; 1 path; ");
}

std::vector<std::string> messages(const std::vector<SiteSpec>& sites) {
    std::vector<TableFault> faults;
    Table::build(sites, faults);
    std::vector<std::string> out;
    for (const auto& fault : faults) out.push_back((fault.is_error ? "error: " : "warning: ") + fault.message);
    return out;
}

TEST(Faults, RoutesThatCanNeverMatch) {
    using Kind = Condition::Kind;
    using Test = Condition::Test;
    const auto beta = when(Kind::header, "X-Beta", Test::present, {});
    const auto beta_lower = when(Kind::header, "x-beta", Test::present, {});
    const auto never = [](const char* late, const char* early) {
        return "error: this route can never match: '" + std::string(late) + "' is covered by '" + early + "' (line 10)";
    };
    const auto likely = [](const char* late, const char* early) {
        return "warning: this route may never match: '" + std::string(late) + "' seems to be covered by '" + early + "' (line 10)";
    };
    struct {
        std::vector<RouteSpec> routes;
        std::vector<std::string> expected;
    } const cases[] = {
        {{route({"/assets/*"}), route({"/assets/img/*"})}, {never("/assets/img/*", "/assets/*")}},
        {{route({"/assets/img/*"}), route({"/assets/*"})}, {}},
        {{route({"/a/*"}), route({"/a"})}, {never("/a", "/a/*")}},
        {{route({"/a/*"}), route({"/a/*"})}, {never("/a/*", "/a/*")}},
        {{route({"/a*"}), route({"/a/*"})}, {never("/a/*", "/a*")}},
        {{route({"/a/*"}), route({"/a*"})}, {}},
        {{route({"/a"}), route({"/a"})}, {never("/a", "/a")}},
        {{route({"/a"}), route({"/%61"})}, {never("/%61", "/a")}},
        {{route({"/a"}), route({"/a/"})}, {}},
        {{route({"/a"}), route({"/a/*"})}, {}},
        {{route({"/*"}), route({"/a"})}, {never("/a", "/*")}},
        {{route({}), route({})}, {never("*", "*")}},
        {{route({"/*"}), route({"~^/a"})}, {never("~^/a", "/*")}},
        {{route({"*.png"}), route({"/img/*.png"})}, {never("/img/*.png", "*.png")}},
        {{route({"*.png"}), route({"/img/a.png"})}, {never("/img/a.png", "*.png")}},
        {{route({"/img/*.png"}), route({"*.png"})}, {}},
        {{route({"/a/*/c"}), route({"/a/b/*/c"})}, {never("/a/b/*/c", "/a/*/c")}},
        {{route({"/*/c/*"}), route({"/b/c/*"})}, {never("/b/c/*", "/*/c/*")}},
        {{route({"~^/a"}), route({"~^/a"})}, {never("~^/a", "~^/a")}},
        {{route({"~^/a"}), route({"/a/*"})}, {likely("/a/*", "~^/a")}},
        {{route({"~^/a$"}), route({"/a/*"})}, {}},
        {{route({"~^/a$"}), route({"/a"})}, {likely("/a", "~^/a$")}},
        {{route({"/a/*"}), route({"~^/a/b"})}, {likely("~^/a/b", "/a/*")}},
        {{route({"/a/*"}), route({"~^/ab"})}, {}},
        // Conditions: the earlier one must ask for no more than the later.
        {{route({"/*"}, {beta}), route({"/a"})}, {}},
        {{route({"/*"}, {beta}), route({"/a"}, {method({"GET"})})}, {}},
        {{route({"/*"}, {beta}), route({"/a"}, {beta_lower})}, {never("/a", "/*")}},
        {{route({"/*"}, {beta}), route({"/a"}, {method({"GET"}), beta})}, {never("/a", "/*")}},
        {{route({"/*"}, {method({"GET"}), beta}), route({"/a"}, {beta})}, {}},
        {{route({"/*"}, {method({"GET", "PUT"})}), route({"/a"}, {method({"PUT", "GET"})})}, {never("/a", "/*")}},
        {{route({"/a"}), route({"/a"}, {beta})}, {never("/a", "/a")}},
        // Several patterns.
        {{route({"/a", "/b"}), route({"/b", "/a"})},
         {"error: this route can never match: '/b' is covered by '/b' (line 10), '/a' is covered by '/a' (line 10)"}},
        {{route({"/a"}), route({"/a", "/b"})}, {"warning: a part of this route never matches: '/a' is covered by '/a' (line 10)"}},
        {{route({"/a"}), route({"/a/"}), route({"/a/*"})}, {}},
        {{route({"/a"}), route({"/a/x*"}), route({"/a", "/a/xy"})},
         {"error: this route can never match: '/a' is covered by '/a' (line 10), '/a/xy' is covered by '/a/x*' (line 11)"}},
    };
    for (const auto& [routes, expected] : cases) EXPECT_EQ(messages({site({""}, routes)}), expected) << routes[1].paths.size();
}

TEST(Faults, HostsNamedTwice) {
    auto second = site({"b.test", "a.test", ""}, {}, {0, 1});
    second.place.line = 7;
    auto third = site({"a.test", ""}, {}, {1, 0});
    third.place.file = "other.conf";
    EXPECT_EQ(messages({site({"a.test"}), second, third, site({"a.test", "*.a.test"}, {}, {2})}),
              (std::vector<std::string>{"error: the host 'a.test' is taken on this listener: by 'a.test' (line 0)",
                                        "error: the host 'a.test' is taken on this listener: by 'b.test' (weir.conf:7)",
                                        "error: its listener has a site for every other host already: by 'b.test' (weir.conf:7)"}));
}

TEST(Faults, BadRegexes) {
    using Kind = Condition::Kind;
    using Test = Condition::Test;
    const auto found =
        messages({site({""}, {route({"~a("}), route({"/*"}, {when(Kind::header, "A", Test::regex, {"["})}), route({"/*"})})});
    ASSERT_EQ(found.size(), 2U);
    EXPECT_TRUE(found[0].starts_with("error: the regex '~a(' does not compile: ")) << found[0];
    EXPECT_TRUE(found[1].starts_with("error: the regex '~[' does not compile: ")) << found[1];
}

TEST(Build, ThousandsOfNestedPrefixesDoNotEndTheStack) {
    SiteSpec deep = site({""});
    std::string path;
    for (int i = 0; i < 3000; ++i) {
        path += "/a";
        deep.routes.push_back({.paths = {{.kind = PathPattern::Kind::exact, .text = path}}, .conditions = {}, .name = "", .place = {}});
    }
    const auto table = built({deep});
    EXPECT_EQ(route_of(*table, path), 2999U);
    EXPECT_EQ(route_of(*table, path + "/a"), kNone);
}

// Random tables against the plain meaning of a table.
class World {
public:
    explicit World(std::uint64_t seed) : random_(seed) {
        const auto sites = 1 + random_.below(4);
        for (std::uint64_t i = 0; i < sites; ++i) sites_.push_back(random_site());
        std::vector<TableFault> faults;
        table_ = Table::build(sites_, faults);
        for (const auto& fault : faults)
            if (fault.is_error && fault.route != kNone && fault.message.starts_with("this route can never"))
                dead_.emplace_back(fault.site, fault.route);
    }

    void ask(std::uint64_t seed) {
        static constexpr const char* kHosts[] = {"", "a.test", "b.test", "x.a.test", "y.x.a.test", "c.test"};
        const auto path = random_path(random_.below(4));
        Asked asked(path, kHosts[random_.below(6)], static_cast<std::uint32_t>(random_.below(2)));
        if (random_.chance(0.5)) asked.request.method_name = "PUT";
        if (random_.chance(0.5)) asked.request.fields.add("X-A", "1");
        if (random_.chance(0.3)) asked.query.query = "q=2&r";
        const auto found = table_->find(asked.query, asked.arena);
        const auto expected = oracle::find(sites_, asked.query);
        // Of two sites with the same name the first has it; so says the oracle.
        ASSERT_EQ(found.site, expected.site) << seed;
        ASSERT_EQ(found.route, expected.route) << seed << " " << path;
        Trace trace;
        ASSERT_EQ(table_->find(asked.query, asked.arena, &trace).route, found.route);
        for (const auto& [site, route] : dead_) ASSERT_FALSE(found.site == site && found.route == route) << seed << " a dead route lives";
        const auto& routes = found.site == kNone ? kNoRoutes : sites_[found.site].routes;
        ASSERT_EQ(trace.steps.size(), found.route == kNone ? routes.size() : found.route + 1) << seed;
    }

private:
    static inline const std::vector<RouteSpec> kNoRoutes;

    std::string random_path(std::uint64_t segments) {
        static constexpr const char* kWords[] = {"a", "b", "ab", "x.png"};
        std::string path;
        for (std::uint64_t i = 0; i < segments; ++i) path += "/" + std::string(kWords[random_.below(4)]);
        return path.empty() || random_.chance(0.2) ? path + "/" : path;
    }

    PathPattern random_pattern() {
        const auto path = random_path(random_.below(4));
        switch (random_.below(9)) {
            case 0: return PathPattern::parse("/*");
            case 1: return PathPattern::parse("*.png");
            case 2: return PathPattern::parse("/*" + path);
            case 3: return PathPattern::parse(path + "*");
            case 4: return PathPattern::parse(path + "/*");
            case 5: return PathPattern::parse(path + "/*/b");
            case 6: return PathPattern::parse("~^" + path);
            case 7: return PathPattern::parse("~" + path + "$");
            default: return PathPattern::parse(path);
        }
    }

    RouteSpec random_route() {
        RouteSpec out;
        for (auto i = random_.below(3); i > 0; --i) out.paths.push_back(random_pattern());
        if (random_.chance(0.2)) out.conditions.push_back(method({"PUT"}));
        if (random_.chance(0.2))
            out.conditions.push_back(when(Condition::Kind::header, "X-A", Condition::Test::equals, {"1"}, random_.chance(0.5)));
        if (random_.chance(0.1)) out.conditions.push_back(when(Condition::Kind::query, "q", Condition::Test::glob, {"*2"}));
        return out;
    }

    SiteSpec random_site() {
        static constexpr const char* kHosts[] = {"", "a.test", "b.test", "*.a.test", "*.x.a.test", "*.test"};
        SiteSpec out;
        for (auto i = random_.below(3); i > 0; --i) out.hosts.emplace_back(kHosts[random_.below(6)]);
        out.listeners = {static_cast<std::uint32_t>(random_.below(2))};
        if (random_.chance(0.3)) out.listeners = {0, 1};
        for (auto i = random_.below(8); i > 0; --i) out.routes.push_back(random_route());
        return out;
    }

    Random random_;
    std::vector<SiteSpec> sites_;
    std::unique_ptr<const Table> table_;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> dead_;
};

TEST(Table, AgreesWithItsPlainMeaning) {
    for (std::uint64_t seed = 0; seed < 1500; ++seed) {
        World world(seed);
        for (int i = 0; i < 20; ++i) ASSERT_NO_FATAL_FAILURE(world.ask(seed));
    }
}

}  // namespace
}  // namespace weir::route
