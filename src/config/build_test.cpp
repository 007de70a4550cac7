// From text to the typed Snapshot.
#include "config/build.h"

#include <gtest/gtest.h>

#include "config/config.h"

namespace weir::config {
namespace {

using namespace std::chrono_literals;

// The snapshot of a text that has no fault.
class Built {
public:
    explicit Built(std::string text) : loaded_(load_text("weir.conf", std::move(text))) {
        EXPECT_TRUE(loaded_.report.is_fine()) << loaded_.report.text();
        if (!loaded_.snapshot) loaded_.snapshot = make_ref<proxy::Snapshot>();
    }
    const proxy::Snapshot* operator->() const { return loaded_.snapshot.raw(); }
    const proxy::RoutePlan& route(std::size_t site = 0, std::size_t route = 0) const {
        return loaded_.snapshot->sites.at(site).routes.at(route);
    }
    const upstream::GroupOptions& group(std::size_t index = 0) const { return loaded_.snapshot->group_options.at(index); }

private:
    Loaded loaded_;
};

void expect_same(const proxy::ClientLimits& a, const proxy::ClientLimits& b) {
    EXPECT_EQ(a.head.request_line_max, b.head.request_line_max);
    EXPECT_EQ(a.head.header_count_max, b.head.header_count_max);
    EXPECT_EQ(a.head.header_bytes_max, b.head.header_bytes_max);
    EXPECT_EQ(a.header_time, b.header_time);
    EXPECT_EQ(a.header_rate_min, b.header_rate_min);
    EXPECT_EQ(a.header_time_max, b.header_time_max);
    EXPECT_EQ(a.body_grace, b.body_grace);
    EXPECT_EQ(a.body_rate_min, b.body_rate_min);
    EXPECT_EQ(a.send_stall, b.send_stall);
    EXPECT_EQ(a.keep_alive_idle, b.keep_alive_idle);
    EXPECT_EQ(a.requests_per_connection, b.requests_per_connection);
    EXPECT_EQ(a.connections_max, b.connections_max);
    EXPECT_EQ(a.connections_per_client, b.connections_per_client);
    EXPECT_EQ(a.half_close_grace, b.half_close_grace);
    EXPECT_EQ(a.streams_per_connection, b.streams_per_connection);
}

TEST(Build, DefaultsOfTheSchemaAreThoseOfTheStructs) {
    const Built built("site :80 { proxy a:1 }");
    expect_same(built->listeners.at(0).limits, proxy::ClientLimits{});
    upstream::GroupOptions group;
    group.name = "a:1";
    group.servers.push_back({.at = {.host = "a", .port = 1, .path = {}}});
    EXPECT_EQ(built.group(), group);
    const proxy::RoutePlan plan;
    EXPECT_EQ(built.route().body_max, plan.body_max);
    EXPECT_EQ(built.route().timeouts.first_byte, plan.timeouts.first_byte);
    EXPECT_EQ(built.route().timeouts.between_bytes, plan.timeouts.between_bytes);
    EXPECT_EQ(built.route().timeouts.total, plan.timeouts.total);
    EXPECT_EQ(built.route().timeouts.tunnel_idle, plan.timeouts.tunnel_idle);
    EXPECT_EQ(built.route().takes_request_id, plan.takes_request_id);
    const proxy::ProxyPlan proxy;
    EXPECT_EQ(built.route().proxy->sends_request_id, proxy.sends_request_id);
    EXPECT_EQ(built.route().proxy->allows_upgrade, proxy.allows_upgrade);
    EXPECT_EQ(built.route().proxy->allows_connect, proxy.allows_connect);
    EXPECT_EQ(built.route().proxy->forwarded.x_forwarded, proxy.forwarded.x_forwarded);
    EXPECT_EQ(built.route().proxy->forwarded.rfc7239, proxy.forwarded.rfc7239);
    EXPECT_EQ(built->process.drain_max, proxy::ProcessPlan{}.drain_max);
    EXPECT_EQ(built->process.error_log_level, proxy::ProcessPlan{}.error_log_level);
    EXPECT_EQ(built->metrics.label_values_max, observe::MetricsOptions{}.label_values_max);
}

TEST(Build, Process) {
    const Built built(R"(workers 4 pin
user www-data adm
admin { socket /run/w.sock; metrics 127.0.0.1:9090; label_values 7 }
error_log /var/log/e.log { level warn; format json }
drain 1m
resolver 10.0.0.2 [::1]:5353
trusted_proxies 10.0.0.0/8
trusted_proxies ::1
site :80 { respond 200 })");
    EXPECT_EQ(built->process.workers.count, 4U);
    EXPECT_TRUE(built->process.workers.is_pinned);
    EXPECT_EQ(built->process.user, "www-data");
    EXPECT_EQ(built->process.group, "adm");
    EXPECT_EQ(built->process.admin.socket, "/run/w.sock");
    EXPECT_EQ(built->process.admin.metrics->text(), "127.0.0.1:9090");
    EXPECT_EQ(built->metrics.label_values_max, 7U);
    EXPECT_EQ(built->process.error_log, "/var/log/e.log");
    EXPECT_EQ(built->process.error_log_level, "warn");
    EXPECT_EQ(built->process.error_log_format, "json");
    EXPECT_EQ(built->process.drain_max, 1min);
    EXPECT_EQ(built->process.resolvers, (std::vector<std::string>{"10.0.0.2:53", "[::1]:5353"}));
    EXPECT_EQ(built->trusted_proxies.size(), 2U);
}

// What the URL alone does not choose is in the key; what it does is not.
TEST(Build, ScopesOfCaches) {
    const Built built(R"(site a.test b.test { listen 127.0.0.1:80
    tls off
    cache
    route /x { when header X-A 1; proxy 127.0.0.1:1 }
    route /y { when header X-A 2; proxy 127.0.0.1:1 }
    route /z { when header X-A 1; when method GET; proxy 127.0.0.1:1 }
    route /w { when method GET HEAD; proxy 127.0.0.1:1 }
    proxy 127.0.0.1:1
}
site c.test { listen 127.0.0.1:81; tls off; cache; proxy 127.0.0.1:1 }
site http://*.d.test:82 { cache; proxy 127.0.0.1:1 }
site http://x.d.test:83 { cache; proxy 127.0.0.1:1 }
site http://y.d.test:82 { cache; proxy 127.0.0.1:1 }
site http://z.d.test:84 { proxy 127.0.0.1:1 }
site http://*.z.d.test:85 { cache; proxy 127.0.0.1:1 })");
    const auto scope = [&](std::size_t site, std::size_t route = 0) { return built.route(site, route).cache->key.scope; };
    EXPECT_NE(scope(0, 0), "");
    EXPECT_NE(scope(0, 1), "");
    EXPECT_NE(scope(0, 0), scope(0, 1));
    EXPECT_EQ(scope(0, 0), scope(0, 2));
    EXPECT_EQ(scope(0, 3), "");
    EXPECT_EQ(scope(0, 4), "");
    EXPECT_EQ(scope(1), "");
    EXPECT_NE(scope(2), "");
    EXPECT_NE(scope(2), scope(3));
    EXPECT_EQ(scope(4), "") << "nobody else answers for it";
    EXPECT_NE(scope(6), "");
}

TEST(Build, CacheOfARoute) {
    const Built built(R"(cache main { stale while_revalidate 10s; stale tag a if_error 1h; early_hints learn }
site :80 {
    cache main {
        stale tag b keep_serving 2h
        stale tag a while_revalidate 5s
        ttl_default 7s
        min_uses 3
        type_check on
        refresh header X-Warm
        purge from 10.0.0.0/8 ::1
    }
    proxy 127.0.0.1:1
    route /moments { cache main { micro 3s; early_hints learn http1 }; proxy 127.0.0.1:1 }
    route /none { cache main { early_hints off; type_check off }; proxy 127.0.0.1:1 }
})");
    const auto& plan = *built->sites[0].routes.back().cache;
    EXPECT_EQ(plan.min_uses, 3U);
    EXPECT_TRUE(plan.policy.checks_type);
    EXPECT_FALSE(built->sites[0].routes[1].cache->policy.checks_type);
    EXPECT_EQ(plan.purgers.size(), 2U);
    EXPECT_EQ(plan.refresh.headers, std::vector<std::string>{"x-warm"});
    EXPECT_EQ(plan.early_hints, proxy::EarlyHints::to_http2);
    // The last line first; what it does not say is as for the others.
    ASSERT_EQ(plan.tag_graces.size(), 3U);
    EXPECT_EQ(plan.tag_graces[0].tag, "a");
    EXPECT_EQ(plan.tag_graces[0].policy.stale_while_revalidate, cache::Delta(5));
    EXPECT_EQ(plan.tag_graces[0].policy.stale_if_error, cache::Delta(0));
    EXPECT_EQ(plan.tag_graces[0].policy.ttl_default, cache::Delta(7));
    EXPECT_EQ(plan.tag_graces[1].tag, "b");
    EXPECT_EQ(plan.tag_graces[1].policy.stale_while_revalidate, cache::Delta(10));
    EXPECT_EQ(plan.tag_graces[1].policy.keep_serving, cache::Delta(7200));
    EXPECT_EQ(plan.tag_graces[2].policy.stale_if_error, cache::Delta(3600));
    const auto& moments = *built->sites[0].routes[0].cache;
    EXPECT_EQ(moments.policy.ttl_default, cache::Delta(3));
    EXPECT_EQ(moments.policy.heuristic_percent, 0U);
    EXPECT_EQ(moments.early_hints, proxy::EarlyHints::to_all);
    EXPECT_EQ(built->sites[0].routes[1].cache->early_hints, proxy::EarlyHints::off);
}

TEST(Build, Limits) {
    const Built built(R"(limits {
    request_line 4KiB
    header_count 50
    header_bytes 16KiB
    header_time 5s rate 1KiB/s max 20s
    body_rate off
    send_stall 30s
    keep_alive 15s
    requests 9
    connections 8
    connections_per_client 7
    half_close 3s
    streams 6
}
site :80 { respond 200 })");
    const auto& limits = built->listeners.at(0).limits;
    EXPECT_EQ(limits.head.request_line_max, 4096U);
    EXPECT_EQ(limits.head.header_count_max, 50U);
    EXPECT_EQ(limits.head.header_bytes_max, 16384U);
    EXPECT_EQ(limits.header_time, 5s);
    EXPECT_EQ(limits.header_rate_min, 1024U);
    EXPECT_EQ(limits.header_time_max, 20s);
    EXPECT_EQ(limits.body_rate_min, 0U);
    EXPECT_EQ(limits.send_stall, 30s);
    EXPECT_EQ(limits.keep_alive_idle, 15s);
    EXPECT_EQ(limits.requests_per_connection, 9U);
    EXPECT_EQ(limits.connections_max, 8U);
    EXPECT_EQ(limits.connections_per_client, 7U);
    EXPECT_EQ(limits.half_close_grace, 3s);
    EXPECT_EQ(limits.streams_per_connection, 6U);
}

TEST(Build, TlsAndProtocolOfAnUpstream) {
    const Built plain("site :80 { proxy http://a }");
    EXPECT_EQ(plain.group().tls, std::nullopt);
    EXPECT_EQ(plain.group().servers.at(0).at.text(), "a:80");
    const Built secure("site :80 { proxy https://a https://b:8443 }");
    EXPECT_EQ(secure.group().tls, tls::ClientOptions{});
    EXPECT_EQ(secure.group().servers.at(0).at.text(), "a:443");
    EXPECT_EQ(secure.group().servers.at(1).at.text(), "b:8443");
    const Built whole(
        "upstream a { server b:80 c:80; protocol h2 streams 7; tls { name D.Example; policy modern } }\nsite :80 { proxy a }");
    ASSERT_TRUE(whole.group().tls);
    EXPECT_EQ(whole.group().tls->server_name, "d.example");
    EXPECT_EQ(whole.group().tls->policy.version_min, tls::Version::tls13);
    EXPECT_EQ(whole.group().protocol, upstream::Protocol::h2);
    EXPECT_EQ(whole.group().streams_max, 7U);
    const Built of_one_client("upstream a { server https://b; proxy_protocol v2 }\nsite :80 { proxy a }");
    EXPECT_EQ(of_one_client.group().protocol, upstream::Protocol::h1);
}

TEST(Build, Upstream) {
    const Built built(R"(upstream shop {
    server 10.0.1.10:8080 10.0.1.11:8080 weight 3 max_connections 200
    server unix:/run/app.sock backup
    balance hash cookie sid bound 150%
    check HEAD /healthz every 5s timeout 2s expect 200 rise 1 fall 4 host App.internal
    eject after 3 failures for 30s up_to 1m max 20%
    queue 200 for 5s
    retry 2
    proxy_protocol v2
    keep_alive { idle 10s; max 16; requests 1000; ping 7s timeout 3s }
    timeout { connect 2s }
}
upstream next { like shop; server b:1; check off; keep_alive { max 4; ping off } }
site :80 { route /a { proxy shop }; route /b { proxy next } })");
    const auto& shop = built.group(0);
    ASSERT_EQ(shop.servers.size(), 3U);
    EXPECT_EQ(shop.servers[1].weight, 3);
    EXPECT_EQ(shop.servers[1].connections_max, 200U);
    EXPECT_TRUE(shop.servers[2].is_backup);
    EXPECT_EQ(shop.servers[2].at.path, "/run/app.sock");
    EXPECT_EQ(shop.balance.kind, upstream::BalanceOptions::Kind::hash);
    EXPECT_EQ(shop.balance.key, "$cookie{sid}");
    EXPECT_EQ(shop.balance.load_bound_percent, 150);
    EXPECT_EQ(shop.check.kind, upstream::CheckOptions::Kind::http);
    EXPECT_EQ(shop.check.method, "HEAD");
    EXPECT_EQ(shop.check.path, "/healthz");
    EXPECT_EQ(shop.check.host, "app.internal");
    EXPECT_EQ(shop.check.every, 5s);
    EXPECT_EQ(shop.check.status_from, 200);
    EXPECT_EQ(shop.check.status_to, 200);
    EXPECT_EQ(shop.check.fall, 4);
    EXPECT_EQ(shop.eject.failures, 3);
    EXPECT_EQ(shop.eject.time_max, 1min);
    EXPECT_EQ(shop.eject.share_max_percent, 20);
    EXPECT_EQ(shop.queue.waiting_max, 200U);
    EXPECT_EQ(shop.retries, 2);
    EXPECT_EQ(shop.proxy_protocol, upstream::ProxyProtocol::v2);
    EXPECT_EQ(shop.keep_alive.requests_max, 1000U);
    EXPECT_EQ(shop.keep_alive.ping_after, 7s);
    EXPECT_EQ(shop.keep_alive.ping_wait, 3s);
    EXPECT_EQ(shop.connect_timeout, 2s);
    const auto& next = built.group(1);
    ASSERT_EQ(next.servers.size(), 1U);
    EXPECT_EQ(next.servers[0].at.host, "b");
    EXPECT_EQ(next.check.kind, upstream::CheckOptions::Kind::none);
    EXPECT_EQ(next.keep_alive.connections_max, 4U);
    EXPECT_EQ(next.keep_alive.ping_after, 0s);
    EXPECT_EQ(next.keep_alive.idle, 10s);
    EXPECT_EQ(next.balance.key, "$cookie{sid}");
    EXPECT_EQ(built.route(0, 1).proxy->group, 1U);
}

