// Names, health checks and reloads in the simulated world.
#include "upstream/upstreams.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "io/event.h"
#include "upstream/test_origin.h"

namespace weir::upstream {
namespace {

// Answers at once, or after `delay`, what the test wrote down; names it does not know do not resolve.
class FakeResolver final : public net::Resolver {
public:
    io::Task<Result<net::Resolution>> resolve(std::string name, io::Deadline deadline) override {
        asked[name].push_back(io::Worker::current().now());
        if (delay != Duration::zero()) {
            const auto slept = co_await io::sleep_until(io::Worker::current().now() + delay, deadline.stop);
            if (!slept) co_return std::unexpected(slept.error());
        }
        const auto found = known.find(name);
        if (found == known.end()) co_return fail(ErrorCode::unresolved, Side::upstream, "no such name", Retry::yes);
        co_return found->second;
    }
    io::Task<> close() override { co_return; }

    void set(const std::string& name, std::initializer_list<int> numbers, Duration ttl) {
        net::Resolution resolution{.addresses = {}, .ttl = ttl};
        for (const int number : numbers) resolution.addresses.push_back(address_of(number).ip);
        known[name] = std::move(resolution);
    }

    std::map<std::string, net::Resolution> known;
    std::map<std::string, std::vector<TimePoint>> asked;
    Duration delay{};
};

GroupOptions named(std::string group, std::initializer_list<std::string> hosts) {
    GroupOptions options{.name = std::move(group)};
    for (const auto& host : hosts) options.servers.push_back({.at = {.host = host, .port = 80, .path = {}}});
    return options;
}

std::string names_of(const Group& group) {
    std::string all;
    for (const auto& peer : group.peers()) all += peer->name.substr(0, peer->name.find(':')) + ' ';
    return all;
}

io::Task<> end(Upstreams& upstreams) { co_await upstreams.stop(); }

class UpstreamsTest : public testing::Test {
protected:
    ~UpstreamsTest() override {
        groups_.clear();
        for (auto& [number, origin] : origins_) origin->stop();
        EXPECT_TRUE(world_.run(end(upstreams_)));
        EXPECT_TRUE(world_.turn_until([&] { return std::ranges::all_of(origins_, [](auto& each) { return each.second->has_ended(); }); }));
    }

    Origin& origin(int number) { return *(origins_[number] = std::make_unique<Origin>(number)); }
    void fall_silent(int number) {
        origins_[number]->stop();
        EXPECT_TRUE(world_.turn_until([&] { return origins_[number]->has_ended(); }));
        origins_.erase(number);
    }
    const Group& make(const GroupOptions& options) {
        groups_ = upstreams_.find_or_make({&options, 1});
        return *groups_[0];
    }
    void pass(Duration time) {
        const auto until = now() + time;
        while (now() < until) world_.worker().turn(until);
        world_.worker().turn(until);
    }
    TimePoint now() { return world_.worker().now(); }

