// Connections of HTTP/2 that many leases share, in the simulated world.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "http/h2/origin_for_test.h"
#include "upstream/group.h"
#include "upstream/test_origin.h"

namespace weir::upstream {
namespace {

io::Task<> ask(Ref<Group> group, std::unique_ptr<Result<Lease>>& into) {
    auto lease = co_await group->lease({}, {io::Worker::current().now() + std::chrono::seconds(30), nullptr});
    into = std::make_unique<Result<Lease>>(std::move(lease));
}

class GroupH2Test : public testing::Test {
protected:
    ~GroupH2Test() override {
        leases_.clear();
        group_->close_view(0);
        group_ = {};
        origin_->stop();
        EXPECT_TRUE(world_.turn_until([&] { return scope_.running() == 0 && origin_->has_ended(); }));
        origin_.reset();
        EXPECT_TRUE(world_.turn_until([&] { return world_.sim().open_handles() == 0; })) << "sockets are left";
    }
    void make(std::uint32_t streams_max) {
        origin_ = std::make_unique<http::h2::TestOrigin>(address_of(1), http::h2::OriginSession::Options{});
        auto options = options_of({1});
        options.protocol = Protocol::h2c;
        options.streams_max = streams_max;
        group_ = make_ref<Group>(std::move(options), 1U, 1U);
    }
    void lease(std::size_t count) {
        leases_.resize(count);
        for (auto& one : leases_) scope_.spawn(ask(group_, one));
        ASSERT_TRUE(world_.turn_until([&] { return scope_.running() == 0; }));
        for (auto& one : leases_) ASSERT_TRUE(*one) << one->error().detail;
    }

    io::SimWorld world_;
    std::unique_ptr<http::h2::TestOrigin> origin_;
    Ref<Group> group_;
    std::vector<std::unique_ptr<Result<Lease>>> leases_;
    io::Scope scope_;
};

TEST_F(GroupH2Test, ManyLeasesShareOneConnectionThatOneOfThemMakes) {
    make(100);
    lease(20);
    EXPECT_EQ(origin_->sessions.size(), 1U);
    for (auto& one : leases_) EXPECT_EQ((*one)->h2(), (*leases_.front())->h2());
    EXPECT_EQ(group_->peers().front()->active, 20U);
}

TEST_F(GroupH2Test, AFurtherConnectionIsMadeWhenAllStreamsAreTaken) {
    make(5);
    lease(12);
    EXPECT_EQ(origin_->sessions.size(), 3U);
}

TEST_F(GroupH2Test, AnIdleOneIsUsedAgainAndClosedAfterItsTime) {
    make(100);
    lease(2);
    for (auto& one : leases_) (*one)->keep();
    leases_.clear();
    auto again = group_->try_lease({});
    ASSERT_TRUE(static_cast<bool>(again));
    again = {};
    const auto until = world_.worker().now() + std::chrono::seconds(70);
    while (world_.worker().now() < until) world_.worker().turn(until);
    EXPECT_FALSE(static_cast<bool>(group_->try_lease({}))) << "it has been closed";
    EXPECT_EQ(origin_->sessions.size(), 1U);
    EXPECT_EQ(origin_->sessions.front()->goaways, 1U);
}

}  // namespace
}  // namespace weir::upstream