TEST(Build, BalanceKinds) {
    using Kind = upstream::BalanceOptions::Kind;
    const auto balance = [](const std::string& words) {
        return Built("upstream a { server a:1; balance " + words + " }\nsite :80 { proxy a }").group().balance;
    };
    EXPECT_EQ(balance("round_robin").kind, Kind::round_robin);
    EXPECT_EQ(balance("least_connections").kind, Kind::least_connections);
    EXPECT_EQ(balance("random").kind, Kind::random_two);
    EXPECT_EQ(balance("hash client_ip").key, "$client_ip");
    EXPECT_EQ(balance("hash path").key, "$path");
    EXPECT_EQ(balance("hash header X-A").key, "$header{X-A}");
    EXPECT_EQ(balance("hash $host$path").key, "$host$path");
}

TEST(Build, ServersInTheProxyAreAGroupOnce) {
    const Built built("site :80 { route /a { proxy a:1 b:2 }; route /b { proxy a:1 b:2 }; route /c { proxy b:2 } }");
    EXPECT_EQ(built->group_options.size(), 2U);
    EXPECT_EQ(built.group(0).name, "a:1 b:2");
    EXPECT_EQ(built.route(0, 1).proxy->group, 0U);
    EXPECT_EQ(built.route(0, 2).proxy->group, 1U);
}

