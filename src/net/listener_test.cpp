#include "net/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "io/event.h"
#include "io/test_world.h"
#include "net/connect.h"

namespace weir::net {
namespace {

// What was accepted, open until it goes.
struct Taken {
    std::vector<std::unique_ptr<SocketStream>> streams;
    std::vector<Address> peers;
    std::move_only_function<void(Accepted)> taker() {
        return [this](Accepted accepted) {
            streams.push_back(std::make_unique<SocketStream>(accepted.handle));
            peers.push_back(accepted.peer);
        };
    }
};

using Streams = std::vector<std::unique_ptr<Stream>>;

io::Task<> connect_many(Address to, int count, Streams& streams) {
    for (int i = 0; i < count; ++i) {
        auto stream = co_await connect(to, {});
        if (stream) streams.push_back(std::move(*stream));
    }
}

// The error log of a test, in a file.
class LogFile {
public:
    LogFile() { log::configure({.level = log::Level::info, .format = log::Format::text, .file = path_}); }
    LogFile(const LogFile&) = delete;
    LogFile& operator=(const LogFile&) = delete;
    ~LogFile() {
        log::configure({});
        std::filesystem::remove(path_);
    }
    int lines_with(std::string_view word) const {
        log::flush();
        std::ifstream file(path_);
        int count = 0;
        for (std::string line; std::getline(file, line);) count += line.find(word) != std::string::npos ? 1 : 0;
        return count;
    }

private:
    std::string path_ = testing::TempDir() + "weir_listener_test_" + std::to_string(::getpid()) + ".log";
};

TEST(ListenerTest, AcceptsEveryConnectionAndKnowsWhoCame) {
    io::EpollWorld world;
    Listener listener(*listen(*Address::parse("127.0.0.1:0"), {}));
    EXPECT_NE(listener.local().port, 0);
    io::Stop stop;
    io::Scope scope;
    Taken taken;
    Streams streams;
    scope.spawn(listener.run(taken.taker(), stop));
    EXPECT_TRUE(world.run(connect_many(listener.local(), 300, streams)));
    EXPECT_TRUE(world.turn_until([&] { return taken.streams.size() == 300; }));
    EXPECT_EQ(taken.peers.front().ip, *Ip::parse("127.0.0.1"));
    stop.request();
    EXPECT_TRUE(world.turn_until([&] { return scope.running() == 0; }));
}

TEST(ListenerTest, ADualStackListenerNamesIpv4ClientsByTheirIpv4Address) {
    io::EpollWorld world;
    Listener listener(*listen(*Address::parse("[::]:0"), {}));
    io::Stop stop;
    io::Scope scope;
    Taken taken;
    Streams streams;
    scope.spawn(listener.run(taken.taker(), stop));
    auto to = *Address::parse("127.0.0.1:1");
    to.port = listener.local().port;
    EXPECT_TRUE(world.run(connect_many(to, 1, streams)));
    EXPECT_TRUE(world.turn_until([&] { return taken.peers.size() == 1; }));
    EXPECT_EQ(taken.peers.front().ip.text(), "127.0.0.1");
    stop.request();
    EXPECT_TRUE(world.turn_until([&] { return scope.running() == 0; }));
}

TEST(ListenerTest, UnixSocketsHaveClientsWithoutANumber) {
    const auto path = testing::TempDir() + "weir_listener_" + std::to_string(::getpid()) + ".sock";
    for (const auto& text : {"unix:" + path, std::string("unix:@weir_listener_test")}) {
        io::EpollWorld world;
        Listener listener(*listen(*Address::parse(text), {}));
        EXPECT_EQ(listener.local().text(), text);
        io::Stop stop;
        io::Scope scope;
        Taken taken;
        Streams streams;
        scope.spawn(listener.run(taken.taker(), stop));
        EXPECT_TRUE(world.run(connect_many(listener.local(), 2, streams)));
        EXPECT_TRUE(world.turn_until([&] { return taken.peers.size() == 2; }));
        EXPECT_EQ(taken.peers.front().family(), Family::local);
        stop.request();
        EXPECT_TRUE(world.turn_until([&] { return scope.running() == 0; }));
    }
    std::filesystem::remove(path);
}

TEST(ListenerTest, SaysWhyItCanNotListen) {
    io::EpollWorld world;
    Listener listener(*listen(*Address::parse("127.0.0.1:0"), {.reuses_port = false}));
    const auto again = listen(listener.local(), {.reuses_port = false});
    EXPECT_EQ(again.error().system_errno, EADDRINUSE);
    EXPECT_EQ(again.error().side, Side::self);
    Address too_long;
    too_long.path = std::string(108, 'x');
    EXPECT_FALSE(listen(too_long, {}).has_value());
}

// Leaves the process only those descriptors that are open now.
class NoMoreDescriptors {
public:
    NoMoreDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const int lowest_free = ::dup(0);
        ::close(lowest_free);
        const rlimit none{.rlim_cur = static_cast<rlim_t>(lowest_free), .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    NoMoreDescriptors(const NoMoreDescriptors&) = delete;
    NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;
    ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

TEST(ListenerTest, WithoutDescriptorsItPausesSaysSoOnceAndRecovers) {
    const LogFile log;
    io::EpollWorld world;
    Listener listener(*listen(*Address::parse("127.0.0.1:0"), {}));
    Streams streams;
    EXPECT_TRUE(world.run(connect_many(listener.local(), 5, streams)));
    io::Stop stop;
    io::Scope scope;
    Taken taken;
    {
        const NoMoreDescriptors shortage;
        scope.spawn(listener.run(taken.taker(), stop));
        const auto turns = world.worker().turns();
        EXPECT_TRUE(world.turn_until([&] { return listener.pauses() >= 3; }));
        EXPECT_EQ(taken.streams.size(), 0U);
        EXPECT_LT(world.worker().turns() - turns, 200U) << "it must not spin";
    }
    EXPECT_TRUE(world.turn_until([&] { return taken.streams.size() == 5; })) << "those who waited are served";
    EXPECT_TRUE(world.turn_until([&] { return log.lines_with("accept_resumed") == 1; }));
    EXPECT_EQ(log.lines_with("accept_paused"), 1);
    EXPECT_TRUE(world.run(connect_many(listener.local(), 3, streams)));
    EXPECT_TRUE(world.turn_until([&] { return taken.streams.size() == 8; }));
    stop.request();
    EXPECT_TRUE(world.turn_until([&] { return scope.running() == 0; }));
}

TEST(ListenerTest, AStopDuringThePauseEndsIt) {
    const LogFile log;
    io::EpollWorld world;
    Listener listener(*listen(*Address::parse("127.0.0.1:0"), {}));
    Streams streams;
    EXPECT_TRUE(world.run(connect_many(listener.local(), 1, streams)));
    io::Stop stop;
    io::Scope scope;
    Taken taken;
    const NoMoreDescriptors shortage;
    scope.spawn(listener.run(taken.taker(), stop));
    EXPECT_TRUE(world.turn_until([&] { return listener.pauses() == 1; }));
    stop.request();
    EXPECT_TRUE(world.turn_until([&] { return scope.running() == 0; }));
}

// Takes its turn again and again, and sees how many were accepted in between.
io::Task<> watch_progress(const Taken& taken, std::size_t total, std::size_t& most_in_between) {
    for (auto before = taken.streams.size(); before < total;) {
        co_await io::yield();
        most_in_between = std::max(most_in_between, taken.streams.size() - before);
        before = taken.streams.size();
    }
}

TEST(ListenerTest, AStormLeavesTheTurnToOthers) {
    constexpr std::size_t kStorm = 1000;
    io::SimWorld world;
    Listener listener(*listen(*Address::parse("10.0.0.1:80"), {}));
    Streams streams;
    EXPECT_TRUE(world.run(connect_many(*Address::parse("10.0.0.1:80"), kStorm, streams)));
    io::Stop stop;
    io::Scope scope;
    Taken taken;
    std::size_t most_in_between = 0;
    scope.spawn(listener.run(taken.taker(), stop));
    EXPECT_TRUE(world.run(watch_progress(taken, kStorm, most_in_between)));
    EXPECT_EQ(most_in_between, static_cast<std::size_t>(Listener::kAcceptsATurnMax));
    stop.request();
    EXPECT_TRUE(world.turn_until([&] { return scope.running() == 0; }));
}

TEST(ListenerTest, AdoptsAListeningSocketAndRefusesOthers) {
    io::EpollWorld world;
    // As a service manager opens it: blocking, inherited.
    const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(adopt_listening(descriptor).error().system_errno, EINVAL) << "not listening yet";
    ASSERT_EQ(::listen(descriptor, 5), 0);
    const auto adopted = adopt_listening(descriptor);
    ASSERT_TRUE(adopted.has_value());
    EXPECT_NE(::fcntl(descriptor, F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(::fcntl(descriptor, F_GETFD) & FD_CLOEXEC, 0);
    Listener listener(*adopted);
    io::Stop stop;
    io::Scope scope;
    Taken taken;
    Streams streams;
    scope.spawn(listener.run(taken.taker(), stop));
    auto to = *Address::parse("127.0.0.1:1");
    to.port = listener.local().port;
    EXPECT_TRUE(world.run(connect_many(to, 1, streams)));
    EXPECT_TRUE(world.turn_until([&] { return taken.streams.size() == 1; }));
    int no_delay = 0;
    socklen_t octets = sizeof no_delay;
    ::getsockopt(static_cast<SocketStream&>(*taken.streams.front()).socket().handle(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &octets);
    EXPECT_NE(no_delay, 0);
    stop.request();
    EXPECT_TRUE(world.turn_until([&] { return scope.running() == 0; }));

    EXPECT_EQ(adopt_listening(-1).error().system_errno, EBADF);
    const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    EXPECT_EQ(adopt_listening(file).error().system_errno, ENOTSOCK);
    ::close(file);
}

}  // namespace
}  // namespace weir::net