    io::SimWorld world_{1, {.delay_max = 2ms, .short_write = 0}};
    FakeResolver resolver_;
    Upstreams upstreams_{1, resolver_, 1};
    std::map<int, std::unique_ptr<Origin>> origins_;
    std::vector<Ref<Group>> groups_;
};

TEST_F(UpstreamsTest, ANameIsManyPeersAndFollowsItsTtl) {
    resolver_.set("shop", {1, 2}, 5s);
    const auto& group = make(named("g", {"shop"}));
    pass(1ms);
    EXPECT_EQ(names_of(group), "10.0.0.1 10.0.0.2 ");
    const auto second = group.peers()[1];
    resolver_.set("shop", {2, 3}, 5s);
    pass(4s);
    EXPECT_EQ(resolver_.asked["shop"].size(), 1U) << "not before the TTL is over";
    pass(3s);
    EXPECT_EQ(names_of(group), "10.0.0.2 10.0.0.3 ");
    EXPECT_EQ(group.peers()[0], second);
}

TEST_F(UpstreamsTest, TtlsAreBounded) {
    resolver_.set("fast", {1}, 0s);
    resolver_.set("slow", {1}, 24h);
    make(named("g", {"fast", "slow"}));
    pass(11s);
    EXPECT_GE(resolver_.asked["fast"].size(), 9U);
    EXPECT_LE(resolver_.asked["fast"].size(), 12U);
    EXPECT_EQ(resolver_.asked["slow"].size(), 1U);
    pass(6min);
    EXPECT_EQ(resolver_.asked["slow"].size(), 2U);
}

TEST_F(UpstreamsTest, ADeadResolverKeepsTheLastAnswer) {
    resolver_.set("shop", {1, 2}, 1s);
    const auto& group = make(named("g", {"shop"}));
    pass(1ms);
    resolver_.known.clear();
    pass(10min);
    EXPECT_EQ(names_of(group), "10.0.0.1 10.0.0.2 ");
    const auto& asked = resolver_.asked["shop"];
    EXPECT_LE(asked.size(), 30U) << "with back-off";
    EXPECT_LE(asked.back() - asked[asked.size() - 2], 34s);
    resolver_.set("shop", {3}, 1s);
    pass(40s);
    EXPECT_EQ(names_of(group), "10.0.0.3 ");
}

TEST_F(UpstreamsTest, ANameThatDoesNotResolveAtFirstIsRetried) {
    const auto& group = make(named("g", {"later", "10.0.0.9"}));
    pass(1ms);
    EXPECT_EQ(names_of(group), "10.0.0.9 ");
    resolver_.set("later", {1}, 60s);
    pass(3s);
    EXPECT_EQ(names_of(group), "10.0.0.1 10.0.0.9 ");
}

TEST_F(UpstreamsTest, ADistinctNameIsAskedForOnce) {
    resolver_.set("shop", {1}, 60s);
    resolver_.delay = 100ms;
    const std::vector all{named("a", {"shop"}), named("b", {"shop", "shop"}), named("c", {"10.0.0.7"})};
    groups_ = upstreams_.find_or_make(all);
    EXPECT_EQ(upstreams_.names(), 1U);
    pass(1s);
    EXPECT_EQ(resolver_.asked["shop"].size(), 1U);
    EXPECT_EQ(names_of(*groups_[0]), "10.0.0.1 ");
    // One that comes later has the answer at once.
    const auto late = named("d", {"shop"});
    EXPECT_EQ(names_of(*upstreams_.find_or_make({&late, 1})[0]), "10.0.0.1 ");
}

TEST_F(UpstreamsTest, AReloadSharesWhatIsEqual) {
    const std::vector before{named("a", {"10.0.0.1"}), named("b", {"10.0.0.2"})};
    groups_ = upstreams_.find_or_make(before);
    upstreams_.keep_only(groups_);
    auto after = before;
    after[1].retries = 3;
    const auto renewed = upstreams_.find_or_make(after);
    EXPECT_EQ(renewed[0], groups_[0]);
    EXPECT_NE(renewed[1], groups_[1]);
    EXPECT_EQ(renewed[1]->peers()[0], groups_[1]->peers()[0]) << "with its state";
    EXPECT_EQ(upstreams_.size(), 3U);
    upstreams_.keep_only(renewed);
    EXPECT_EQ(upstreams_.size(), 2U);
}

TEST_F(UpstreamsTest, WhatIsNotInUseIsLeftAlone) {
    resolver_.set("shop", {1}, 1s);
    auto options = named("a", {"shop"});
    options.check = {.kind = CheckOptions::Kind::tcp};
    make(options);
    pass(1ms);
    EXPECT_EQ(upstreams_.names(), 1U);
    EXPECT_EQ(upstreams_.checks(), 1U);
    upstreams_.keep_only({});
    EXPECT_EQ(upstreams_.names(), 0U);
    EXPECT_EQ(upstreams_.checks(), 0U);
    const auto asked = resolver_.asked["shop"].size();
    pass(1min);
    EXPECT_EQ(resolver_.asked["shop"].size(), asked);
}

TEST_F(UpstreamsTest, StoppingEndsWhatIsUnderWay) {
    resolver_.delay = 1h;
    auto options = named("a", {"shop", "10.0.0.1"});
    options.check = {.kind = CheckOptions::Kind::tcp};
    world_.sim().set_port_faults(80, {.black_hole = 1});
    make(options);
    pass(1500ms);
    // The fixture stops it: nothing hangs, nothing is left.
}

GroupOptions checked(std::initializer_list<int> servers, CheckOptions check) {
    auto options = options_of(servers);
    options.check = std::move(check);
    return options;
}

TEST_F(UpstreamsTest, TcpChecksFallAndRise) {
    origin(1);
    const auto& group = make(checked({1}, {.kind = CheckOptions::Kind::tcp, .every = 1s, .timeout = 500ms, .rise = 2, .fall = 3}));
    const auto peer = group.peers()[0];
    EXPECT_TRUE(peer->may_serve(now())) << "trusted until it fails";
    pass(10s);
    EXPECT_TRUE(peer->may_serve(now()));
    EXPECT_GE(origins_[1]->accepted(), 9U);
    EXPECT_LE(origins_[1]->accepted(), 12U);
    fall_silent(1);
    pass(2100ms);
    EXPECT_TRUE(peer->may_serve(now())) << "two failures are not three";
    pass(1300ms);
    EXPECT_FALSE(peer->may_serve(now()));
    EXPECT_EQ(peer->downs, 1U);
    origin(1);
    pass(900ms);
    EXPECT_FALSE(peer->may_serve(now())) << "one success is not two";
    pass(1300ms);
    EXPECT_TRUE(peer->may_serve(now()));
}

TEST_F(UpstreamsTest, HttpChecksLookAtTheStatus) {
    struct Row {
        std::string answer;
        bool is_good;
    };
    const Row rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", true},
        {"HTTP/1.1 204 No Content\r\n\r\n", true},
        {"HTTP/1.0 302 Found\r\nLocation: /\r\n\r\n", true},
        {"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true},
        {"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", false},
        {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", false},
        {"HTTP/1.1 100 Continue\r\n\r\n", false},
        {"SSH-2.0-OpenSSH_9.2\r\n", false},
        {"HTTP/1.1 200 OK\r\n", false},
        {"HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", false},
        {"", false},
    };
    int number = 0;
    for (const auto& row : rows) {
        ++number;
        origin(number).answer_with(row.answer);
        const auto options = checked({number}, {.kind = CheckOptions::Kind::http, .every = 1s, .timeout = 500ms, .rise = 1, .fall = 1});
        const auto group = upstreams_.find_or_make({&options, 1})[0];
        pass(3s);
        EXPECT_EQ(group->peers()[0]->may_serve(now()), row.is_good) << row.answer.substr(0, 60);
    }
}

TEST_F(UpstreamsTest, WhatAnHttpCheckSays) {
    auto& there = origin(1);
    auto options = named("g", {"shop.internal"});
    options.servers[0].at.port = 80;
    resolver_.set("shop.internal", {1}, 60s);
    options.check = {.kind = CheckOptions::Kind::http, .method = "HEAD", .path = "/healthz?full=1", .every = 1min};
    options.proxy_protocol = ProxyProtocol::v1;
    make(options);
    pass(3s);
    EXPECT_EQ(there.heard(),
              "PROXY UNKNOWN\r\nHEAD /healthz?full=1 HTTP/1.1\r\nHost: shop.internal\r\nUser-Agent: weir-check\r\nAccept: */*\r\n"
              "Connection: close\r\n\r\n");
}

TEST_F(UpstreamsTest, AnEqualTargetIsCheckedOnce) {
    auto& there = origin(1);
    const CheckOptions check{.kind = CheckOptions::Kind::tcp, .every = 1s};
    std::vector all{checked({1}, check), checked({1}, check), checked({1}, check)};
    all[0].name = "a", all[1].name = "b", all[2].name = "c";
    all[2].check.every = 2s;
    groups_ = upstreams_.find_or_make(all);
    EXPECT_EQ(upstreams_.checks(), 2U);
    pass(10s);
    EXPECT_LE(there.accepted(), 12U + 6U);
    fall_silent(1);
    pass(10s);
    for (const auto& group : groups_) EXPECT_FALSE(group->peers()[0]->may_serve(now())) << group->options().name;
    // One that joins knows what is known.
    auto late = checked({1}, check);
    late.name = "d";
    EXPECT_FALSE(upstreams_.find_or_make({&late, 1})[0]->peers()[0]->may_serve(now()));
}

TEST_F(UpstreamsTest, AReloadKeepsWhatChecksKnow) {
    const CheckOptions check{.kind = CheckOptions::Kind::tcp, .every = 1s};
    auto options = checked({1}, check);
    make(options);
    upstreams_.keep_only(groups_);
    pass(5s);
    ASSERT_FALSE(groups_[0]->peers()[0]->may_serve(now()));
    options.check.every = 3s;
    make(options);
    upstreams_.keep_only(groups_);
    EXPECT_FALSE(groups_[0]->peers()[0]->may_serve(now()));
    options.check = {};
    make(options);
    upstreams_.keep_only(groups_);
    EXPECT_TRUE(groups_[0]->peers()[0]->may_serve(now())) << "nobody checks it any more";
}

TEST_F(UpstreamsTest, APeerThatLeavesIsCheckedNoMore) {
    resolver_.set("shop", {1, 2}, 1s);
    auto options = named("g", {"shop"});
    options.check = {.kind = CheckOptions::Kind::tcp, .every = 1s};
    make(options);
    pass(1ms);
    EXPECT_EQ(upstreams_.checks(), 2U);
    resolver_.set("shop", {2, 3, 4}, 1s);
    pass(2s);
    EXPECT_EQ(upstreams_.checks(), 3U);
}

TEST(CheckState, RisesAndFalls) {
    struct Row {
        std::string_view results;  // '+' good, '-' bad
        std::string_view states;   // 'u' up, 'd' down, after each
    };
    const CheckOptions options{.rise = 2, .fall = 3};
    for (const auto& row :
         {Row{"---", "uud"}, Row{"--+---", "uuuuud"}, Row{"---++", "uuddu"}, Row{"---+-++", "uuddddu"}, Row{"+++", "uuu"}}) {
        CheckState state;
        std::string states;
        for (const char result : row.results) {
            const bool was_up = state.is_up();
            EXPECT_EQ(state.take(result == '+', options), was_up != state.is_up());
            states += state.is_up() ? 'u' : 'd';
        }
        EXPECT_EQ(states, row.states) << row.results;
    }
}

}  // namespace
}  // namespace weir::upstream