TEST(Build, SitesAndListeners) {
    const Built built(R"(site :8080 { respond 200 }
site http://localhost:8080 { respond 200 }
site http://b.example http://*.b.example { respond 200; canonical b.example }
site c.example { listen 127.0.0.1:81 unix:/run/w.sock; respond 200 }
site 127.0.0.1:81 { respond 200 }
trusted_proxies 10.0.0.0/8
site d.example { listen :82 proxy_protocol; respond 200 })");
    ASSERT_EQ(built->listeners.size(), 6U);
    EXPECT_EQ(built->listeners[0].at.text(), "[::]:8080");
    EXPECT_EQ(built->listeners[1].at.text(), "127.0.0.1:8080");
    EXPECT_EQ(built->listeners[2].at.text(), "[::]:80");
    EXPECT_EQ(built->listeners[3].at.text(), "127.0.0.1:81");
    EXPECT_EQ(built->listeners[4].at.path, "/run/w.sock");
    EXPECT_TRUE(built->listeners[5].accepts_proxy_protocol);
    EXPECT_EQ(built->sites.at(2).name, "http://b.example");
    EXPECT_EQ(built->sites.at(2).canonical->host, "b.example");
    EXPECT_EQ(built->sites.at(3).place.line, 4U);
}

TEST(Build, RoutesTakeOverWhatTheirSiteSays) {
    const Built built(R"(header response set A top
log combined /var/log/top.log
policy public { body max 2MiB; header response set B policy; timeout { first_byte 1s; tunnel 2h } }
site :80 {
    use public { header response set C addition }
    header response set D site
    timeout { tunnel 3h }
    proxy a:1
    log json /var/log/site.log
    route /all { body max 1MiB }
    route /own { reset header log; header response set E route; respond 204 }
    route /none { reset; redirect /x }
    route /off { log off }
})");
    const auto names = [](const proxy::RoutePlan& plan) {
        std::string out;
        for (const auto& edit : plan.response_headers) out += edit.name;
        return out;
    };
    EXPECT_EQ(names(built.route(0, 0)), "ABCD");
    EXPECT_EQ(built.route(0, 0).body_max, 1U << 20U);
    EXPECT_EQ(built.route(0, 0).timeouts.first_byte, 1s);
    EXPECT_EQ(built.route(0, 0).timeouts.tunnel_idle, 3h);
    EXPECT_EQ(built.route(0, 0).timeouts.between_bytes, 60s);
    EXPECT_TRUE(built.route(0, 0).proxy.has_value());
    EXPECT_EQ(built.route(0, 0).access_logs, (std::vector<std::uint32_t>{0, 1}));
    EXPECT_EQ(names(built.route(0, 1)), "E");
    EXPECT_FALSE(built.route(0, 1).proxy.has_value());
    EXPECT_EQ(built.route(0, 1).respond->status, 204);
    EXPECT_EQ(built.route(0, 1).body_max, 2U << 20U);
    EXPECT_TRUE(built.route(0, 1).access_logs.empty());
    EXPECT_EQ(names(built.route(0, 2)), "");
    EXPECT_EQ(built.route(0, 2).body_max, 0U);
    EXPECT_EQ(built.route(0, 2).redirect->status, 302);
    EXPECT_TRUE(built.route(0, 3).access_logs.empty());
    EXPECT_EQ(built->sites.at(0).routes.size(), 5U);
    EXPECT_EQ(built.route(0, 4).name, "*");
    EXPECT_EQ(names(built->fallback), "A");
    EXPECT_EQ(built->fallback.access_logs, (std::vector<std::uint32_t>{0}));
    EXPECT_EQ(built->access_logs.size(), 2U);
}

