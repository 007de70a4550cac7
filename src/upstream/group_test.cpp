// Leases, pools and the queue in the simulated world: virtual time, in-memory connections.
#include "upstream/group.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>

#include "io/event.h"
#include "upstream/test_origin.h"

namespace weir::upstream {
namespace {

// A lease that is under way or has come.
struct Asked {
    std::optional<Result<Lease>> result;
    io::Stop stop;
    TimePoint ended{};
    Ref<Peer> picked;

    bool has_lease() const { return result && result->has_value(); }
    Lease& lease() { return **result; }
    ErrorCode error() const { return result->error().code; }
    void close() { result.reset(); }
};

io::Task<> ask(Ref<Group> group, Asked& asked, LeaseQuery query, TimePoint until) {
    query.picked = &asked.picked;
    auto lease = co_await group->lease(query, {until, &asked.stop});
    asked.ended = io::Worker::current().now();
    asked.result.emplace(std::move(lease));
}

class GroupTest : public testing::Test {
protected:
    ~GroupTest() override {
        asked_.clear();
        for (auto& origin : origins_) origin->stop();
        if (group_) group_->close_view(0);
        group_ = {};
        EXPECT_TRUE(world_.turn_until(
            [&] { return scope_.running() == 0 && std::ranges::all_of(origins_, [](auto& origin) { return origin->has_ended(); }); }));
        origins_.clear();
        EXPECT_TRUE(world_.turn_until([&] { return world_.sim().open_handles() == 0; })) << "sockets are left";
    }

    void make(GroupOptions options, const Group* before = nullptr) { group_ = make_ref<Group>(std::move(options), 1U, 1U, before); }
    Origin& origin(int number) {
        origins_.push_back(std::make_unique<Origin>(number));
        return *origins_.back();
    }
    Asked& begin(LeaseQuery query = {}, TimePoint until = kNever) {
        asked_.push_back(std::make_unique<Asked>());
        scope_.spawn(ask(group_, *asked_.back(), query, until));
        return *asked_.back();
    }
    Asked& finish(Asked& asked) {
        EXPECT_TRUE(world_.turn_until([&] { return asked.result.has_value(); }));
        return asked;
    }
    Asked& lease(LeaseQuery query = {}, TimePoint until = kNever) { return finish(begin(query, until)); }
    // Lets virtual time pass.
    void pass(Duration time) {
        const auto until = now() + time;
        while (now() < until) world_.worker().turn(until);
        world_.worker().turn(until);
    }
    // What is under way arrives.
    void settle() { pass(std::chrono::milliseconds(50)); }
    TimePoint now() { return world_.worker().now(); }
    // What is turned off must not be kept: each asked lease goes at once.
    static void keep(Asked& asked) {
        asked.lease().keep();
        asked.close();
    }
    std::string peer_of(Asked& asked) { return asked.lease().peer().name; }

