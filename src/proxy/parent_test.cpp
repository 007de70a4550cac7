#include "proxy/parent.h"

#include <gtest/gtest.h>

#include "proxy/parent_words.h"
#include "proxy/snapshot.h"

namespace weir::proxy {
namespace {

TEST(Parent, WhatGoesThere) {
    struct Row {
        http::Method method;
        std::string_view key;
        bool has_parent, goes;
    };
    using M = http::Method;
    const Row rows[] = {
        {M::get, "http://a/", true, true}, {M::head, "http://a/", true, true}, {M::get, "http://a/", false, false},
        {M::get, "", true, false},  // it passes by
        {M::post, "", true, true},         {M::del, "", true, true},           {M::other, "", true, true},
        {M::post, "", false, false},       {M::options, "", true, false},      {M::connect, "", true, false},
    };
    for (const auto& row : rows) {
        Arena arena;
        http::Request request(arena);
        request.method = row.method;
        http::Facts facts;
        facts.cache_key = row.key;
        RoutePlan route;
        EXPECT_FALSE(goes_to_parent(route, request, facts));
        route.cache.emplace();
        if (row.has_parent) route.cache->parent.group = 1;
        EXPECT_EQ(goes_to_parent(route, request, facts), row.goes) << name_of(row.method) << row.key;
    }
}

struct Told {
    std::string host, authority, forwarded_host, proto, address;
};

Told told(std::string_view host, std::string_view decided, http::Scheme scheme, bool is_trusted, const ProxyPlan& plan = {}) {
    Arena arena;
    http::Request came(arena), sent(arena);
    came.authority = arena.copy(host);
    came.host = arena.copy(host.substr(0, host.find(':')));
    sent.authority = came.authority;
    for (auto* request : {&came, &sent}) {
        request->fields.add(http::FieldId::host, came.authority);
        request->fields.add(http::FieldId::x_forwarded_proto, "https, http");
        request->fields.add(http::FieldId::x_forwarded_for, "192.0.2.1");
        request->fields.add(http::FieldId::x_forwarded_host, "a.example, b.example");
    }
    http::Facts facts;
    facts.request = &came;
    facts.host = decided;
    facts.scheme = scheme;
    facts.is_peer_trusted = is_trusted;
    facts.connection_peer = *net::Ip::parse("192.0.2.9");
    address_to_parent(plan, facts, sent);
    using Id = http::FieldId;
    return {.host = std::string(sent.fields.value(Id::host)),
            .authority = std::string(sent.authority),
            .forwarded_host = std::string(sent.fields.joined(Id::x_forwarded_host)),
            .proto = std::string(sent.fields.joined(Id::x_forwarded_proto)),
            .address = std::string(sent.fields.joined(Id::x_forwarded_for))};
}

TEST(Parent, HearsWhatWasDecided) {
    auto one = told("shop.example:8080", "shop.example", http::Scheme::http, false);
    EXPECT_EQ(one.host, "shop.example:8080");
    EXPECT_EQ(one.forwarded_host, "shop.example:8080");
    EXPECT_EQ(one.proto, "http");
    EXPECT_EQ(one.address, "192.0.2.9");
    // Somebody in front whom we trust has told of another host.
    one = told("inside:8080", "shop.example", http::Scheme::https, true);
    EXPECT_EQ(one.host, "shop.example");
    EXPECT_EQ(one.authority, "shop.example");
    EXPECT_EQ(one.forwarded_host, "shop.example");
    EXPECT_EQ(one.proto, "https");
    EXPECT_EQ(one.address, "192.0.2.1, 192.0.2.9");
    one = told("inside", "2001:db8::1", http::Scheme::https, true);
    EXPECT_EQ(one.host, "[2001:db8::1]");
}

// The key depends on it: it is told though the origin is not to know.
TEST(Parent, HearsOfTheSchemeInAnyCase) {
    ProxyPlan plan;
    plan.forwarded.x_forwarded = false;
    plan.forwarded.hides_client = true;
    const auto one = told("shop.example", "shop.example", http::Scheme::https, false, plan);
    EXPECT_EQ(one.proto, "https");
    EXPECT_EQ(one.address, "");
}

TEST(Parent, IsNamedToPeople) {
    Snapshot snapshot;
    auto& group = snapshot.group_options.emplace_back();
    group.name = "shield";
    group.servers.push_back({.at = {.host = "127.0.0.1", .port = 1}});
    group.servers.push_back({.at = {.host = "127.0.0.1", .port = 2}});
    group.balance.kind = upstream::BalanceOptions::Kind::hash;
    group.balance.key = "$cache_key";
    const auto words = words_of_parent(snapshot, {.group = 0}, "http://shop.example/a\nb");
    EXPECT_TRUE(words == "shield: 127.0.0.1:1 by its key, then 127.0.0.1:2; else the origin" ||
                words == "shield: 127.0.0.1:2 by its key, then 127.0.0.1:1; else the origin")
        << words;
    EXPECT_FALSE(words_of_parent(snapshot, {.group = 0, .may_be_passed = false}, "http://shop.example/a").contains("origin"));
    group.balance.key = "$path";
    EXPECT_EQ(words_of_parent(snapshot, {.group = 0}, "k"), "shield: one of 2 by hash of $path; else the origin");
}

}  // namespace
}  // namespace weir::proxy
