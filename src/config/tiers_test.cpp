// Caches in front of the origin, the name in CDN-Loop, whose purges count: from text to plans.
#include <gtest/gtest.h>

#include "config/config.h"
#include "http/cdn_loop.h"
#include "proxy/snapshot.h"

namespace weir::config {
namespace {

const std::string kShield = "upstream shield { server 127.0.0.1:1 127.0.0.1:2 }\n";

Loaded built(const std::string& text) {
    auto loaded = load_text("weir.conf", text);
    EXPECT_TRUE(loaded.snapshot) << loaded.report.text();
    if (!loaded.snapshot) loaded.snapshot = make_ref<proxy::Snapshot>();
    return loaded;
}

const proxy::RoutePlan& route_of(const Loaded& loaded, std::size_t route = 0) { return loaded.snapshot->sites.at(0).routes.at(route); }

TEST(Tiers, AParentIsChosenByTheKeyAndLooksForLoops) {
    const auto loaded = built(kShield + R"(
cache main { parent upstream shield }
site :80 {
    cache main
    proxy 127.0.0.1:3
    route /a { cache main { parent off }; proxy 127.0.0.1:3 }
    route /b { cache main { parent upstream shield or error }; cdn_loop edge.example rounds 2; proxy 127.0.0.1:3 }
    route /c { cdn_loop off; proxy 127.0.0.1:3 }
    route /d { cache off; proxy 127.0.0.1:3 }
})");
    const auto& group = loaded.snapshot->group_options.at(0);
    EXPECT_EQ(group.balance.kind, upstream::BalanceOptions::Kind::hash);
    EXPECT_EQ(group.balance.key, "$cache_key");
    const auto& plain = loaded.snapshot->sites.at(0).fallback.cache ? loaded.snapshot->sites.at(0).fallback : route_of(loaded, 4);
    ASSERT_TRUE(plain.cache && plain.cache->parent.is_there());
    EXPECT_EQ(plain.cache->parent.group, 0U);
    EXPECT_TRUE(plain.cache->parent.may_be_passed);
    ASSERT_TRUE(plain.loop);
    EXPECT_TRUE(http::is_cdn_id(plain.loop->id) && plain.loop->id.starts_with("weir-") && !plain.loop->is_named) << plain.loop->id;
    EXPECT_FALSE(route_of(loaded, 0).cache->parent.is_there());
    EXPECT_FALSE(route_of(loaded, 0).loop);
    const auto& named = route_of(loaded, 1);
    EXPECT_FALSE(named.cache->parent.may_be_passed);
    EXPECT_EQ(named.loop->id, "edge.example");
    EXPECT_EQ(named.loop->rounds, 2U);
    EXPECT_TRUE(named.loop->is_named);
    EXPECT_TRUE(route_of(loaded, 2).cache->parent.is_there());
    EXPECT_FALSE(route_of(loaded, 2).loop);
    EXPECT_FALSE(route_of(loaded, 3).loop);
}

// One made up is the same each time, and another one where something else is listened on.
TEST(Tiers, TheNameThatIsMadeUp) {
    const auto id = [](const std::string& port) {
        return route_of(built("site 127.0.0.1:" + port + " { cdn_loop on; route /a { proxy 127.0.0.1:3 } }")).loop->id;
    };
    EXPECT_EQ(id("80"), id("80"));
    EXPECT_NE(id("80"), id("81"));
}

TEST(Tiers, ItsOwnHashStays) {
    const auto loaded = built("upstream shield { server 127.0.0.1:1; balance hash path bound 200% }\n"
                              "site :80 { cache { parent upstream shield }; proxy 127.0.0.1:3 }");
    EXPECT_EQ(loaded.snapshot->group_options.at(0).balance.key, "$path");
    EXPECT_EQ(loaded.snapshot->group_options.at(0).balance.load_bound_percent, 200U);
}

TEST(Tiers, WhosePurgesCount) {
    const auto loaded =
        built(kShield + "purges from 10.0.0.0/8 192.0.2.1\npurges from ::1\npurges to upstream shield\npurges to upstream shield\n"
                        "site :80 { proxy 127.0.0.1:3 }");
    EXPECT_EQ(loaded.snapshot->purgers.size(), 3U);
    EXPECT_EQ(loaded.snapshot->purged_edges, std::vector<std::uint32_t>{0});
}

TEST(Tiers, WhatIsWrong) {
    struct Row {
        std::string text, wanted;
    };
    const Row rows[] = {
        {"site :80 { cache { parent upstream nobody }; proxy 127.0.0.1:3 }", "no upstream is named 'nobody'"},
        {kShield + "site :80 { cache { parent upstream shield }; proxy shield }", "the parent of this cache is the origin itself"},
        {"upstream s { server 127.0.0.1:1; balance least_connections }\nsite :80 { cache { parent upstream s }; proxy 127.0.0.1:3 }",
         "the servers of 's' are not chosen by a key"},
        {"site :80 { cdn_loop \"a b\"; proxy 127.0.0.1:3 }", "'a b' can't be a name in CDN-Loop"},
        {"site :80 { header request remove CDN-Loop; proxy 127.0.0.1:3 }", "'CDN-Loop' can't be edited"},
        {"purges to upstream nobody\nsite :80 { proxy 127.0.0.1:3 }", "no upstream is named 'nobody'"},
    };
    for (const auto& row : rows) {
        const auto loaded = load_text("weir.conf", row.text);
        EXPECT_FALSE(loaded.snapshot) << row.text;
        EXPECT_TRUE(loaded.report.text().contains(row.wanted)) << loaded.report.text();
    }
}

}  // namespace
}  // namespace weir::config