    io::SimWorld world_{1, {.delay_max = 2ms, .short_write = 0}};
    io::Scope scope_;
    std::vector<std::unique_ptr<Origin>> origins_;
    std::vector<std::unique_ptr<Asked>> asked_;
    Ref<Group> group_;
};

TEST_F(GroupTest, AConnectionIsKeptAndLeasedAgain) {
    auto& there = origin(1);
    make(options_of({1}));
    EXPECT_FALSE(group_->try_lease({})) << "nothing idles yet";
    auto& first = lease();
    ASSERT_TRUE(first.has_lease());
    EXPECT_FALSE(first.lease().is_reused());
    EXPECT_EQ(first.lease().peer().active, 1U);
    EXPECT_EQ(first.picked, first.lease().peer_ref());
    keep(first);
    for (std::uint32_t i = 1; i <= 3; ++i) {
        auto again = group_->try_lease({});
        ASSERT_TRUE(again);
        EXPECT_TRUE(again.is_reused());
        EXPECT_EQ(again.requests_before(), i);
        EXPECT_EQ(again.peer().active, 1U);
        again.keep();
        EXPECT_FALSE(again);
    }
    auto& slow_way = lease();
    EXPECT_TRUE(slow_way.lease().is_reused());
    slow_way.close();
    settle();
    EXPECT_EQ(there.accepted(), 1U);
    EXPECT_EQ(group_->peers()[0]->active, 0U);
    EXPECT_FALSE(group_->try_lease({})) << "a lease that was not kept closed its connection";
}

TEST_F(GroupTest, TheLastUsedComesFirst) {
    origin(1);
    make(options_of({1}));
    auto& a = lease();
    auto& b = lease();
    const auto* stream_a = &a.lease().stream();
    const auto* stream_b = &b.lease().stream();
    keep(a);
    keep(b);
    auto first = group_->try_lease({});
    auto second = group_->try_lease({});
    EXPECT_EQ(&first.stream(), stream_b);
    EXPECT_EQ(&second.stream(), stream_a);
    EXPECT_FALSE(group_->try_lease({}));
}

TEST_F(GroupTest, ANewConnectionWhenAsked) {
    auto& there = origin(1);
    make(options_of({1}));
    keep(lease());
    EXPECT_FALSE(group_->try_lease({.wants_new_connection = true}));
    EXPECT_FALSE(lease({.wants_new_connection = true}).lease().is_reused());
    EXPECT_EQ(there.accepted(), 2U);
}

TEST_F(GroupTest, BoundsOfThePool) {
    auto& there = origin(1);
    auto options = options_of({1});
    options.keep_alive = {.idle = 60s, .connections_max = 2, .requests_max = 3};
    make(options);
    auto& a = lease();
    auto& b = lease();
    auto& c = lease();
    const auto* oldest = &a.lease().stream();
    keep(a);
    keep(b);
    keep(c);
    settle();
    EXPECT_EQ(there.accepted(), 3U);
    {
        auto one = group_->try_lease({});
        auto two = group_->try_lease({});
        ASSERT_TRUE(one && two);
        EXPECT_NE(&one.stream(), oldest);
        EXPECT_NE(&two.stream(), oldest);
        EXPECT_FALSE(group_->try_lease({}));
    }
    auto& used = lease();
    keep(used);
    for (int i = 0; i < 2; ++i) group_->try_lease({}).keep();
    EXPECT_FALSE(group_->try_lease({})) << "three requests were made on it";
}

TEST_F(GroupTest, IdleConnectionsEndInTime) {
    origin(1);
    auto options = options_of({1});
    options.keep_alive.idle = 10s;
    make(options);
    auto& a = lease();
    auto& b = lease();
    keep(a);
    pass(6s);
    keep(b);
    pass(5s);
    EXPECT_TRUE(group_->try_lease({})) << "the younger one still idles";
    EXPECT_FALSE(group_->try_lease({}));
}

TEST_F(GroupTest, IdleTimeIsCountedFromTheLastUse) {
    origin(1);
    auto options = options_of({1});
    options.keep_alive.idle = 10s;
    make(options);
    keep(lease());
    for (int i = 0; i < 10; ++i) {
        pass(6s);
        auto again = group_->try_lease({});
        ASSERT_TRUE(again) << i;
        again.keep();
    }
    pass(11s);
    EXPECT_FALSE(group_->try_lease({}));
}

TEST_F(GroupTest, AnySignOnAnIdleConnectionClosesIt) {
    auto& there = origin(1);
    make(options_of({1}));
    keep(lease());
    settle();
    there.close(0);
    settle();
    EXPECT_FALSE(group_->try_lease({})) << "the origin closed it";
    keep(lease());
    settle();
    there.send(1, "HTTP/1.1 408 Request Timeout\r\n\r\n");
    settle();
    EXPECT_FALSE(group_->try_lease({})) << "octets nobody asked for";
    keep(lease());
    settle();
    there.reset(2);
    settle();
    EXPECT_FALSE(group_->try_lease({})) << "a reset";
    keep(lease());
    settle();
    EXPECT_TRUE(group_->try_lease({}));
}

TEST_F(GroupTest, WhatCameWhileItWasLeasedIsNotKept) {
    auto& there = origin(1);
    make(options_of({1}));
    auto& a = lease();
    settle();
    there.send(0, "an answer that was not read to its end");
    settle();
    keep(a);
    EXPECT_FALSE(group_->try_lease({}));
    auto& b = lease();
    settle();
    there.close(1);
    settle();
    keep(b);
    EXPECT_FALSE(group_->try_lease({}));
}

TEST_F(GroupTest, AConnectionWithAProxyHeaderIsOfOneClient) {
    origin(1);
    auto options = options_of({1});
    options.proxy_protocol = ProxyProtocol::v2;
    make(options);
    keep(lease());
    EXPECT_FALSE(group_->try_lease({}));
}

TEST_F(GroupTest, ARefusedConnectSaysSoAndMayBeRetried) {
    make(options_of({1, 2}));
    auto& asked = lease();
    ASSERT_FALSE(asked.has_lease());
    EXPECT_EQ(asked.error(), ErrorCode::refused);
    EXPECT_EQ(asked.result->error().retry, Retry::yes);
    EXPECT_EQ(asked.result->error().side, Side::upstream);
    ASSERT_TRUE(asked.picked);
    EXPECT_EQ(asked.picked->failures_in_a_row, 1U);
    EXPECT_EQ(asked.picked->active, 0U);
    origin(1), origin(2);
    const auto tried = asked.picked;
    auto& next = lease({.tried = {&tried, 1}});
    EXPECT_NE(next.lease().peer_ref(), tried);
}

TEST_F(GroupTest, AConnectThatHangsEndsInTime) {
    world_.sim().set_port_faults(80, {.black_hole = 1});
    auto options = options_of({1});
    options.connect_timeout = 3s;
    make(options);
    const auto before = now();
    auto& asked = lease();
    EXPECT_EQ(asked.error(), ErrorCode::timeout);
    EXPECT_GE(asked.ended - before, 3s);
    EXPECT_LE(asked.ended - before, 4s);
    EXPECT_EQ(group_->peers()[0]->failures_in_a_row, 1U);
    auto& stopped = begin();
    stopped.stop.request();
    EXPECT_EQ(finish(stopped).error(), ErrorCode::cancelled);
    EXPECT_EQ(group_->peers()[0]->failures_in_a_row, 1U) << "a client that goes says nothing of the peer";
}

TEST_F(GroupTest, PeersThatFailAreLeftOut) {
    origin(2);
    make(options_of({1, 2}));
    int refused = 0;
    for (int i = 0; i < 40; ++i) {
        auto& asked = lease();
        if (!asked.has_lease()) ++refused;
        asked.close();
    }
    EXPECT_EQ(refused, 5) << "as many as it takes to eject it";
    EXPECT_FALSE(group_->peers()[0]->may_serve(now()));
}

TEST_F(GroupTest, ReportsEjectAndReadmit) {
    origin(1), origin(2);
    auto options = options_of({1, 2});
    options.eject = {.failures = 2, .share_max_percent = 100};
    make(options);
    for (int i = 0; i < 4; ++i) {
        auto& asked = lease();
        asked.lease().report(Outcome::failed);
        asked.lease().report(Outcome::failed);  // once counts
        asked.close();
    }
    EXPECT_FALSE(group_->peers()[0]->may_serve(now()));
    EXPECT_FALSE(group_->peers()[1]->may_serve(now()));
    // All are out: one at a time is on trial, each of them in turn.
    auto& trial = lease();
    auto& other = lease();
    EXPECT_EQ(lease().error(), ErrorCode::no_peer);
    EXPECT_NE(peer_of(trial), peer_of(other));
    trial.lease().report(Outcome::good);
    EXPECT_TRUE(trial.lease().peer().may_serve(now()));
    const auto readmitted = peer_of(trial);
    trial.close();
    other.close();
    EXPECT_EQ(peer_of(lease()), readmitted);
}

TEST_F(GroupTest, EveryPeerDownIsOneClearErrorAtOnce) {
    origin(1), origin(2);
    make(options_of({1, 2}));
    for (auto& peer : group_->peers()) peer->is_down = true;
    auto& asked = begin();
    ASSERT_TRUE(asked.result) << "at once";
    EXPECT_EQ(asked.error(), ErrorCode::no_peer);
    group_->peers()[1]->is_down = false;
    EXPECT_EQ(peer_of(lease()), "10.0.0.2:80");
}

TEST_F(GroupTest, PlacesWithoutAQueue) {
    origin(1);
    auto options = options_of({1});
    options.servers[0].connections_max = 2;
    make(options);
    auto& a = lease();
    auto& b = lease();
    EXPECT_EQ(lease().error(), ErrorCode::queue_full);
    keep(a);
    EXPECT_TRUE(lease().has_lease());
    EXPECT_TRUE(b.has_lease());
}

TEST_F(GroupTest, TheQueueIsFirstComeFirstServed) {
    origin(1);
    auto options = options_of({1});
    options.servers[0].connections_max = 1;
    options.queue = {.waiting_max = 3, .wait_max = 5s};
    make(options);
    auto& holder = lease();
    auto& a = begin();
    auto& b = begin();
    auto& c = begin();
    EXPECT_EQ(lease().error(), ErrorCode::queue_full);
    settle();
    EXPECT_FALSE(a.result || b.result || c.result);
    keep(holder);
    EXPECT_FALSE(group_->try_lease({})) << "not past those who wait";
    EXPECT_TRUE(finish(a).has_lease());
    EXPECT_TRUE(a.lease().is_reused());
    settle();
    EXPECT_FALSE(b.result);
    keep(a);
    EXPECT_TRUE(finish(b).has_lease());
    settle();
    EXPECT_FALSE(c.result);
    b.close();
    EXPECT_TRUE(finish(c).has_lease());
}

TEST_F(GroupTest, WaitingHasAnEnd) {
    origin(1);
    auto options = options_of({1});
    options.servers[0].connections_max = 1;
    options.queue = {.waiting_max = 10, .wait_max = 5s};
    make(options);
    auto& holder = lease();
    const auto before = now();
    auto& patient = begin();
    auto& hurried = begin({}, now() + 1s);
    auto& gone = begin();
    gone.stop.request();
    EXPECT_EQ(finish(gone).error(), ErrorCode::cancelled);
    EXPECT_EQ(finish(hurried).error(), ErrorCode::queue_timeout);
    EXPECT_LT(hurried.ended - before, 2s);
    EXPECT_EQ(finish(patient).error(), ErrorCode::queue_timeout);
    EXPECT_GE(patient.ended - before, 5s);
    EXPECT_LE(patient.ended - before, 6s);
    EXPECT_TRUE(holder.has_lease());
}

TEST_F(GroupTest, APlaceIsNotLostWithWhoGivesUp) {
    origin(1);
    auto options = options_of({1});
    options.servers[0].connections_max = 1;
    options.queue = {.waiting_max = 10, .wait_max = 5s};
    make(options);
    auto& holder = lease();
    auto& first = begin();
    auto& second = begin();
    // In one turn: the place comes free for the first, who is gone.
    holder.close();
    first.stop.request();
    EXPECT_TRUE(finish(second).has_lease());
    EXPECT_LT(second.ended - now(), 1s);
}

TEST_F(GroupTest, SeveralPlacesAtOnceServeSeveral) {
    origin(1);
    auto options = options_of({1});
    options.servers[0].connections_max = 3;
    options.queue = {.waiting_max = 10, .wait_max = 5s};
    make(options);
    auto& a = lease();
    auto& b = lease();
    auto& c = lease();
    auto& d = begin();
    auto& e = begin();
    auto& f = begin();
    for (auto* each : {&a, &b, &c}) keep(*each);
    world_.worker().turn(now());
    EXPECT_TRUE(d.has_lease() && e.has_lease() && f.has_lease());
    EXPECT_EQ(group_->peers()[0]->active, 3U);
}

TEST_F(GroupTest, AnOriginThatRestartsCostsNobodyARequest) {
    auto options = options_of({1});
    options.queue = {.waiting_max = 100, .wait_max = 5s};
    make(options);
    std::vector<Asked*> all;
    for (int i = 0; i < 20; ++i) all.push_back(&begin());
    pass(3s);
    for (auto* asked : all) EXPECT_FALSE(asked->result);
    origin(1);
    for (auto* asked : all) EXPECT_TRUE(finish(*asked).has_lease());
    EXPECT_LT(all.back()->ended - now(), 1s);
}

TEST_F(GroupTest, ASecondOriginIsFoundWhileTheFirstStaysAway) {
    auto options = options_of({1, 2});
    options.queue = {.waiting_max = 100, .wait_max = 5s};
    make(options);
    const auto peers = group_->peers();
    // As the walk does it: what was tried before is named.
    auto& asked = begin({.tried = {peers.data(), 1}});
    pass(1s);
    EXPECT_FALSE(asked.result);
    origin(1);
    EXPECT_TRUE(finish(asked).has_lease());
    EXPECT_EQ(peer_of(asked), "10.0.0.1:80");
}

TEST_F(GroupTest, WhoWasSentAwayIsTriedWhenAllOthersFail) {
    make(options_of({1, 2}));
    for (int i = 0; i < 12; ++i) lease().close();
    const auto peers = group_->peers();
    const bool is_first_out = !peers[0]->may_serve(now());
    ASSERT_NE(is_first_out, !peers[1]->may_serve(now())) << "one of them, never more than half of the group";
    const auto& refusing = peers[is_first_out ? 1 : 0];
    origin(is_first_out ? 1 : 2);
    auto& asked = lease({.tried = {&refusing, 1}});
    ASSERT_TRUE(asked.has_lease());
    EXPECT_EQ(peer_of(asked), peers[is_first_out ? 0 : 1]->name);
    asked.lease().report(Outcome::good);
    EXPECT_TRUE(asked.lease().peer().may_serve(now())) << "long before its ejection would have ended";
}

TEST_F(GroupTest, WhoWaitsInTheQueueFindsWhoWasSentAway) {
    auto options = options_of({1, 2});
    options.queue = {.waiting_max = 100, .wait_max = 5s};
    make(options);
    group_->peers()[0]->ejected_until = (now() + 60s).time_since_epoch().count();
    auto& asked = begin();
    pass(1s);
    EXPECT_FALSE(asked.result);
    origin(1);
    EXPECT_TRUE(finish(asked).has_lease());
    EXPECT_EQ(peer_of(asked), "10.0.0.1:80");
}

TEST_F(GroupTest, AQueueHoldsWhilePeersAreDown) {
    origin(1);
    auto options = options_of({1});
    options.queue = {.waiting_max = 1, .wait_max = 5s};
    make(options);
    group_->peers()[0]->is_down = true;
    auto& held = begin();
    EXPECT_EQ(lease().error(), ErrorCode::queue_full);
    pass(2s);
    EXPECT_FALSE(held.result);
    group_->peers()[0]->is_down = false;
    group_->wake_waiting();
    const auto before = now();
    EXPECT_TRUE(finish(held).has_lease());
    EXPECT_LT(held.ended - before, 20ms) << "told, not found out by looking now and then";
}

TEST_F(GroupTest, AddressesComeAndGo) {
    origin(1), origin(2), origin(3);
    auto options = options_of({1});
    options.servers[0].at = {.host = "shop.internal", .port = 80, .path = {}};
    make(options);
    const std::vector both{address_of(1), address_of(2)};
    group_->set_addresses(0, both);
    const auto before = group_->peers();
    ASSERT_EQ(before.size(), 2U);
    auto& a = lease();
    auto& b = lease();
    auto& c = lease();
    EXPECT_NE(peer_of(a), peer_of(b));
    auto& stays = peer_of(a) == "10.0.0.2:80" ? a : b;
    auto& goes = &stays == &a ? b : a;
    keep(c);
    const std::vector later{address_of(2), address_of(3)};
    group_->set_addresses(0, later);
    EXPECT_EQ(group_->peers()[0], before[1]) << "an address that stays keeps its peer";
    keep(stays);
    goes.lease().report(Outcome::good);
    keep(goes);  // of a peer that is gone: not kept
    std::vector<std::string> now_served;
    for (int i = 0; i < 4; ++i) now_served.push_back(peer_of(lease()));
    EXPECT_EQ(std::ranges::count(now_served, "10.0.0.1:80"), 0);
    EXPECT_EQ(std::ranges::count(now_served, "10.0.0.2:80"), 2);
    asked_.clear();
    group_->set_addresses(0, {});
    EXPECT_EQ(lease().error(), ErrorCode::unresolved);
}

TEST_F(GroupTest, RequestsWaitForTheFirstAnswerOfTheResolver) {
    origin(1);
    auto options = options_of({1});
    options.servers[0].at = {.host = "shop.internal", .port = 80, .path = {}};
    make(options);
    auto& early = begin();
    auto& hurried = begin({}, now() + 100ms);
    pass(1s);
    EXPECT_FALSE(early.result);
    EXPECT_EQ(hurried.error(), ErrorCode::unresolved);
    const std::vector addresses{address_of(1)};
    group_->set_addresses(0, addresses);
    EXPECT_TRUE(finish(early).has_lease());
}

TEST_F(GroupTest, ANameThatDoesNotResolveIsNotWaitedForTwice) {
    auto options = options_of({1});
    options.servers[0].at = {.host = "shop.internal", .port = 80, .path = {}};
    make(options);
    auto& early = begin();
    group_->set_unresolved(0);
    EXPECT_EQ(finish(early).error(), ErrorCode::unresolved);
    auto& later = begin();
    ASSERT_TRUE(later.result);
    EXPECT_EQ(later.error(), ErrorCode::unresolved);
}

TEST_F(GroupTest, AReloadTakesPeersOver) {
    origin(1);
    auto options = options_of({1, 2});
    make(options);
    const auto old = group_;
    old->peers()[0]->failures_in_a_row = 3;
    options.servers.push_back({.at = *net::HostPort::parse("10.0.0.3:80", 80)});
    options.servers[1].weight = 7;
    const auto renewed = make_ref<Group>(options, 1U, 1U, old.raw());
    EXPECT_EQ(renewed->peers()[0], old->peers()[0]);
    EXPECT_NE(renewed->peers()[1], old->peers()[1]) << "another weight is another peer";
    EXPECT_EQ(renewed->peers().size(), 3U);
}

TEST_F(GroupTest, AClosedViewKeepsNothingMore) {
    auto& there = origin(1);
    make(options_of({1}));
    auto& idle = lease();
    auto& held = lease();
    keep(idle);
    group_->close_view(0);
    EXPECT_FALSE(group_->try_lease({}));
    keep(held);
    settle();
    EXPECT_EQ(there.accepted(), 2U);
    EXPECT_EQ(world_.sim().open_handles(), 1U + 2U) << "only the origin's own ends";
}

TEST_F(GroupTest, ALeaseOutlivesItsGroup) {
    origin(1);
    make(options_of({1}));
    auto& tunnel = lease();
    group_ = {};
    settle();
    EXPECT_EQ(tunnel.lease().peer().active, 1U);
    tunnel.lease().report(Outcome::good);
    tunnel.close();
}

TEST_F(GroupTest, IdleConnectionsOutliveTheirGroupForTheirTimeOnly) {
    origin(1);
    make(options_of({1}));
    keep(lease());
    group_ = {};
    settle();
    EXPECT_EQ(world_.sim().open_handles(), 3U);
    pass(61s);
    EXPECT_EQ(world_.sim().open_handles(), 2U);
}

TEST_F(GroupTest, TheSameKeyGoesToTheSamePeer) {
    for (int i = 1; i <= 5; ++i) origin(i);
    auto options = options_of({1, 2, 3, 4, 5});
    options.balance = {.kind = BalanceOptions::Kind::hash, .key = "$client_ip"};
    make(options);
    Arena arena;
    http::Request request(arena);
    http::Facts facts{.request = &request};
    std::set<std::string> used;
    for (std::uint8_t client = 0; client < 40; ++client) {
        facts.client = {.family = net::Family::ipv4, .octets = {192, 0, 2, client}};
        auto& first = lease({.facts = &facts, .arena = &arena});
        const auto home = peer_of(first);
        keep(first);
        auto again = group_->try_lease({.facts = &facts, .arena = &arena});
        ASSERT_TRUE(again);
        EXPECT_EQ(again.peer().name, home);
        again.keep();
        used.insert(home);
    }
    EXPECT_EQ(used.size(), 5U);
}

TEST_F(GroupTest, ABadKeyIsRefusedWhenItIsMade) {
    auto options = options_of({1});
    options.balance = {.kind = BalanceOptions::Kind::hash, .key = "$no_such_thing"};
    EXPECT_THROW(make(options), std::invalid_argument);
}

// Worlds full of accidents: whatever happens, every lease ends, and nothing is left.
TEST(GroupWorlds, NothingIsLeftWhateverHappens) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        const io::SimFaults faults{.reset = 0.1, .refuse = 0.2, .black_hole = 0.05};
        io::SimWorld world(seed, faults);
        Random random(seed);
        Origin one(1);
        Origin two(2);
        auto options = options_of({1, 2, 3});
        options.servers[0].connections_max = 2;
        options.servers[2].is_backup = true;
        options.connect_timeout = 500ms;
        options.keep_alive = {.idle = 1s, .connections_max = 3, .requests_max = 20};
        options.queue = {.waiting_max = seed % 2 == 0 ? 8U : 0U, .wait_max = 1s};
        options.balance.kind = static_cast<BalanceOptions::Kind>(seed % 3);
        auto group = make_ref<Group>(options, 1U, seed, nullptr);
        io::Scope scope;
        std::vector<std::unique_ptr<Asked>> all;
        for (int step = 0; step < 200; ++step) {
            all.push_back(std::make_unique<Asked>());
            scope.spawn(ask(group, *all.back(), {}, world.worker().now() + 2s));
            world.worker().turn(world.worker().now() + Duration(static_cast<std::int64_t>(random.below(40'000'000))));
            auto& any = *all[random.below(all.size())];
            if (!any.result) any.stop.request();
            if (any.has_lease() && any.lease()) {
                any.lease().report(random.chance(0.5) ? Outcome::good : Outcome::failed);
                if (random.chance(0.8)) any.lease().keep();
                else any.close();
            }
            for (const auto& peer : group->peers())
                ASSERT_TRUE(peer->connections_max == 0 || peer->active <= peer->connections_max) << "seed " << seed;
        }
        ASSERT_TRUE(world.turn_until([&] { return scope.running() == 0; })) << "seed " << seed;
        all.clear();
        for (const auto& peer : group->peers()) EXPECT_EQ(peer->active, 0U) << "seed " << seed;
        group->close_view(0);
        group = {};
        one.stop(), two.stop();
        ASSERT_TRUE(world.turn_until([&] { return one.has_ended() && two.has_ended(); }));
    }
}

