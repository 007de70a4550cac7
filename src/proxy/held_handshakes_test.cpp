#include "proxy/held_handshakes.h"

#include <gtest/gtest.h>

#include "io/load_board.h"
#include "io/scope.h"
#include "io/test_world.h"
#include "observe/worker_metrics.h"
#include "proxy/connection_limits.h"
#include "proxy/lane.h"

namespace weir::proxy {
namespace {

constexpr auto kMany = HeldHandshakes::kHeldMax;

class HeldHandshakesTest : public ::testing::Test {
protected:
    HeldHandshakesTest() {
        lane_.set_demand([this](std::string_view name) { demanded_.emplace_back(name); });
        publish({});
    }
    ~HeldHandshakesTest() override {
        stop_.request();
        EXPECT_TRUE(world_.turn_until([&] { return waiting_.running() == 0; }));
    }
    io::Task<> wait(std::string name) {
        auto live = co_await lane_.held_handshakes().wait_for(name, &stop_);
        ++over_;
        found_ += live->lacks(name) ? 0 : 1;
    }
    void begin(const std::string& name) { waiting_.spawn(wait(name)); }
    // All names of ".test" can be fetched; these are there.
    void publish(const std::vector<std::string>& names) {
        auto live = make_ref<tls::Live>();
        live->demandable = {"*.test"};
        for (const auto& name : names) live->certificates[name] = {{}};
        lane_.publish(Ref<const tls::Live>(live.raw()));
    }
    std::uint64_t held() const { return metrics_.tls.held.value(); }

    io::SimWorld world_;
    observe::WorkerMetrics metrics_;
    ConnectionLimits limits_{1};
    io::LoadBoard board_{1};
    Lane lane_{world_.worker(), limits_, board_, metrics_, 1};
    std::vector<std::string> demanded_;
    std::size_t over_ = 0, found_ = 0;
    io::Stop stop_;
    io::Scope waiting_;
};

TEST_F(HeldHandshakesTest, WhoComesBeyondTheBoundIsNotHeld) {
    for (std::size_t i = 0; i < kMany; ++i) begin(std::to_string(i) + ".test");
    EXPECT_EQ(over_, 0U);
    EXPECT_EQ(held(), kMany);
    begin("beyond.test");
    EXPECT_EQ(over_, 1U) << "it goes on with what is there";
    EXPECT_EQ(demanded_.back(), "beyond.test") << "its next try may find a certificate";
    EXPECT_EQ(held(), kMany);
    lane_.held_handshakes().refuse("0.test");
    ASSERT_TRUE(world_.turn_until([&] { return over_ == 2; }));
    begin("next.test");
    EXPECT_EQ(held(), kMany) << "a place that is free again";
    EXPECT_EQ(over_, 2U);
}

TEST_F(HeldHandshakesTest, ACertificateLetsItsOwnGoAndNobodyElse) {
    for (const auto* name : {"a.test", "b.test", "a.test"}) begin(name);
    publish({"a.test"});
    ASSERT_TRUE(world_.turn_until([&] { return over_ == 2; }));
    EXPECT_EQ(found_, 2U);
    EXPECT_EQ(held(), 1U);
    lane_.held_handshakes().refuse("b.test");
    ASSERT_TRUE(world_.turn_until([&] { return over_ == 3; }));
    EXPECT_EQ(found_, 2U);
}

TEST_F(HeldHandshakesTest, NobodyWaitsForEver) {
    const auto begun = world_.worker().now();
    begin("a.test");
    ASSERT_TRUE(world_.turn_until([&] { return over_ == 1; }));
    EXPECT_EQ(found_, 0U);
    EXPECT_GE(world_.worker().now() - begun, HeldHandshakes::kTimeMax);
    EXPECT_EQ(held(), 0U);
}

}  // namespace
}  // namespace weir::proxy
