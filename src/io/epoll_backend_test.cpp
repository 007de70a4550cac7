#include "io/epoll_backend.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "io/socket.h"
#include "io/test_world.h"

namespace weir::io {
namespace {

SystemAddress loopback(std::uint16_t port = 0) {
    SystemAddress address;
    auto& in = reinterpret_cast<sockaddr_in&>(address.storage);
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.octets = sizeof in;
    return address;
}

SystemAddress loopback6(bool is_any) {
    SystemAddress address;
    auto& in = reinterpret_cast<sockaddr_in6&>(address.storage);
    in.sin6_family = AF_INET6;
    in.sin6_addr = is_any ? in6addr_any : in6addr_loopback;
    address.octets = sizeof in;
    return address;
}

// A leading '@' stands for the abstract name space.
SystemAddress local(std::string_view path) {
    SystemAddress address;
    auto& un = reinterpret_cast<sockaddr_un&>(address.storage);
    un.sun_family = AF_UNIX;
    std::memcpy(un.sun_path, path.data(), path.size());
    if (path.front() == '@') un.sun_path[0] = '\0';
    address.octets = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (path.front() == '@' ? 0 : 1));
    return address;
}

std::uint16_t port_of(const SystemAddress& address) {
    const auto family = address.storage.ss_family;
    if (family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address.storage).sin_port);
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_port);
}

// The number of system calls a test saw is not asserted; what the sockets know is.
class EpollTest : public ::testing::Test {
protected:
    Backend& backend() { return world_.worker().backend(); }
    void turn() { world_.worker().turn(world_.worker().now() + std::chrono::milliseconds(10)); }

    Handle open_listener(const SystemAddress& at, const ListenOptions& options = {}) {
        const auto opened = backend().listen(at, options);
        EXPECT_EQ(opened.system_errno, 0) << std::strerror(opened.system_errno);
        if (opened.handle != kNoHandle) backend().local_address(opened.handle, listening_at_);
        return opened.handle;
    }

    Handle accept_one(Socket& listener) {
        Opened opened;
        world_.turn_until([&] {
            SystemAddress peer;
            opened = backend().accept(listener.handle(), peer);
            return opened.handle != kNoHandle;
        });
        return opened.handle;
    }

    // Two connected sockets over `at`.
    void make_pair(const SystemAddress& at) {
        Socket listener(open_listener(at));
        const auto opened = backend().connect(listening_at_);
        ASSERT_EQ(opened.system_errno, 0);
        one_ = std::make_unique<Socket>(opened.handle, Socket::State::connecting);
        other_ = std::make_unique<Socket>(accept_one(listener));
        ASSERT_TRUE(world_.turn_until([&] { return one_->may_write(); }));
        ASSERT_EQ(backend().connect_error(one_->handle()), 0);
    }

    static IoCount write(Socket& socket, std::string_view octets) {
        const iovec part{const_cast<char*>(octets.data()), octets.size()};
        return socket.write({&part, 1});
    }

    std::string read_some(Socket& socket, std::size_t room = 1024) {
        std::string into(room, '\0');
        const auto count = socket.read(into);
        into.resize(count.is_some() ? count.octets() : 0);
        return into;
    }

    EpollWorld world_;
    SystemAddress listening_at_;
    std::unique_ptr<Socket> one_;
    std::unique_ptr<Socket> other_;
};

std::string unix_path(const char* name) { return testing::TempDir() + "weir_" + std::to_string(::getpid()) + "_" + name; }

class EveryKindOfSocket : public EpollTest, public ::testing::WithParamInterface<const char*> {
protected:
    void SetUp() override {
        const std::string_view kind = GetParam();
        if (kind == "tcp") make_pair(loopback());
        else if (kind == "tcp6") make_pair(loopback6(false));
        else if (kind == "abstract") make_pair(local("@weir_test_" + std::to_string(::getpid())));
        else make_pair(local(path_ = unix_path("pair")));
    }
    void TearDown() override { ::unlink(path_.c_str()); }
    std::string path_;
};

