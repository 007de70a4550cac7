#include "io/sim_backend.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/event.h"
#include "io/socket.h"
#include "io/test_world.h"

namespace weir::io {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

SystemAddress address_of(std::uint16_t port) {
    SystemAddress address;
    auto& in = reinterpret_cast<sockaddr_in&>(address.storage);
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    in.sin_addr.s_addr = htonl(0x0a000001);
    address.octets = sizeof in;
    return address;
}

const SimFaults kCalm{.short_write = 0, .idle_edge = 0};

// The n-th octet of a stream that shows every loss, doubling and change of order.
char octet_at(std::size_t n) { return static_cast<char>('a' + (n * 7 + n / 251) % 26); }

struct Story {
    std::string received;
    int send_errno = 0;
    int receive_errno = 0;
    bool saw_end = false;
    std::vector<std::int64_t> trace;  // what happened when, for comparing runs
    void note(std::int64_t value) {
        trace.push_back(Worker::current().now().time_since_epoch().count());
        trace.push_back(value);
    }
};

Task<> send_pattern(Socket& socket, std::size_t total, Story& story) {
    std::string block(5000, '\0');
    for (std::size_t sent = 0; sent < total;) {
        const auto size = std::min(block.size(), total - sent);
        for (std::size_t i = 0; i < size; ++i) block[i] = octet_at(sent + i);
        const iovec part{block.data(), size};
        const auto count = socket.write({&part, 1});
        if (count.is_failed()) {
            story.send_errno = count.system_errno();
            co_return;
        }
        if (count.is_some()) sent += count.octets(), story.note(static_cast<std::int64_t>(count.octets()));
        if (!socket.may_write()) co_await socket.writable({});
    }
    socket.close_write();
}

Task<> receive_pattern(Socket& socket, Story& story, Duration pause = {}) {
    std::string into(3000, '\0');
    for (;;) {
        const auto count = socket.read(into);
        if (count.is_blocked()) {
            co_await socket.readable({});
            continue;
        }
        story.note(count.is_some() ? static_cast<std::int64_t>(count.octets()) : -1);
        if (count.is_failed()) story.receive_errno = count.system_errno();
        if (count.is_end()) story.saw_end = true;
        if (!count.is_some()) co_return;
        story.received.append(into.data(), count.octets());
        if (pause != Duration::zero()) co_await sleep_until(Worker::current().now() + pause);
    }
}

bool is_pattern(const std::string& text) {
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] != octet_at(i)) return false;
    return true;
}

class SimPair {
public:
    explicit SimPair(std::uint64_t seed, const SimFaults& faults = kCalm) : world(seed, faults) {
        listener = std::make_unique<Socket>(world.sim().listen(address_of(80), {}).handle);
        client = std::make_unique<Socket>(world.sim().connect(address_of(80)).handle, Socket::State::connecting);
        SystemAddress peer;
        server = std::make_unique<Socket>(world.sim().accept(listener->handle(), peer).handle);
        world.turn_until([&] { return client->may_write(); });
        EXPECT_EQ(world.sim().connect_error(client->handle()), 0);
    }

    SimWorld world;
    std::unique_ptr<Socket> listener, client, server;
};

Story transfer(std::uint64_t seed, const SimFaults& faults, std::size_t total, Duration pause = {}) {
    SimPair pair(seed, faults);
    Story story;
    Scope scope;
    scope.spawn(send_pattern(*pair.client, total, story));
    scope.spawn(receive_pattern(*pair.server, story, pause));
    EXPECT_TRUE(pair.world.turn_until([&] { return scope.running() == 0; })) << "seed " << seed;
    return story;
}

TEST(SimBackendTest, OctetsArriveWholeAndInOrderWhateverTheSeed) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const auto story = transfer(seed, {.short_write = 0.3, .idle_edge = 0.3}, 100'000);
        EXPECT_EQ(story.received.size(), 100'000U);
        EXPECT_TRUE(is_pattern(story.received));
        EXPECT_TRUE(story.saw_end);
    }
}