TEST(Build, WhatTheSiteSaysCountsMoreThanItsPolicies) {
    const Built built("policy p { body max 1MiB }\npolicy q { use p { body max 2MiB } }\nsite :80 { body max 3MiB; use q; proxy a:1; route "
                      "/q { reset; use q; proxy a:1 } }");
    EXPECT_EQ(built.route(0, 0).body_max, 2U << 20U);
    EXPECT_EQ(built.route(0, 1).body_max, 3U << 20U);
}

TEST(Build, PartsForTheOrigin) {
    const Built built(R"(site :80 {
    proxy a:1
    forwarded { x_forwarded off; rfc7239 on; real_ip on; hide client }
    host upstream
    via weir
    request_id off ignore_client
    upgrade off
    connect allow
    rewrite strip_prefix /api
    rewrite regex ~^/v([0-9]+)/(.*)$ /$2
    header request set X-Host $host
    header request remove Cookie Authorization
    paths { allow backslash encoded_nul; keep slashes }
    timeout 10s
})");
    const auto& plan = built.route();
    EXPECT_FALSE(plan.proxy->forwarded.x_forwarded);
    EXPECT_TRUE(plan.proxy->forwarded.rfc7239);
    EXPECT_TRUE(plan.proxy->forwarded.real_ip);
    EXPECT_TRUE(plan.proxy->forwarded.hides_client);
    EXPECT_EQ(plan.proxy->host.kind, proxy::HostChoice::Kind::upstream);
    EXPECT_EQ(plan.proxy->via, "weir");
    EXPECT_FALSE(plan.proxy->sends_request_id);
    EXPECT_FALSE(plan.takes_request_id);
    EXPECT_FALSE(plan.proxy->allows_upgrade);
    EXPECT_TRUE(plan.proxy->allows_connect);
    ASSERT_EQ(plan.proxy->rewrites.size(), 2U);
    EXPECT_EQ(plan.proxy->rewrites[0].from, "/api");
    EXPECT_EQ(plan.proxy->rewrites[1].regex.at(0).pattern(), "^/v([0-9]+)/(.*)$");
    ASSERT_EQ(plan.request_headers.size(), 3U);
    EXPECT_EQ(plan.request_headers[0].value.text(), "$host");
    EXPECT_EQ(plan.request_headers[2].kind, filter::HeaderEdit::Kind::remove);
    EXPECT_TRUE(plan.paths.allows(http::PathFault::backslash));
    EXPECT_TRUE(plan.paths.allows(http::PathFault::encoded_nul));
    EXPECT_FALSE(plan.paths.allows(http::PathFault::above_root));
    EXPECT_FALSE(plan.paths.merges_slashes);
    EXPECT_EQ(plan.timeouts.total, 10s);
}