TEST_P(EveryKindOfSocket, CarriesOctetsBothWays) {
    EXPECT_EQ(write(*one_, "hello").octets(), 5U);
    EXPECT_TRUE(world_.turn_until([&] { return other_->may_read(); }));
    EXPECT_EQ(read_some(*other_), "hello");
    EXPECT_EQ(write(*other_, "world").octets(), 5U);
    EXPECT_TRUE(world_.turn_until([&] { return one_->may_read(); }));
    EXPECT_EQ(read_some(*one_), "world");
}

TEST_P(EveryKindOfSocket, AShortReadMeansDrainedAndTheNextOctetsAreAnEdge) {
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(write(*one_, "abc").octets(), 3U);
        ASSERT_TRUE(world_.turn_until([&] { return other_->may_read(); }));
        ASSERT_EQ(read_some(*other_), "abc");
        ASSERT_FALSE(other_->may_read());
    }
}

// A backend call for what is known already would be a system call for nothing.
TEST_P(EveryKindOfSocket, WhatIsKnownToBeBlockedIsNotTried) {
    EXPECT_EQ(write(*one_, "abc").octets(), 3U);
    ASSERT_TRUE(world_.turn_until([&] { return other_->may_read(); }));
    ASSERT_EQ(read_some(*other_), "abc");
    EXPECT_EQ(write(*one_, "def").octets(), 3U);
    char octet = 0;
    EXPECT_TRUE(other_->read({&octet, 1}).is_blocked()) << "although there is something: its edge has not been told yet";
    EXPECT_TRUE(world_.turn_until([&] { return other_->may_read(); }));
    EXPECT_EQ(read_some(*other_), "def");
}

TEST_P(EveryKindOfSocket, AReadThatFillsItsBufferLeavesMore) {
    EXPECT_EQ(write(*one_, "abcdef").octets(), 6U);
    EXPECT_TRUE(world_.turn_until([&] { return other_->may_read(); }));
    EXPECT_EQ(read_some(*other_, 3), "abc");
    EXPECT_TRUE(other_->may_read());
    EXPECT_EQ(read_some(*other_, 3), "def");
    EXPECT_TRUE(other_->may_read()) << "nobody knows yet that it was the last";
    char octet = 0;
    EXPECT_TRUE(other_->read({&octet, 1}).is_blocked());
    EXPECT_FALSE(other_->may_read());
}

TEST_P(EveryKindOfSocket, OctetsThatArriveBetweenReadAndWaitAreAnEdge) {
    EXPECT_EQ(write(*one_, "first").octets(), 5U);
    EXPECT_TRUE(world_.turn_until([&] { return other_->may_read(); }));
    EXPECT_EQ(read_some(*other_), "first");
    EXPECT_EQ(write(*one_, "second").octets(), 6U);
    EXPECT_FALSE(other_->may_read());
    EXPECT_TRUE(world_.turn_until([&] { return other_->may_read(); }));
    EXPECT_EQ(read_some(*other_), "second");
}

TEST_P(EveryKindOfSocket, AnEndAnnouncedTogetherWithOctetsIsStillRead) {
    EXPECT_EQ(write(*one_, "last words").octets(), 10U);
    one_->close_write();
    EXPECT_TRUE(world_.turn_until([&] { return other_->saw_end(); }));
    EXPECT_EQ(read_some(*other_), "last words");
    EXPECT_TRUE(other_->may_read()) << "the short read must not hide the end";
    char octet = 0;
    EXPECT_TRUE(other_->read({&octet, 1}).is_end());
    EXPECT_TRUE(other_->read({&octet, 1}).is_end()) << "an end stays an end";
}

TEST_P(EveryKindOfSocket, AfterAHalfCloseTheOtherHalfGoesOn) {
    one_->close_write();
    EXPECT_TRUE(world_.turn_until([&] { return other_->saw_end(); }));
    EXPECT_FALSE(other_->is_broken());
    EXPECT_EQ(write(*other_, "answer").octets(), 6U);
    EXPECT_TRUE(world_.turn_until([&] { return one_->may_read(); }));
    EXPECT_EQ(read_some(*one_), "answer");
    EXPECT_EQ(write(*one_, "x").system_errno(), EPIPE);
    other_->close_write();
    EXPECT_TRUE(world_.turn_until([&] { return one_->saw_end(); }));
    char octet = 0;
    EXPECT_TRUE(one_->read({&octet, 1}).is_end());
}

