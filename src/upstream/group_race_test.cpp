// Peers that do not take connections in time are not waited for alone. In the simulated world; a peer's port says how its connects go.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "http/h2/origin_for_test.h"
#include "net/connect.h"
#include "upstream/group.h"
#include "upstream/test_origin.h"

namespace weir::upstream {
namespace {

constexpr Duration kSoon = 20ms;  // what a connect takes at most, and more

net::Address at(std::uint16_t port) {
    auto address = address_of(1);
    address.port = port;
    return address;
}

struct Asked {
    std::optional<Result<Lease>> result;
    Duration took{};
    io::Stop stop;
    Ref<Peer> picked;

    std::uint16_t port() const { return result->has_value() ? (**result).peer().address.port : std::uint16_t{0}; }
};

io::Task<> ask(Ref<Group> group, Asked& asked, LeaseQuery query) {
    auto& worker = io::Worker::current();
    const auto begun = worker.now();
    query.picked = &asked.picked;
    auto lease = co_await group->lease(query, {kNever, &asked.stop});
    asked.took = worker.now() - begun;
    asked.result.emplace(std::move(lease));
}

class GroupRaceTest : public testing::Test {
protected:
    ~GroupRaceTest() override {
        asked_.clear();
        for (auto& origin : origins_) origin->stop();
        if (h2_ != nullptr) h2_->stop();
        group_->close_view(0);
        group_ = {};
        EXPECT_TRUE(world_.turn_until([&] { return scope_.running() == 0 && (h2_ == nullptr || h2_->has_ended()); }));
        EXPECT_TRUE(world_.turn_until([&] { return std::ranges::all_of(origins_, [](auto& origin) { return origin->has_ended(); }); }));
        origins_.clear();
        h2_.reset();
        EXPECT_EQ(world_.sim().open_handles(), 0U) << "sockets are left";
    }
    Origin& answers(std::uint16_t port) { return *origins_.emplace_back(std::make_unique<Origin>(at(port))); }
    Origin& hangs(std::uint16_t port) {
        world_.sim().set_port_faults(port, {.black_hole = 1});
        return answers(port);
    }
    static GroupOptions options(std::initializer_list<std::uint16_t> ports) {
        GroupOptions options{.name = "shop"};
        for (const auto port : ports) options.servers.push_back({.at = *net::HostPort::parse(at(port).text(), 80)});
        return options;
    }
    void make(GroupOptions options) { group_ = make_ref<Group>(std::move(options), 1U, 1U); }
    Asked& begin(LeaseQuery query = {}) {
        asked_.push_back(std::make_unique<Asked>());
        scope_.spawn(ask(group_, *asked_.back(), query));
        return *asked_.back();
    }
    Asked& lease(LeaseQuery query = {}) {
        auto& asked = begin(query);
        EXPECT_TRUE(world_.turn_until([&] { return asked.result.has_value(); }));
        return asked;
    }
    void pass(Duration time) {
        const auto until = world_.worker().now() + time;
        while (world_.worker().now() < until) world_.worker().turn(until);
        world_.worker().turn(until);
    }
    Peer& peer(std::uint16_t port) {
        for (const auto& one : group_->peers())
            if (one->address.port == port) return *one;
        std::abort();
    }

