#include "io/outflow.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>

#include "io/socket.h"
#include "io/test_world.h"

namespace weir::io {
namespace {

// A socket of the worker, and the other end as the system has it.
class OutflowTest : public ::testing::Test {
protected:
    OutflowTest() { open(); }
    ~OutflowTest() override {
        socket_.reset();
        close_other();
    }

    void open() {
        int ends[2];
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
        socket_.emplace(ends[0]);
        other_ = ends[1];
    }
    void close_other() {
        if (other_ >= 0) ::close(other_);
        other_ = -1;
    }
    void turn() { world_.worker().turn(world_.worker().now()); }

    IoCount write(std::string_view octets) {
        const iovec part{const_cast<char*>(octets.data()), octets.size()};
        return socket_->write({&part, 1});
    }
    // What has arrived; "(end)" behind it when nothing more will.
    std::string read_other() {
        std::string all;
        char into[4096];
        for (;;) {
            const auto count = ::read(other_, into, sizeof into);
            if (count < 0) return all + (errno == EAGAIN ? "" : "(error)");
            if (count == 0) return all + "(end)";
            all.append(into, static_cast<std::size_t>(count));
        }
    }
    // Until the system takes nothing more; what is left over is kept by the socket.
    std::string fill() {
        std::string written;
        while (!socket_->has_rest() && socket_->may_write()) {
            const std::string octets(Outflow::kWriteMax, static_cast<char>('a' + written.size() / Outflow::kWriteMax % 26));
            EXPECT_TRUE(write(octets).is_some());
            written += octets;
            world_.worker().outflow().send();
        }
        return written;
    }
    std::string read_until(std::string& all, std::size_t octets) {
        EXPECT_TRUE(world_.turn_until([&] {
            all += read_other();
            return all.size() >= octets;
        }));
        return all;
    }

    EpollWorld world_;
    std::optional<Socket> socket_;
    int other_ = -1;
};

TEST_F(OutflowTest, SmallWritesLeaveTogetherAtTheTurnsEnd) {
    EXPECT_EQ(write("one ").octets(), 4U);
    EXPECT_EQ(write("two").octets(), 3U);
    EXPECT_EQ(read_other(), "");
    turn();
    EXPECT_EQ(read_other(), "one two");
}

TEST_F(OutflowTest, ALargeWriteDoesNotOvertakeASmallOne) {
    const std::string large(Outflow::kWriteMax + 1, 'x');
    write("small ");
    EXPECT_EQ(write(large).octets(), large.size());
    EXPECT_EQ(read_other(), "small " + large);
}

TEST_F(OutflowTest, WhatIsGatheredIsBounded) {
    const std::string octets(Outflow::kWriteMax, 'x');
    for (std::size_t i = 0; i <= Outflow::kOctetsMax / Outflow::kWriteMax; ++i) EXPECT_TRUE(write(octets).is_some());
    EXPECT_EQ(read_other().size(), Outflow::kOctetsMax);
}

TEST_F(OutflowTest, ClosingSendsFirst) {
    write("the last words");
    socket_->close_write();
    EXPECT_EQ(read_other(), "the last words(end)");
    open();
    write("and again");
    socket_.reset();
    EXPECT_EQ(read_other(), "and again(end)");
}

TEST_F(OutflowTest, WhatFindsNoRoomWaitsForItAndHoldsUpFurtherWrites) {
    const auto written = fill();
    EXPECT_TRUE(socket_->has_rest());
    EXPECT_TRUE(write("more").is_blocked());
    std::string all;
    EXPECT_EQ(read_until(all, written.size()), written);
    EXPECT_FALSE(socket_->has_rest());
    EXPECT_TRUE(world_.turn_until([&] { return socket_->may_write(); }));
    write("more");
    turn();
    EXPECT_EQ(read_other(), "more");
}

TEST_F(OutflowTest, ASendingHalfClosesBehindWhatWaitsForRoom) {
    const auto written = fill();
    socket_->close_write();
    std::string all;
    EXPECT_EQ(read_until(all, written.size() + 5), written + "(end)");
}

TEST_F(OutflowTest, ASocketThatGoesLeavesNothingUnsent) {
    const auto written = fill();
    ASSERT_TRUE(socket_->has_rest());
    socket_.reset();
    std::string all;
    EXPECT_EQ(read_until(all, written.size() + 5), written + "(end)");
}

TEST_F(OutflowTest, AFailureIsToldByTheNextWrite) {
    close_other();
    EXPECT_TRUE(write("into the void").is_some());
    turn();
    const auto count = write("once more");
    ASSERT_TRUE(count.is_failed());
    EXPECT_EQ(count.system_errno(), EPIPE);
    EXPECT_TRUE(socket_->is_broken());
}

TEST_F(OutflowTest, ARestThatNobodyWantsGoesWithItsSocket) {
    fill();
    close_other();
    EXPECT_TRUE(world_.turn_until([&] { return !socket_->has_rest(); }));
    EXPECT_TRUE(write("more").is_failed());
}

// In virtual time: what is never read is given up.
TEST(StragglerTest, one_that_is_never_read_is_reset) {
    SimWorld world(1, {.window = 100, .short_write = 0, .idle_edge = 0});
    auto& sim = world.sim();
    SystemAddress at;
    at.storage.ss_family = AF_INET;
    at.octets = sizeof(sockaddr_in);
    const Socket listener(sim.listen(at, {}).handle);
    sim.local_address(listener.handle(), at);
    std::optional<Socket> socket(std::in_place, sim.connect(at).handle, Socket::State::connecting);
    ASSERT_TRUE(world.turn_until([&] { return socket->may_write(); }));
    const Socket other(sim.accept(listener.handle(), at).handle);
    const std::string octets(1000, 'x');
    const iovec part{const_cast<char*>(octets.data()), octets.size()};
    ASSERT_TRUE(socket->write({&part, 1}).is_some());
    const auto begun = world.worker().now();
    socket.reset();
    EXPECT_EQ(sim.open_handles(), 3U);
    ASSERT_TRUE(world.turn_until([&] { return other.is_broken(); }));
    EXPECT_GE(world.worker().now() - begun, Outflow::kStraggleTime);
    EXPECT_EQ(sim.open_handles(), 2U);
}

}  // namespace
}  // namespace weir::io