TEST_P(EveryKindOfSocket, OctetsBeforeACloseAreReadThenTheEnd) {
    EXPECT_EQ(write(*one_, "bye").octets(), 3U);
    one_.reset();
    EXPECT_TRUE(world_.turn_until([&] { return other_->saw_end(); }));
    EXPECT_EQ(read_some(*other_), "bye") << "even where the socket looks broken";
    char octet = 0;
    EXPECT_TRUE(other_->read({&octet, 1}).is_end());
}

TEST_P(EveryKindOfSocket, ClosingWithOctetsUnreadIsAReset) {
    EXPECT_EQ(write(*one_, "nobody reads this").octets(), 17U);
    EXPECT_TRUE(world_.turn_until([&] { return other_->may_read(); }));
    other_.reset();
    EXPECT_TRUE(world_.turn_until([&] { return one_->is_broken(); }));
    char octet = 0;
    EXPECT_EQ(one_->read({&octet, 1}).system_errno(), ECONNRESET);
}

TEST_P(EveryKindOfSocket, AShortWriteMeansFullAndRoomIsAnEdge) {
    const std::string block(256 * 1024, 'x');
    for (int round = 0; round < 20; ++round) {
        ASSERT_TRUE(world_.turn_until([&] { return one_->may_write(); })) << "the edge for room was lost";
        std::size_t written = 0;
        std::size_t read = 0;
        while (one_->may_write()) {
            const auto count = write(*one_, block);
            if (count.is_some()) written += count.octets();
        }
        ASSERT_GT(written, 0U);
        while (read < written) {
            ASSERT_TRUE(world_.turn_until([&] { return other_->may_read(); }));
            read += read_some(*other_, 64 * 1024).size();
        }
        ASSERT_EQ(read, written);
    }
}

TEST_P(EveryKindOfSocket, TakesManyParts) {
    std::vector<iovec> parts;
    std::string octet = "x";
    for (int i = 0; i < 3000; ++i) parts.push_back({octet.data(), 1});
    EXPECT_EQ(one_->write(parts).octets(), Socket::kPartsMax);
    EXPECT_TRUE(one_->may_write());
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryKindOfSocket, ::testing::Values("tcp", "tcp6", "unix", "abstract"));

TEST_F(EpollTest, AnAbortIsAResetForTheOther) {
    make_pair(loopback());
    one_->abort_on_close();
    one_.reset();
    EXPECT_TRUE(world_.turn_until([&] { return other_->is_broken(); }));
    EXPECT_TRUE(other_->may_read() && other_->may_write()) << "who waits must go on and see it";
    char octet = 0;
    EXPECT_EQ(other_->read({&octet, 1}).system_errno(), ECONNRESET);
}

TEST_F(EpollTest, AConnectToNobodyIsRefused) {
    Socket listener(open_listener(loopback()));
    const auto free_port = listening_at_;
    { const Socket closes(listener.release()); }
    const auto opened = backend().connect(free_port);
    if (opened.handle == kNoHandle) {
        EXPECT_EQ(opened.system_errno, ECONNREFUSED);
        return;
    }
    const Socket socket(opened.handle, Socket::State::connecting);
    EXPECT_TRUE(world_.turn_until([&] { return socket.may_write(); }));
    EXPECT_EQ(backend().connect_error(socket.handle()), ECONNREFUSED);
}

TEST_F(EpollTest, AConnectToNoSuchUnixSocketFails) { EXPECT_EQ(backend().connect(local(unix_path("missing"))).system_errno, ENOENT); }

TEST_F(EpollTest, AFullBacklogOfAUnixSocketAnswersAtOnce) {
    const Socket listener(open_listener(local("@weir_full_" + std::to_string(::getpid())), {.backlog = 1}));
    std::vector<std::unique_ptr<Socket>> connected;
    Opened opened;
    for (int i = 0; i < 10; ++i) {
        opened = backend().connect(listening_at_);
        if (opened.handle == kNoHandle) break;
        connected.push_back(std::make_unique<Socket>(opened.handle, Socket::State::connecting));
    }
    EXPECT_EQ(opened.system_errno, EAGAIN);
}