    io::SimWorld world_{1, {.delay_max = 2ms, .short_write = 0}};
    io::Scope scope_;
    std::vector<std::unique_ptr<Origin>> origins_;
    std::unique_ptr<http::h2::TestOrigin> h2_;
    std::vector<std::unique_ptr<Asked>> asked_;
    Ref<Group> group_;
};

TEST_F(GroupRaceTest, AnotherPeerIsTriedBesideOneThatIsSilent) {
    hangs(81);
    answers(82);
    make(options({81, 82}));
    for (int i = 0; i < 2; ++i) {
        auto& asked = lease();
        EXPECT_EQ(asked.port(), 82);
        EXPECT_TRUE(asked.took < kSoon || (asked.took >= net::kHeadStart && asked.took < net::kHeadStart + kSoon));
    }
    EXPECT_EQ(peer(81).outrun, 1U) << "it was one's turn";
    EXPECT_EQ(peer(82).outrun, 0U);
    EXPECT_EQ(peer(81).active, 0U);
    EXPECT_EQ(peer(82).active, 2U);
}

TEST_F(GroupRaceTest, AsManyAsNeededOneAfterTheOther) {
    hangs(81), hangs(82), hangs(83);
    answers(84);
    make(options({81, 82, 83, 84}));
    for (int i = 0; i < 4; ++i) {
        auto& asked = lease();
        EXPECT_EQ(asked.port(), 84);
        EXPECT_LT(asked.took, 3 * (net::kHeadStart + kSoon));
    }
}

TEST_F(GroupRaceTest, AnIdleConnectionIsTakenInsteadOfANewOne) {
    hangs(81);
    auto& quick = answers(82);
    make(options({81, 82}));
    while (peer(81).outrun < 1) ASSERT_EQ(lease().port(), 82);
    for (auto& asked : asked_) (**asked->result).keep();
    asked_.clear();
    const auto accepted = quick.accepted();
    while (peer(81).outrun < 2) {
        auto& asked = lease();
        ASSERT_EQ(asked.port(), 82);
        EXPECT_TRUE((**asked.result).is_reused());
        (**asked.result).keep();
        asked.result.reset();
    }
    EXPECT_EQ(quick.accepted(), accepted);
}

TEST_F(GroupRaceTest, WhatWasOutrunIsThereForTheNext) {
    auto& slow = answers(81);
    auto& quick = answers(82);
    world_.sim().set_port_faults(81, {.delay_max = 2s});
    make(options({81, 82}));
    while (peer(81).outrun == 0) ASSERT_EQ(lease().port(), 82);
    asked_.clear();
    pass(3s);
    const auto accepted = slow.accepted() + quick.accepted();
    EXPECT_EQ(slow.accepted(), 1U);
    EXPECT_EQ(lease({.wants_new_connection = true}).port() + lease({.wants_new_connection = true}).port(), 81 + 82);
    EXPECT_EQ(slow.accepted() + quick.accepted(), accepted + 1) << "the slow one's connection was ready";
}

TEST_F(GroupRaceTest, WhatIsNotUsedSoonIsClosed) {
    answers(81);
    answers(82);
    world_.sim().set_port_faults(81, {.delay_max = 2s});
    make(options({81, 82}));
    while (peer(81).outrun == 0) ASSERT_EQ(lease().port(), 82);
    const auto open = world_.sim().open_handles();
    pass(Spares::kReadyTime + 3s);
    EXPECT_LT(world_.sim().open_handles(), open + 1) << "the origin's end stays, ours is closed";
}

TEST_F(GroupRaceTest, OneThatNeverAnswersIsLeftOut) {
    hangs(81);
    answers(82);
    auto plan = options({81, 82});
    plan.eject.failures = 1;
    make(std::move(plan));
    while (peer(81).outrun == 0) ASSERT_EQ(lease().port(), 82);
    EXPECT_EQ(peer(81).ejections, 0U);
    pass(group_->options().connect_timeout + kSoon);
    EXPECT_EQ(peer(81).ejections, 1U);
    EXPECT_EQ(peer(82).ejections, 0U);
}

TEST_F(GroupRaceTest, WhenNobodyAnswersTheTimeEndsIt) {
    hangs(81), hangs(82);
    auto plan = options({81, 82});
    plan.eject = {.failures = 1, .share_max_percent = 100};
    make(std::move(plan));
    auto& asked = lease();
    ASSERT_FALSE(asked.result->has_value());
    EXPECT_EQ(asked.result->error().code, ErrorCode::timeout);
    EXPECT_EQ(asked.result->error().retry, Retry::yes);
    EXPECT_GE(asked.took, group_->options().connect_timeout);
    EXPECT_EQ(peer(81).ejections + peer(82).ejections, 2U);
}

TEST_F(GroupRaceTest, ARefusalIsTheRetrysBusiness) {
    answers(82);
    make(options({81, 82}));
    int refused = 0;
    for (int i = 0; i < 2; ++i) {
        auto& asked = lease();
        EXPECT_LT(asked.took, kSoon);
        if (asked.port() != 0) continue;
        EXPECT_EQ(asked.picked->address.port, 81);
        ++refused;
    }
    EXPECT_EQ(refused, 1);
}

TEST_F(GroupRaceTest, WhoBelongsToAPeerWaitsForIt) {
    hangs(81);
    answers(82);
    auto plan = options({81, 82});
    plan.balance = {.kind = BalanceOptions::Kind::hash, .key = "same"};
    make(std::move(plan));
    http::Facts facts;
    Arena arena;
    auto& asked = lease({.facts = &facts, .arena = &arena});
    if (asked.port() != 82) EXPECT_GE(asked.took, group_->options().connect_timeout);
    EXPECT_EQ(peer(81).outrun, 0U);
}

TEST_F(GroupRaceTest, ABackupDoesNotRaceWithOthers) {
    hangs(81);
    answers(82);
    auto plan = options({81, 82});
    plan.servers[1].is_backup = true;
    make(std::move(plan));
    auto& asked = lease();
    ASSERT_FALSE(asked.result->has_value());
    EXPECT_EQ(asked.result->error().code, ErrorCode::timeout);
}

TEST_F(GroupRaceTest, WhoIsStoppedLeavesNothing) {
    hangs(81), hangs(82);
    make(options({81, 82}));
    auto& asked = begin();
    pass(net::kHeadStart + kSoon);
    asked.stop.request();
    EXPECT_TRUE(world_.turn_until([&] { return asked.result.has_value(); }));
    EXPECT_EQ(asked.result->error().code, ErrorCode::cancelled);
    EXPECT_EQ(world_.sim().open_handles(), 2U) << "listeners";
    EXPECT_EQ(peer(81).active + peer(82).active, 0U);
}

TEST_F(GroupRaceTest, ManyThatWaitForOneConnectionGoTogether) {
    hangs(81);
    h2_ = std::make_unique<http::h2::TestOrigin>(at(82), http::h2::OriginSession::Options{});
    auto plan = options({81, 82});
    plan.protocol = Protocol::h2c;
    make(std::move(plan));
    for (int i = 0; i < 20; ++i) begin();
    EXPECT_TRUE(world_.turn_until([&] { return scope_.running() == 0; }));
    for (auto& asked : asked_) {
        EXPECT_EQ(asked->port(), 82);
        EXPECT_LT(asked->took, net::kHeadStart + 2 * kSoon);
    }
    EXPECT_EQ(h2_->sessions.size(), 1U);
    EXPECT_EQ(peer(82).active, 20U);
}

TEST(GroupRaceWorlds, NothingIsLeftWhateverHappens) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        SCOPED_TRACE(seed);
        io::SimWorld world(seed, {.delay_max = 400ms, .reset = 0.02, .refuse = 0.2, .black_hole = 0.3});
        std::vector<std::unique_ptr<Origin>> origins;
        GroupOptions options{.name = "shop", .connect_timeout = 2s, .protocol = seed % 2 == 0 ? Protocol::h1 : Protocol::h2c};
        options.keep_alive.idle = 1s;
        for (std::uint16_t port = 81; port < 85; ++port) {
            origins.push_back(std::make_unique<Origin>(at(port)));
            options.servers.push_back({.at = *net::HostPort::parse(at(port).text(), 80)});
        }
        auto group = make_ref<Group>(std::move(options), 1U, seed);
        std::vector<std::unique_ptr<Asked>> asked;
        io::Scope scope;
        for (int i = 0; i < 12; ++i) {
            asked.push_back(std::make_unique<Asked>());
            scope.spawn(ask(group, *asked.back(), {}));
            if (i % 4 == 0) world.worker().turn(world.worker().now() + 100ms);
            if (i % 5 == 0) asked.back()->stop.request();
        }
        ASSERT_TRUE(world.turn_until([&] { return scope.running() == 0; }));
        for (auto& one : asked)
            if (*one->result && seed % 3 == 0) (**one->result).keep();
        asked.clear();
        for (const auto& peer : group->peers()) ASSERT_EQ(peer->active, 0U);
        group->close_view(0);
        for (auto& origin : origins) origin->stop();
        ASSERT_TRUE(world.turn_until([&] { return std::ranges::all_of(origins, [](auto& origin) { return origin->has_ended(); }); }));
        origins.clear();
        group = {};
        ASSERT_EQ(world.sim().open_handles(), 0U);
    }
}

}  // namespace
}  // namespace weir::upstream
