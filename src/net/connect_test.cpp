#include "net/connect.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/test_world.h"
#include "net/listener.h"

namespace weir::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

using Connected = std::optional<Result<std::unique_ptr<Stream>>>;

io::Task<> connect_one(Address to, io::Deadline deadline, Connected& outcome) { outcome = co_await connect(to, deadline); }
io::Task<> race(std::vector<Address> to, io::Deadline deadline, Connected& outcome) { outcome = co_await connect_any(to, deadline); }

class ConnectTest : public ::testing::Test {
protected:
    static Address at(std::uint16_t port) { return *Address::parse("10.0.0.1:" + std::to_string(port)); }

    Address answers(std::uint16_t port) {
        listeners_.push_back(std::make_unique<io::Socket>(*listen(at(port), {})));
        return at(port);
    }
    Address hangs(std::uint16_t port) {
        world_.sim().set_port_faults(port, {.black_hole = 1});
        return answers(port);
    }
    Address is_slow(std::uint16_t port, Duration delay) {
        world_.sim().set_port_faults(port, {.delay_max = delay});
        return answers(port);
    }

    // The port that the winner is connected to; 0 for an error.
    std::uint16_t run_race(std::vector<Address> to, io::Deadline deadline = {}) {
        outcome_.reset();
        begun_ = world_.worker().now();
        EXPECT_TRUE(world_.run(race(std::move(to), deadline, outcome_)));
        took_ = world_.worker().now() - begun_;
        if (!*outcome_) return 0;
        io::SystemAddress local;
        for (auto& listener : listeners_) {
            io::SystemAddress peer;
            const auto accepted = world_.sim().accept(listener->handle(), peer);
            if (accepted.handle == io::kNoHandle) continue;
            world_.sim().local_address(accepted.handle, local);
            const io::Socket closes(accepted.handle);
        }
        const auto address = Address::from(reinterpret_cast<const sockaddr*>(&local.storage), local.octets);
        return address.port;
    }

    io::SimWorld world_;
    std::vector<std::unique_ptr<io::Socket>> listeners_;
    Connected outcome_;
    TimePoint begun_;
    Duration took_{};
};

TEST_F(ConnectTest, ConnectsAndSaysWhyNot) {
    EXPECT_TRUE(world_.run(connect_one(answers(80), {}, outcome_)));
    EXPECT_TRUE(outcome_->has_value());
    EXPECT_TRUE((*outcome_)->get()->readiness().may_write());
    outcome_.reset();

    EXPECT_TRUE(world_.run(connect_one(at(81), {}, outcome_)));
    EXPECT_EQ(outcome_->error().code, ErrorCode::refused);
    EXPECT_EQ(outcome_->error().side, Side::upstream);
    EXPECT_EQ(outcome_->error().retry, Retry::yes);

    EXPECT_TRUE(world_.run(connect_one(hangs(82), {world_.worker().now() + seconds(3), nullptr}, outcome_)));
    EXPECT_EQ(outcome_->error().code, ErrorCode::timeout);
    EXPECT_EQ(outcome_->error().retry, Retry::yes);

    io::Stop stop;
    stop.request();
    EXPECT_TRUE(world_.run(connect_one(at(82), {kNever, &stop}, outcome_)));
    EXPECT_EQ(outcome_->error().code, ErrorCode::cancelled);
    EXPECT_EQ(world_.sim().open_handles(), 2U + 1U) << "two listeners, and the accepted side of the first, not taken yet";
}

TEST_F(ConnectTest, AnAddressThatCanNotBeExpressedIsAnError) {
    Address address;
    address.path = std::string(200, 'x');
    EXPECT_TRUE(world_.run(connect_one(address, {}, outcome_)));
    EXPECT_EQ(outcome_->error().code, ErrorCode::unreachable);
}

TEST_F(ConnectTest, TheFirstRefusesTheSecondHangsTheThirdAnswers) {
    const std::vector<Address> to{at(79), hangs(81), answers(82)};
    EXPECT_EQ(run_race(to), 82);
    EXPECT_GE(took_, kHeadStart) << "the one that hangs has its head start";
    EXPECT_LT(took_, 2 * kHeadStart);
    outcome_.reset();
    world_.worker().run();
    EXPECT_EQ(world_.sim().open_handles(), 2U) << "the losers are closed";
}

TEST_F(ConnectTest, AnAnswerInTimeStartsNobodyElse) {
    const std::vector<Address> to{answers(80), answers(81)};
    EXPECT_EQ(run_race(to), 80);
    EXPECT_LE(took_, milliseconds(12));
}

TEST_F(ConnectTest, ARefusalStartsTheNextAtOnce) {
    std::vector<Address> to;
    for (std::uint16_t port = 100; port < 110; ++port) to.push_back(at(port));
    to.push_back(answers(80));
    EXPECT_EQ(run_race(to), 80);
    EXPECT_LT(took_, kHeadStart);
}

TEST_F(ConnectTest, TheSlowOneMayStillWin) {
    const std::vector<Address> to{is_slow(80, milliseconds(600)), hangs(81)};
    EXPECT_EQ(run_race(to), 80);
}

TEST_F(ConnectTest, WhenAllRefuseTheErrorSaysSo) {
    EXPECT_EQ(run_race({at(100), at(101), at(102)}), 0);
    EXPECT_EQ(outcome_->error().code, ErrorCode::refused);
    EXPECT_EQ(outcome_->error().retry, Retry::yes);
    EXPECT_EQ(world_.sim().open_handles(), 0U);
}