TEST(SimBackendTest, TheSameSeedTellsTheSameStory) {
    const SimFaults faults{.short_write = 0.3, .idle_edge = 0.3, .reset = 0.01};
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto once = transfer(seed, faults, 50'000);
        const auto again = transfer(seed, faults, 50'000);
        EXPECT_EQ(once.trace, again.trace);
        EXPECT_NE(once.trace, transfer(seed + 1000, faults, 50'000).trace);
    }
}

TEST(SimBackendTest, ResetsHappenAndBothSidesSeeThem) {
    int resets = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const auto story = transfer(seed, {.reset = 0.05}, 100'000);
        EXPECT_TRUE(is_pattern(story.received));
        if (story.receive_errno == 0) {
            EXPECT_TRUE(story.saw_end && story.received.size() == 100'000U);
            continue;
        }
        EXPECT_EQ(story.receive_errno, ECONNRESET);
        ++resets;
    }
    EXPECT_GT(resets, 10);
    EXPECT_LT(resets, 50);
}

TEST(SimBackendTest, ASlowReaderBlocksTheWriterAtTheWindow) {
    SimPair pair(1, {.window = 10'000, .short_write = 0});
    std::string block(8000, 'x');
    const iovec part{block.data(), block.size()};
    EXPECT_EQ(pair.client->write({&part, 1}).octets(), 8000U);
    EXPECT_EQ(pair.client->write({&part, 1}).octets(), 2000U);
    EXPECT_FALSE(pair.client->may_write());
    EXPECT_TRUE(pair.client->write({&part, 1}).is_blocked());
    for (int i = 0; i < 100; ++i) pair.world.worker().turn(pair.world.worker().now() + seconds(1));
    EXPECT_FALSE(pair.client->may_write());
    std::string into(4000, '\0');
    EXPECT_EQ(pair.server->read(into).octets(), 4000U);
    EXPECT_TRUE(pair.world.turn_until([&] { return pair.client->may_write(); }));
    EXPECT_EQ(pair.client->write({&part, 1}).octets(), 4000U);
}

TEST(SimBackendTest, AWindowOfAnySizeLosesNothing) {
    for (const std::size_t window : {1U, 2U, 100U, 4096U, 5000U}) {
        const auto story = transfer(window, {.delay_max = milliseconds(1), .window = window}, 3000, milliseconds(1));
        EXPECT_EQ(story.received.size(), 3000U) << window;
        EXPECT_TRUE(is_pattern(story.received));
    }
}

TEST(SimBackendTest, WritesAreTakenInPart) {
    SimPair pair(3, {.short_write = 1});
    std::string block(5000, 'x');
    const iovec part{block.data(), block.size()};
    const auto count = pair.client->write({&part, 1});
    EXPECT_GT(count.octets(), 0U);
    EXPECT_LT(count.octets(), 5000U);
    EXPECT_FALSE(pair.client->may_write());
    EXPECT_TRUE(pair.world.turn_until([&] { return pair.client->may_write(); }));
}

TEST(SimBackendTest, ClosingWithOctetsUnreadIsAReset) {
    SimPair pair(1);
    Story story;
    Scope scope;
    scope.spawn(send_pattern(*pair.client, 100, story));
    char octet = 0;
    ASSERT_TRUE(pair.world.turn_until([&] { return pair.server->read({&octet, 1}).is_some(); }));
    pair.server.reset();
    EXPECT_TRUE(pair.world.turn_until([&] { return pair.client->is_broken(); }));
    EXPECT_EQ(pair.client->read({&octet, 1}).system_errno(), ECONNRESET);
}

TEST(SimBackendTest, OctetsThatReachAClosedEndComeBackAsAReset) {
    SimPair pair(1, {.window = 1000, .short_write = 0, .idle_edge = 0});
    Story story;
    Scope scope;
    // Under way when the other closes: nobody will ever read them, and the blocked writer must hear of it.
    scope.spawn(send_pattern(*pair.client, 50'000, story));
    pair.server.reset();
    EXPECT_TRUE(pair.world.turn_until([&] { return scope.running() == 0; }));
    EXPECT_EQ(story.send_errno, ECONNRESET);
}

TEST(SimBackendTest, AnEdgeForAClosedEndIsNoReset) {
    SimPair pair(1);
    const auto handle = pair.server->release();
    pair.server.reset();
    std::string octet = "x";
    const iovec part{octet.data(), 1};
    pair.client->write({&part, 1});
    pair.world.worker().run();
    {
        // Watching tells of what is there already; before that edge comes the octet is read and the end closed.
        const Socket closes(handle);
        char got = 0;
        EXPECT_EQ(pair.world.sim().read(handle, {&got, 1}).octets(), 1U);
    }
    pair.world.worker().run();
    EXPECT_TRUE(pair.client->saw_end());
    EXPECT_FALSE(pair.client->is_broken());
}

TEST(SimBackendTest, AnAbortIsAResetACloseIsAnEnd) {
    for (const bool aborts : {false, true}) {
        SimPair pair(1);
        if (aborts) pair.client->abort_on_close();
        pair.client.reset();
        EXPECT_TRUE(pair.world.turn_until([&] { return pair.server->saw_end(); }));
        EXPECT_EQ(pair.server->is_broken(), aborts);
        char octet = 0;
        const auto count = pair.server->read({&octet, 1});
        EXPECT_EQ(count.is_end(), !aborts);
    }
}

TEST(SimBackendTest, HalfClosesLeaveTheOtherDirection) {
    SimPair pair(5);
    Story up;
    Story down;
    Scope scope;
    scope.spawn(send_pattern(*pair.client, 1000, up));
    scope.spawn(receive_pattern(*pair.server, up));
    EXPECT_TRUE(pair.world.turn_until([&] { return up.saw_end; }));
    scope.spawn(send_pattern(*pair.server, 2000, down));
    scope.spawn(receive_pattern(*pair.client, down));
    EXPECT_TRUE(pair.world.turn_until([&] { return scope.running() == 0; }));
    EXPECT_EQ(down.received.size(), 2000U);
    EXPECT_TRUE(pair.world.turn_until([&] { return pair.client->is_broken(); })) << "both halves closed look broken, as with epoll";
}

int connect_outcome(SimWorld& world, std::uint16_t port) {
    const Socket socket(world.sim().connect(address_of(port)).handle, Socket::State::connecting);
    world.turn_until([&] { return socket.may_write(); });
    return world.sim().connect_error(socket.handle());
}

TEST(SimBackendTest, ConnectsAreRefusedOrHangAndFaultsMayBeOfOnePortOnly) {
    SimWorld world(1, kCalm);
    const Socket one(world.sim().listen(address_of(81), {}).handle);
    const Socket two(world.sim().listen(address_of(82), {}).handle);
    const Socket three(world.sim().listen(address_of(83), {}).handle);
    world.sim().set_port_faults(82, {.refuse = 1});
    world.sim().set_port_faults(83, {.black_hole = 1});
    EXPECT_EQ(connect_outcome(world, 81), 0);
    EXPECT_EQ(connect_outcome(world, 82), ECONNREFUSED);
    EXPECT_EQ(connect_outcome(world, 83), EINPROGRESS);
    EXPECT_EQ(connect_outcome(world, 84), ECONNREFUSED) << "nobody listens";
}

TEST(SimBackendTest, AListenerThatGoesResetsThoseWhoWait) {
    SimWorld world(1, kCalm);
    auto listener = std::make_unique<Socket>(world.sim().listen(address_of(80), {}).handle);
    EXPECT_EQ(world.sim().listen(address_of(80), {}).system_errno, EADDRINUSE);
    const Socket waits(world.sim().connect(address_of(80)).handle, Socket::State::connecting);
    EXPECT_TRUE(world.turn_until([&] { return waits.may_write(); }));
    listener.reset();
    EXPECT_TRUE(world.turn_until([&] { return waits.is_broken(); }));
    const Socket again(world.sim().listen(address_of(80), {}).handle);
    EXPECT_EQ(world.sim().open_handles(), 2U);
}

TEST(SimBackendTest, AnAcceptedConnectionKnowsBothAddresses) {
    SimPair pair(1);
    SystemAddress here;
    SystemAddress there;
    pair.world.sim().local_address(pair.client->handle(), here);
    pair.world.sim().local_address(pair.server->handle(), there);
    EXPECT_EQ(reinterpret_cast<sockaddr_in&>(there.storage).sin_port, htons(80));
    EXPECT_NE(reinterpret_cast<sockaddr_in&>(here.storage).sin_port, htons(80));
}

TEST(SimBackendTest, IsQuietOnlyWhenNothingCanHappen) {
    SimPair pair(1);
    auto& sim = pair.world.sim();
    pair.world.worker().run();
    EXPECT_TRUE(sim.is_quiet());
    std::string octet = "x";
    const iovec part{octet.data(), 1};
    pair.client->write({&part, 1});
    pair.world.worker().outflow().send();
    EXPECT_FALSE(sim.is_quiet()) << "an octet is under way";
    pair.world.worker().run();
    EXPECT_TRUE(pair.server->may_read());
    EXPECT_TRUE(sim.is_quiet());
    sim.wake();
    EXPECT_FALSE(sim.is_quiet());
}

TEST(SimBackendTest, TimeJumpsToTheNextHappeningAndNoFurther) {
    SimPair pair(1);
    pair.world.worker().run();
    const auto before = pair.world.sim().now();
    pair.world.sim().poll(before + seconds(5));
    EXPECT_EQ(pair.world.sim().now(), before + seconds(5));
    std::string octet = "x";
    const iovec part{octet.data(), 1};
    pair.client->write({&part, 1});
    pair.world.sim().poll(kNever);
    EXPECT_LE(pair.world.sim().now(), before + seconds(5) + kCalm.delay_max);
    pair.world.sim().poll(before);
    EXPECT_GE(pair.world.sim().now(), before + seconds(5)) << "time never goes back";
}

TEST(SimBackendTest, AnUnwatchedEndTellsNobodyAndMayBeWatchedAgain) {
    SimPair pair(1);
    const auto handle = pair.server->release();
    pair.server.reset();
    std::string octet = "x";
    const iovec part{octet.data(), 1};
    pair.client->write({&part, 1});
    pair.world.worker().run();
    Socket again(handle);
    EXPECT_TRUE(pair.world.turn_until([&] { return again.may_read(); }));
    char got = 0;
    EXPECT_EQ(again.read({&got, 1}).octets(), 1U);
}

}  // namespace
}  // namespace weir::io