TEST_F(EpollTest, DualStackTakesIpv4UnlessForbidden) {
    for (const bool is_ipv6_only : {false, true}) {
        Socket listener(open_listener(loopback6(true), {.is_ipv6_only = is_ipv6_only}));
        const auto opened = backend().connect(loopback(port_of(listening_at_)));
        std::optional<Socket> socket;
        int error = opened.system_errno;
        if (opened.handle != kNoHandle) {
            socket.emplace(opened.handle, Socket::State::connecting);
            EXPECT_TRUE(world_.turn_until([&] { return socket->may_write(); }));
            error = backend().connect_error(opened.handle);
        }
        EXPECT_EQ(error, is_ipv6_only ? ECONNREFUSED : 0);
        if (error != 0) continue;
        SystemAddress peer;
        const auto accepted = backend().accept(listener.handle(), peer);
        ASSERT_NE(accepted.handle, kNoHandle);
        const Socket closes(accepted.handle);
        EXPECT_TRUE(IN6_IS_ADDR_V4MAPPED(&reinterpret_cast<sockaddr_in6&>(peer.storage).sin6_addr));
    }
}

TEST_F(EpollTest, SeveralMayListenOnOnePortWhenTheyAllWantTo) {
    const Socket first(open_listener(loopback()));
    const auto second = backend().listen(listening_at_, {});
    ASSERT_EQ(second.system_errno, 0);
    const Socket closes(second.handle);
    EXPECT_EQ(backend().listen(listening_at_, {.reuses_port = false}).system_errno, EADDRINUSE);
}

TEST_F(EpollTest, AStaleUnixSocketIsReplacedALiveOneAndOtherFilesAreNot) {
    const auto path = unix_path("stale");
    { const Socket goes(open_listener(local(path))); }
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0) << "the file outlives its listener";
    {
        const Socket live(open_listener(local(path), {.local_mode = 0600}));
        ASSERT_EQ(::stat(path.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777U, 0600U);
        EXPECT_EQ(backend().listen(local(path), {}).system_errno, EADDRINUSE);
    }
    ::unlink(path.c_str());

    const auto file = unix_path("file");
    ::close(::creat(file.c_str(), 0600));
    EXPECT_EQ(backend().listen(local(file), {}).system_errno, EADDRINUSE);
    EXPECT_EQ(::stat(file.c_str(), &status), 0) << "what is no socket is left alone";
    ::unlink(file.c_str());
}

TEST_F(EpollTest, ListeningInAFolderThatIsMissingSaysWhy) {
    EXPECT_EQ(backend().listen(local("/nowhere/at/all.sock"), {}).system_errno, ENOENT);
}