std::string words_of(const std::optional<filter::Compress>& compress) {
    if (!compress) return "off";
    std::string out;
    for (const auto& offer : compress->offers)
        out.append(http::name_of(offer.coding)).append(" ").append(std::to_string(offer.level)).append(" ");
    out += std::to_string(compress->octets_min);
    for (const auto& type : compress->types) out.append(" ").append(type);
    return out + (compress->lets_origin_encode ? " encoded" : "");
}

TEST(Build, Compression) {
    const Built built(R"(compress { gzip 9; min 1KiB }
site :80 {
    proxy a:1
    route /outer { }
    route /bare { compress }
    route /off { compress off }
    route /more { compress { br 3; types Text/* application/*+json; origin encoded } }
    route /own { reset compress; compress { br off } }
    route /none { reset compress }
}
site :81 {
    compress off
    proxy a:1
    route /on { compress { zstd 1 } }
}
)");
    const auto& routes = built->sites[0].routes;
    constexpr std::string_view kWords[] = {"gzip 9 1024",       "gzip 9 1024", "off", "gzip 9 br 3 1024 text/* application/*+json encoded",
                                           "zstd 3 gzip 6 512", "off"};
    for (std::size_t i = 0; i < std::size(kWords); ++i) EXPECT_EQ(words_of(routes[i].compress), kWords[i]) << routes[i].name;
    EXPECT_EQ(words_of(built->sites[1].routes[0].compress), "gzip 9 zstd 1 1024");
    EXPECT_EQ(words_of(built->sites[1].routes[1].compress), "off");
}

TEST(Build, Answers) {
    const Built built(R"(site :80 {
    route /r { redirect 308 https://$host$uri }
    route /t { respond 503 "later, $client_ip" type text/html }
    respond 404
    error_page 502 503 body sorry
    route /p { proxy a:1; error_page 500-599 body "$status" type text/html }
})");
    EXPECT_EQ(built.route(0, 0).redirect->status, 308);
    EXPECT_EQ(built.route(0, 0).redirect->to.text(), "https://$host$uri");
    EXPECT_EQ(built.route(0, 1).respond->content_type, "text/html");
    EXPECT_EQ(built.route(0, 1).respond->body.text(), "later, $client_ip");
    const auto& pages = built.route(0, 2).error_pages;
    ASSERT_EQ(pages.size(), 2U);
    EXPECT_EQ(pages[0].statuses.size(), 100U);  // the route's own page comes first
    EXPECT_EQ(pages[1].statuses, (std::vector<std::uint16_t>{502, 503}));
}

TEST(Build, Logs) {
    const Built built(R"(site :80 {
    log json /var/log/a.log { sample 0.5%; keep status >= 500 }
    log "$host $status" stdout
    respond 200
})");
    ASSERT_EQ(built->access_logs.size(), 2U);
    EXPECT_EQ(built->access_logs[0].format, observe::AccessLogOptions::Format::json);
    EXPECT_EQ(built->access_logs[0].sample_per_million, 5'000U);
    EXPECT_EQ(built->access_logs[0].keep_status_from, 500);
    EXPECT_EQ(built->access_logs[1].format, observe::AccessLogOptions::Format::custom);
    EXPECT_EQ(built->access_logs[1].path, "stdout");
}

TEST(Build, ADigestChangesWithWhatIsInEffect) {
    const auto digest = [](const std::string& text) { return Built(text)->sites.at(0).digest; };
    const std::string policy = "policy p { body max 1MiB }\n";
    const auto one = digest(policy + "site :80 { use p; proxy a:1; route /x { when method GET } }");
    EXPECT_EQ(digest("# a comment\n\n" + policy + "site :80 {\n use p\n proxy a:1\n route /x { when method GET }\n}"), one);
    EXPECT_NE(digest("policy p { body max 2MiB }\nsite :80 { use p; proxy a:1; route /x { when method GET } }"), one);
    EXPECT_NE(digest(policy + "site :80 { use p; proxy a:1; route /x { when method PUT } }"), one);
    EXPECT_NE(digest(policy + "site :81 { use p; proxy a:1; route /x { when method GET } }"), one);
    EXPECT_NE(digest(policy + "host upstream\nsite :80 { use p; proxy a:1; route /x { when method GET } }"), one);
}

TEST(Build, NamesThatDoNotResolveAreWarnings) {
    const Options options{.environment = process_environment, .resolves = [](const std::string& host) { return host != "gone.internal"; }};
    const auto loaded = load_text(
        "weir.conf",
        "upstream a { server gone.internal:1 there.internal:1 10.0.0.1:1 }\nsite :80 { proxy a; route /b { proxy gone.internal:2 } }",
        options);
    EXPECT_EQ(loaded.report.text(),
              "weir.conf:1:21: warning: 'gone.internal' does not resolve now: the server starts as down and is retried\n");
    EXPECT_TRUE(static_cast<bool>(loaded.snapshot));
}

}  // namespace
}  // namespace weir::config
