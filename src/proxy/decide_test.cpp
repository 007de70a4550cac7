// Decisions asked for as text: the real configuration can't be read here (its room is above), so a Snapshot is put together by hand.
#include "proxy/decide.h"

#include <gtest/gtest.h>

#include <string>

#include "http/h1/parser.h"

namespace weir::proxy {
namespace {

class DecideTest : public testing::Test {
protected:
    DecideTest() {
        add_site("shop.test", {"/api/*", "/a/b", "/*"});
        add_site("*.wild.test", {"/*"});
        snapshot_.fallback.name = "none";
    }

    void add_site(const std::string& host, const std::vector<std::string>& routes) {
        route::SiteSpec spec{.hosts = {host}, .listeners = {0}, .routes = {}, .name = host, .place = {}};
        SitePlan plan;
        plan.name = host;
        for (const auto& route : routes) {
            spec.routes.push_back({.paths = {route::PathPattern::parse(route)}, .conditions = {}, .name = route, .place = {}});
            plan.routes.emplace_back();
            plan.routes.back().name = route;
        }
        specs_.push_back(std::move(spec));
        snapshot_.sites.push_back(std::move(plan));
    }

    Decision ask(const std::string& target, const std::string& host = "shop.test") {
        if (!snapshot_.table) {
            std::vector<route::TableFault> faults;
            snapshot_.table = route::Table::build(specs_, faults);
            EXPECT_TRUE(faults.empty());
        }
        request_.target = arena_.copy(target);
        return decide(snapshot_, {.listener = 0, .request = &request_, .authority = arena_.copy(host), .client = {}}, arena_);
    }

    RoutePlan& route(std::size_t index) { return snapshot_.sites[0].routes[index]; }

    Arena arena_;
    http::Request request_{arena_};
    Snapshot snapshot_;
    std::vector<route::SiteSpec> specs_;
};

TEST_F(DecideTest, TheFirstRouteThatMatches) {
    EXPECT_EQ(ask("/api/x").route->name, "/api/*");
    EXPECT_EQ(ask("/apix").route->name, "/*");
    EXPECT_EQ(ask("/x", "SHOP.test:8080").site->name, "shop.test") << "the host without its port and case";
    EXPECT_EQ(ask("/x", "deep.wild.test").site->name, "*.wild.test");
}

TEST_F(DecideTest, ASiteThatLeadsToHttpsHasTheRoutesOfTheOther) {
    add_site("plain.test", {"/api/*", "/a/b", "/*"});
    snapshot_.sites.back().to_https = filter::ToHttps{};
    snapshot_.sites.back().served_by = 0;
    snapshot_.sites.back().routes.clear();
    const auto decision = ask("/api/x", "plain.test");
    EXPECT_EQ(decision.site->name, "plain.test");
    EXPECT_EQ(decision.route, &route(0));
}

TEST_F(DecideTest, ByTheNormalisedPathWhileTheRawOneStays) {
    const auto decision = ask("/x/../%61pi//y%2Fz?q=1");
    EXPECT_EQ(decision.route->name, "/api/*");
    EXPECT_EQ(decision.target.path, "/api/y%2Fz");
    EXPECT_EQ(decision.target.raw_path, "/x/../%61pi//y%2Fz");
    EXPECT_EQ(decision.target.query, "q=1");
}

TEST_F(DecideTest, NoSiteIs421) {
    const auto decision = ask("/", "other.test");
    ASSERT_TRUE(decision.is_refused);
    EXPECT_EQ(decision.refusal.code, ErrorCode::misdirected);
    EXPECT_EQ(decision.route->name, "none");
}

TEST_F(DecideTest, FaultyPathsAreRefusedUnlessTheRouteAllowsThem) {
    for (const char* path : {"/api/%00", "/api/%0a", "/api/%zz", "/api/\\x", "/../x"}) {
        const auto decision = ask(path);
        EXPECT_TRUE(decision.is_refused) << path;
        EXPECT_EQ(decision.refusal.code, ErrorCode::malformed) << path;
    }
    route(0).paths.allowed = 1U << static_cast<unsigned>(http::PathFault::backslash);
    EXPECT_FALSE(ask("/api/\\x").is_refused);
    EXPECT_TRUE(ask("/other/\\x").is_refused) << "only that route allows it";
    EXPECT_TRUE(ask("/api/\\x%00").is_refused) << "and only that fault";
}

TEST_F(DecideTest, KeptSlashesAreAnotherPath) {
    EXPECT_EQ(ask("/a//b").route->name, "/a/b");
    for (auto& plan : snapshot_.sites[0].routes) plan.paths.merges_slashes = false;
    EXPECT_EQ(ask("/a//b").route->name, "/*");
    EXPECT_EQ(ask("/a//b").target.path, "/a//b");
    EXPECT_EQ(ask("/a/b").route->name, "/a/b");
}

}  // namespace
}  // namespace weir::proxy