TEST_F(EpollTest, AcceptOfNobodyAndRunningOutOfDescriptorsAreToldApart) {
    Socket listener(open_listener(loopback()));
    SystemAddress peer;
    EXPECT_EQ(backend().accept(listener.handle(), peer).system_errno, EAGAIN);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const auto opened = backend().connect(listening_at_);
    const Socket client(opened.handle, Socket::State::connecting);
    const rlimit none{.rlim_cur = static_cast<rlim_t>(client.handle()) + 1, .rlim_max = before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    const auto short_of = backend().accept(listener.handle(), peer);
    const auto no_connect = backend().connect(listening_at_);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_EQ(short_of.system_errno, EMFILE);
    EXPECT_EQ(no_connect.system_errno, EMFILE);
    const auto accepted = backend().accept(listener.handle(), peer);
    ASSERT_NE(accepted.handle, kNoHandle);
    const Socket closes(accepted.handle);
}

TEST_F(EpollTest, WatchingWhatCanNotBeWatchedFailsEveryOperation) {
    const auto file = unix_path("plain");
    const int descriptor = ::creat(file.c_str(), 0600);
    Socket socket(descriptor);
    EXPECT_EQ(socket.watch_error(), EPERM);
    EXPECT_TRUE(socket.may_read() && socket.may_write()) << "nobody waits in vain";
    EXPECT_EQ(write(socket, "x").system_errno(), EPERM);
    char octet = 0;
    EXPECT_EQ(socket.read({&octet, 1}).system_errno(), EPERM);
    ::unlink(file.c_str());
}

// Closes its own socket and another one at the first edge.
struct Closer final : EdgeHook {
    void on_edge(Readiness&) override {
        ++edges;
        if (mine != nullptr) mine->reset();
        if (others != nullptr) others->clear();
    }
    int edges = 0;
    std::unique_ptr<Socket>* mine = nullptr;
    std::vector<std::unique_ptr<Socket>>* others = nullptr;
};

TEST_F(EpollTest, AHookMayDestroyItsSocketAndOthersWithEdgesInTheSameTurn) {
    Socket listener(open_listener(loopback()));
    std::vector<std::unique_ptr<Socket>> near;
    std::vector<std::unique_ptr<Socket>> far;
    for (int i = 0; i < 20; ++i) {
        near.push_back(std::make_unique<Socket>(backend().connect(listening_at_).handle, Socket::State::connecting));
        far.push_back(std::make_unique<Socket>(accept_one(listener)));
    }
    turn();
    Closer closer;
    closer.mine = &near.front();
    closer.others = &near;
    for (auto& socket : near) socket->set_hook(&closer);
    for (auto& socket : far) write(*socket, "x");
    world_.turn_until([&] { return closer.edges != 0; });
    EXPECT_EQ(closer.edges, 1) << "the others are gone before their edges are told";
}

TEST_F(EpollTest, ADescriptorUsedAnewDoesNotGetTheEdgesOfTheOld) {
    make_pair(loopback());
    const auto number = one_->handle();
    write(*other_, "for the old one");
    one_.reset();
    std::vector<std::unique_ptr<Socket>> listeners;
    do listeners.push_back(std::make_unique<Socket>(open_listener(loopback())));
    while (listeners.back()->handle() != number && listeners.size() < 20);
    ASSERT_EQ(listeners.back()->handle(), number);
    turn();
    EXPECT_FALSE(listeners.back()->may_read());
}

// As between fork and exec: the child still holds the description, so closing it here does not take it out of epoll.
TEST_F(EpollTest, AClosedSocketWhoseDescriptionLivesOnTellsNobody) {
    make_pair(loopback());
    const int held = ::dup(one_->handle());
    one_.reset();
    write(*other_, "x");
    for (int i = 0; i < 3; ++i) turn();
    ::close(held);
}

TEST_F(EpollTest, AReleasedHandleGoesOnWithAnotherWorker) {
    make_pair(loopback());
    EXPECT_EQ(write(*one_, "early").octets(), 5U);
    EXPECT_TRUE(world_.turn_until([&] { return other_->may_read(); }));
    const auto handle = other_->release();
    other_.reset();
    std::string got;
    std::thread([&] {
        EpollWorld there;
        Socket socket(handle);
        EXPECT_TRUE(there.turn_until([&] { return socket.may_read(); })) << "what came before the hand-over is an edge, too";
        got = read_some(socket);
        EXPECT_EQ(write(socket, "from there").octets(), 10U);
    }).join();
    EXPECT_EQ(got, "early");
    EXPECT_TRUE(world_.turn_until([&] { return one_->may_read(); }));
    EXPECT_EQ(read_some(*one_), "from there");
}

Task<> wait_readable(Socket& socket, Deadline deadline, std::optional<Result<>>& outcome) { outcome = co_await socket.readable(deadline); }
Task<> wait_writable(Socket& socket, Deadline deadline, std::optional<Result<>>& outcome) { outcome = co_await socket.writable(deadline); }

TEST_F(EpollTest, AWaitEndsWithTheEdgeTheTimeTheStopOrAtOnce) {
    make_pair(loopback());
    std::optional<Result<>> outcome;
    Stop stop;
    Scope scope;
    const auto is_over = [&] { return outcome.has_value(); };
    const auto soon = [&] { return world_.worker().now() + std::chrono::milliseconds(3); };

    scope.spawn(wait_readable(*other_, {}, outcome));
    EXPECT_FALSE(outcome);
    write(*one_, "x");
    EXPECT_TRUE(world_.turn_until(is_over));
    EXPECT_TRUE(outcome->has_value());

    outcome.reset();
    stop.request();
    scope.spawn(wait_readable(*other_, {soon(), &stop}, outcome));
    EXPECT_TRUE(outcome && outcome->has_value()) << "what is there is not waited for";
    read_some(*other_);

    outcome.reset();
    scope.spawn(wait_readable(*other_, {soon(), &stop}, outcome));
    EXPECT_TRUE(world_.turn_until(is_over));
    EXPECT_EQ(outcome->error().code, ErrorCode::cancelled);

    outcome.reset();
    scope.spawn(wait_readable(*other_, {soon(), nullptr}, outcome));
    EXPECT_TRUE(world_.turn_until(is_over));
    EXPECT_EQ(outcome->error().code, ErrorCode::timeout);

    outcome.reset();
    std::optional<Result<>> writing;
    const std::string block(8 << 20U, 'x');
    while (one_->may_write()) write(*one_, block);
    scope.spawn(wait_readable(*one_, {}, outcome));
    scope.spawn(wait_writable(*one_, {}, writing));
    other_->abort_on_close();
    other_.reset();
    EXPECT_TRUE(world_.turn_until([&] { return outcome && writing; })) << "a reset wakes both directions";
    EXPECT_TRUE(outcome->has_value() && writing->has_value());
}

TEST_F(EpollTest, WhatIsLostBeforeAnOctetOfItLeftIsToldApart) {
    struct {
        const char* what;
        bool is_marked, sends_before, resets;
        bool has_lost_all;
    } const rows[] = {
        {"all of it lost", true, false, true, true},
        {"some had left", true, true, true, false},
        {"nobody asked for it to be told", false, false, true, false},
        {"all of it has left", true, false, false, false},
    };
    for (const auto& row : rows) {
        make_pair(loopback());
        write(*one_, "another request, long ago");
        world_.worker().outflow().send();
        ASSERT_TRUE(world_.turn_until([&] { return other_->may_read(); }));
        read_some(*other_);
        if (row.is_marked) one_->mark_sending();
        if (row.sends_before) write(*one_, "a head");
        world_.worker().outflow().send();
        if (row.resets) other_->abort_on_close();
        if (row.resets) other_.reset();
        EXPECT_EQ(write(*one_, "taken, and not sent yet").octets(), 23U) << row.what;
        EXPECT_FALSE(one_->has_lost_all()) << row.what;
        world_.worker().outflow().send();
        EXPECT_EQ(one_->has_lost_all(), row.has_lost_all) << row.what;
        EXPECT_EQ(write(*one_, "x").is_failed(), row.resets) << row.what;
    }
}

// How an accepted socket that nobody has waited for hears of what came before it was watched.
class AcceptedSocket : public EpollTest {
protected:
    void SetUp() override {
        make_pair(loopback());
        other_ = std::make_unique<Socket>(other_->release(), Socket::State::accepted);
    }
    // What is on its way over the loopback is there.
    void settle() {
        for (int i = 0; i < 3; ++i) turn();
    }
    bool waits_for_readable() {
        std::optional<Result<>> outcome;
        Scope scope;
        scope.spawn(wait_readable(*other_, {}, outcome));
        return world_.turn_until([&] { return outcome.has_value(); }) && outcome->has_value();
    }
    std::string read_now() { return read_some(*other_); }
    IoCount read_octet() {
        char octet = 0;
        return other_->read({&octet, 1});
    }
};

TEST_F(AcceptedSocket, WhatCameWithItIsReadWithoutATurn) {
    write(*one_, "early");
    world_.worker().outflow().send();
    EXPECT_TRUE(other_->may_read()) << "nobody knows yet";
    EXPECT_EQ(read_now(), "early");
    EXPECT_FALSE(other_->may_read());
}

TEST_F(AcceptedSocket, WhatComesBeforeItsFirstWaitEndsThatWait) {
    EXPECT_TRUE(read_octet().is_blocked());
    write(*one_, "between");
    settle();
    EXPECT_FALSE(other_->may_read()) << "nobody has told";
    ASSERT_TRUE(waits_for_readable());
    EXPECT_EQ(read_now(), "between");
    write(*one_, "later");
    ASSERT_TRUE(waits_for_readable());
    EXPECT_EQ(read_now(), "later");
}

TEST_F(AcceptedSocket, AnEndOrAResetBeforeItsFirstWaitEndsThatWait) {
    EXPECT_TRUE(read_octet().is_blocked());
    write(*one_, "last words");
    one_->close_write();
    settle();
    ASSERT_TRUE(waits_for_readable());
    EXPECT_TRUE(other_->saw_end());
    EXPECT_EQ(read_now(), "last words");
    EXPECT_TRUE(read_octet().is_end());

    SetUp();
    EXPECT_TRUE(read_octet().is_blocked());
    one_->abort_on_close();
    one_.reset();
    settle();
    ASSERT_TRUE(waits_for_readable());
    EXPECT_EQ(read_octet().system_errno(), ECONNRESET);
}

TEST_F(AcceptedSocket, AHookIsToldOfWhatWasThereBefore) {
    write(*one_, "x");
    one_->close_write();
    settle();
    EXPECT_EQ(read_now(), "x");
    Closer closer;
    other_->set_hook(&closer);
    EXPECT_FALSE(other_->saw_end());
    EXPECT_TRUE(world_.turn_until([&] { return closer.edges != 0; }));
    EXPECT_TRUE(other_->saw_end());
}

TEST_F(AcceptedSocket, WhatItHasNoRoomForLeavesThoughNobodyWaits) {
    const std::string block(64 * 1024, 'x');
    std::size_t written = 0;
    while (other_->may_write()) {
        const auto count = write(*other_, block);
        if (count.is_some()) written += count.octets();
    }
    std::size_t read = 0;
    while (read < written) {
        ASSERT_TRUE(world_.turn_until([&] { return one_->may_read(); }));
        read += read_some(*one_, 64 * 1024).size();
    }
    EXPECT_TRUE(world_.turn_until([&] { return other_->may_write(); })) << "room is an edge, though what comes was never waited for";
    write(*other_, "small");
    ASSERT_TRUE(world_.turn_until([&] { return one_->may_read(); }));
    EXPECT_EQ(read_some(*one_), "small");
    EXPECT_TRUE(read_octet().is_blocked());
    write(*one_, "answer");
    ASSERT_TRUE(waits_for_readable());
    EXPECT_EQ(read_now(), "answer");
}

TEST_F(AcceptedSocket, GoesToAnotherWorkerUnwatched) {
    write(*one_, "x");
    other_ = std::make_unique<Socket>(other_->release(), Socket::State::accepted);
    settle();
    EXPECT_EQ(read_now(), "x");
}

TEST_F(EpollTest, RoomIsNoEdgeUnlessItWasLacking) {
    make_pair(loopback());
    other_ = std::make_unique<Socket>(other_->release());
    Closer closer;
    other_->set_hook(&closer);
    for (int i = 0; i < 3; ++i) turn();
    EXPECT_EQ(closer.edges, 0);
    EXPECT_TRUE(other_->may_write());
}

TEST_F(EpollTest, AWaitForWhatCanNotBeWatchedIsOverAtOnce) {
    const auto file = unix_path("unwatchable");
    Socket socket(::creat(file.c_str(), 0600), Socket::State::accepted);
    EXPECT_EQ(socket.watch_error(), 0) << "nobody has asked yet";
    char octet = 0;
    EXPECT_EQ(socket.read({&octet, 1}).system_errno(), ENOTSOCK);
    socket.drained();
    std::optional<Result<>> outcome;
    Scope scope;
    scope.spawn(wait_readable(socket, {}, outcome));
    EXPECT_TRUE(world_.turn_until([&] { return outcome.has_value(); }));
    EXPECT_EQ(socket.read({&octet, 1}).system_errno(), EPERM);
    EXPECT_EQ(write(socket, "x").system_errno(), EPERM);
    ::unlink(file.c_str());
}

TEST_F(EpollTest, WakeFromAnotherThreadEndsAPollWithoutALimit) {
    std::thread waker([&] { backend().wake(); });
    backend().poll(kNever);
    waker.join();
    for (int i = 0; i < 3; ++i) {
        backend().wake();
        backend().wake();
        backend().poll(kNever);
    }
}

}  // namespace
}  // namespace weir::io