TEST_F(ConnectTest, NoAddressIsUnresolved) {
    EXPECT_EQ(run_race({}), 0);
    EXPECT_EQ(outcome_->error().code, ErrorCode::unresolved);
}

TEST_F(ConnectTest, WhenAllHangTheTimeEndsItAndNoMoreThanAFewAreTried) {
    std::vector<Address> to;
    for (std::uint16_t port = 100; port < 120; ++port) to.push_back(hangs(port));
    const auto at = world_.worker().now() + seconds(30);
    EXPECT_EQ(run_race(to, {at, nullptr}), 0);
    EXPECT_EQ(outcome_->error().code, ErrorCode::timeout);
    EXPECT_LE(world_.worker().now(), at + milliseconds(3));
    EXPECT_EQ(world_.sim().open_handles(), listeners_.size());
}

TEST_F(ConnectTest, ADeadlineWithinTheHeadStartIsATimeoutNotACancellation) {
    EXPECT_EQ(run_race({hangs(80), answers(81)}, {world_.worker().now() + milliseconds(100), nullptr}), 0);
    EXPECT_EQ(outcome_->error().code, ErrorCode::timeout);
    EXPECT_LE(took_, milliseconds(103)) << "the second is not started after the time";
}

TEST_F(ConnectTest, AStopEndsTheRaceWithItsReason) {
    for (const bool is_early : {true, false}) {
        io::Stop stop;
        if (is_early) stop.request(ErrorCode::draining);
        outcome_.reset();
        io::Scope scope;
        scope.spawn(race({hangs(is_early ? 80 : 90), hangs(is_early ? 81 : 91)}, {kNever, &stop}, outcome_));
        if (!is_early) world_.worker().turn(world_.worker().now() + milliseconds(300));
        stop.request(ErrorCode::draining);
        EXPECT_TRUE(world_.turn_until([&] { return scope.running() == 0; }));
        EXPECT_EQ(outcome_->error().code, ErrorCode::draining);
    }
    EXPECT_EQ(world_.sim().open_handles(), listeners_.size());
}

TEST_F(ConnectTest, AnyWorldEndsWithOneWinnerOrAnErrorAndNothingOpen) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        io::SimWorld world(seed, {.delay_max = milliseconds(400), .idle_edge = 0.2, .refuse = 0.3, .black_hole = 0.3});
        std::vector<Address> to;
        std::vector<std::unique_ptr<io::Socket>> listeners;
        for (std::uint16_t port = 100; port < 106; ++port) {
            to.push_back(at(port));
            if (port % 3 != 0) listeners.push_back(std::make_unique<io::Socket>(*listen(at(port), {})));
        }
        Connected outcome;
        const auto deadline = world.worker().now() + milliseconds(900);
        ASSERT_TRUE(world.run(race(to, {deadline, nullptr}, outcome)));
        ASSERT_LE(world.worker().now(), deadline + milliseconds(3));
        if (*outcome) ASSERT_EQ(world.sim().connect_error(static_cast<SocketStream&>(**outcome.value()).socket().handle()), 0);
        outcome.reset();
        listeners.clear();
        ASSERT_EQ(world.sim().open_handles(), 0U) << "seed " << seed;
    }
}

TEST(ConnectRealTest, ReachesTcpAndUnixSocketsOverLoopback) {
    for (const auto* text : {"127.0.0.1:0", "[::1]:0", "unix:@weir_connect_test"}) {
        io::EpollWorld world;
        Listener listener(*listen(*Address::parse(text), {}));
        Connected outcome;
        EXPECT_TRUE(world.run(connect_one(listener.local(), {}, outcome))) << text;
        EXPECT_TRUE(outcome->has_value()) << text;
    }
}

TEST(ConnectRealTest, SaysWhenThereIsNoSocketOrNoRoomInItsBacklog) {
    io::EpollWorld world;
    Connected outcome;
    EXPECT_TRUE(world.run(connect_one(*Address::parse("unix:/nowhere/at.all"), {}, outcome)));
    EXPECT_EQ(outcome->error().code, ErrorCode::refused);

    const Listener full(*listen(*Address::parse("unix:@weir_connect_full"), {.backlog = 1}));
    std::vector<Connected> connected(10);
    for (auto& one : connected) EXPECT_TRUE(world.run(connect_one(*Address::parse("unix:@weir_connect_full"), {}, one)));
    EXPECT_TRUE(connected.front()->has_value());
    ASSERT_FALSE(connected.back()->has_value());
    EXPECT_EQ(connected.back()->error().code, ErrorCode::refused);
    EXPECT_EQ(connected.back()->error().retry, Retry::yes);
}

TEST(ConnectRealTest, RunningOutOfDescriptorsIsOurOwnFault) {
    io::EpollWorld world;
    const int lowest_free = ::dup(0);
    ::close(lowest_free);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit none{.rlim_cur = static_cast<rlim_t>(lowest_free), .rlim_max = before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    Connected outcome;
    const bool has_ended = world.run(connect_one(*Address::parse("127.0.0.1:1"), {}, outcome));
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_TRUE(has_ended);
    EXPECT_EQ(outcome->error().code, ErrorCode::no_descriptors);
    EXPECT_EQ(outcome->error().side, Side::self);
}

}  // namespace
}  // namespace weir::net