// Two workers on one thread, by turns: a place that comes free on one is taken by who waits on the other.
TEST(GroupWorkers, APlaceComesFreeOnAnotherWorker) {
    io::Worker first(std::make_unique<io::SimBackend>(1, io::SimFaults{}), 0, 1);
    io::Worker second(std::make_unique<io::SimBackend>(2, io::SimFaults{}), 1, 2);
    const auto on = [](io::Worker& worker, auto what) {
        worker.enter();
        what();
        worker.leave();
    };
    const auto turn = [&](io::Worker& worker) { on(worker, [&] { worker.turn(worker.now() + 1ms); }); };
    auto options = options_of({1});
    options.servers[0].connections_max = 1;
    options.queue = {.waiting_max = 10, .wait_max = 5s};
    auto group = make_ref<Group>(options, 2U, 1U, nullptr);
    std::optional<Origin> here;
    std::optional<Origin> there;
    io::Scope scope;
    Asked holder;
    Asked waiter;
    on(first, [&] {
        here.emplace(1);
        scope.spawn(ask(group, holder, {}, kNever));
    });
    for (int i = 0; i < 50 && !holder.result; ++i) turn(first);
    ASSERT_TRUE(holder.has_lease());
    on(second, [&] {
        there.emplace(1);
        scope.spawn(ask(group, waiter, {}, kNever));
    });
    for (int i = 0; i < 200; ++i) turn(second);
    ASSERT_FALSE(waiter.result) << "the limit holds over all workers";
    on(first, [&] { holder.close(); });
    const auto told = second.now();
    for (int i = 0; i < 100 && !waiter.result; ++i) turn(second);
    ASSERT_TRUE(waiter.has_lease());
    EXPECT_LT(waiter.ended - told, 20ms) << "told by the other worker";
    on(second, [&] {
        waiter.close();
        group->close_view(1);
        there->stop();
    });
    on(first, [&] {
        group->close_view(0);
        here->stop();
    });
    for (int i = 0; i < 20; ++i) turn(first), turn(second);
    on(second, [&] { there.reset(); });
    on(first, [&] { here.reset(); });
}

}  // namespace
}  // namespace weir::upstream
