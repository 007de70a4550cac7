// The resolver against a name server on the loopback: real sockets, no outside world.
#include "net/resolver.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>

#include "io/socket.h"
#include "io/test_world.h"

namespace weir::net {
namespace {

constexpr int kTypeA = 1;
constexpr int kTypeAaaa = 28;

// Answers from a table; a name that is not in it does not exist. Polled by the test, between the worker's turns.
class NameServer final : public io::EdgeHook {
public:
    struct Zone {
        std::vector<std::string> v4, v6;
        std::uint32_t ttl = 60;
        bool is_silent = false;
        bool is_long = false;  // too long for a datagram: asked for again over TCP
    };

    NameServer() {
        // The port that the system gives for datagrams may be taken for streams: then another one.
        for (int tries = 0; tries < 100 && !opens_both(); ++tries) {
            ::close(descriptor_);
            ::close(listener_);
        }
        socket_.emplace(descriptor_);
        socket_->set_hook(this);
        EXPECT_EQ(::listen(listener_, 8), 0);
        accepting_.hook.server = this;
        accepting_.socket.emplace(listener_);
        accepting_.socket->set_hook(&accepting_.hook);
    }
    const std::string& address() const { return address_; }
    std::map<std::string, Zone> zones;
    int asked = 0;
    int asked_over_tcp = 0;

private:
    bool opens_both() {
        sockaddr_in at{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}};
        socklen_t octets = sizeof at;
        auto* system = reinterpret_cast<sockaddr*>(&at);
        descriptor_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (::bind(descriptor_, system, octets) != 0 || ::getsockname(descriptor_, system, &octets) != 0) return false;
        address_ = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
        return ::bind(listener_, system, octets) == 0;
    }

    struct Accepting {
        struct Hook final : io::EdgeHook {
            void on_edge(io::Readiness&) override { server->accept(); }
            NameServer* server = nullptr;
        } hook;
        std::optional<io::Socket> socket;
    };
    struct Connection final : io::EdgeHook {
        Connection(NameServer& owner, int descriptor) : server(owner), socket(descriptor) { socket.set_hook(this); }
        // RFC 1035 4.2.2: two octets of length before each message. Sent in two parts, as a stream may cut it anywhere.
        void on_edge(io::Readiness&) override {
            char room[512];
            const auto count = ::recv(socket.handle(), room, sizeof room, 0);
            if (count > 0) heard.append(room, static_cast<std::size_t>(count));
            while (heard.size() >= 2 && heard.size() >= 2U + static_cast<std::uint8_t>(heard[1])) {
                const std::size_t octets = 2U + static_cast<std::uint8_t>(heard[1]);
                const auto answer = server.answer_to(std::string_view(heard).substr(2, octets - 2), true);
                heard.erase(0, octets);
                const std::string length{static_cast<char>(answer.size() >> 8U), static_cast<char>(answer.size() & 0xffU)};
                ::send(socket.handle(), length.data(), 2, 0);
                ::send(socket.handle(), answer.data(), answer.size(), 0);
            }
        }
        NameServer& server;
        io::Socket socket;
        std::string heard;
    };

    void accept() {
        for (;;) {
            const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (descriptor < 0) return;
            connections_.push_back(std::make_unique<Connection>(*this, descriptor));
        }
    }

    void on_edge(io::Readiness&) override {
        for (;;) {
            char room[512];
            sockaddr_in from{};
            socklen_t octets = sizeof from;
            const auto count = ::recvfrom(descriptor_, room, sizeof room, 0, reinterpret_cast<sockaddr*>(&from), &octets);
            if (count <= 0) return;
            const auto answer = answer_to({room, static_cast<std::size_t>(count)}, false);
            if (answer.empty()) continue;
            ::sendto(descriptor_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), octets);
        }
    }

    // RFC 1035 4.1.
    std::string answer_to(std::string_view query, bool is_tcp) {
        ++(is_tcp ? asked_over_tcp : asked);
        std::string name;
        std::size_t at = 12;
        while (query[at] != 0) {
            const auto length = static_cast<std::size_t>(query[at]);
            name += (name.empty() ? "" : ".") + std::string(query.substr(at + 1, length));
            at += length + 1;
        }
        const int type = static_cast<std::uint8_t>(query[at + 1]) << 8U | static_cast<std::uint8_t>(query[at + 2]);
        const auto zone = zones.find(name);
        if (zone != zones.end() && zone->second.is_silent) return {};
        static const std::vector<std::string> kNone;
        const auto& addresses = zone == zones.end() ? kNone
                                : type == kTypeA    ? zone->second.v4
                                : type == kTypeAaaa ? zone->second.v6
                                                    : kNone;
        std::string out(query.substr(0, 2));
        if (zone != zones.end() && zone->second.is_long && !is_tcp)
            return out + '\x86' + std::string("\0\0\1\0\0\0\0\0\0", 9) + std::string(query.substr(12, at + 5 - 12));
        out += '\x84';
        out += zone == zones.end() ? '\x03' : '\x00';
        out += std::string("\0\1\0", 3) + static_cast<char>(addresses.size()) + std::string(4, '\0');
        out += query.substr(12, at + 5 - 12);
        for (const auto& address : addresses) out += record(address, type, zone->second.ttl);
        return out;
    }

    static std::string record(const std::string& address, int type, std::uint32_t ttl) {
        std::string out("\xc0\x0c\0", 3);
        out += static_cast<char>(type);
        out += std::string("\0\1", 2);
        const auto wire = htonl(ttl);
        out.append(reinterpret_cast<const char*>(&wire), 4);
        char octets[16];
        const int size = type == kTypeA ? 4 : 16;
        EXPECT_EQ(::inet_pton(type == kTypeA ? AF_INET : AF_INET6, address.c_str(), octets), 1);
        return out + '\0' + static_cast<char>(size) + std::string(octets, static_cast<std::size_t>(size));
    }

    int descriptor_;
    std::string address_;
    std::optional<io::Socket> socket_;
    int listener_;
    Accepting accepting_;
    std::vector<std::unique_ptr<Connection>> connections_;
};

io::Task<> ask(Resolver& resolver, std::string name, io::Deadline deadline, std::optional<Result<Resolution>>& into) {
    auto result = co_await resolver.resolve(std::move(name), deadline);
    into.emplace(std::move(result));
}

io::Task<> close(Resolver& resolver) { co_await resolver.close(); }

class ResolverTest : public testing::Test {
protected:
    ~ResolverTest() override {
        if (resolver_) EXPECT_TRUE(world_.run(close(*resolver_)));
    }
    void open(ResolverOptions options = {}) {
        options.servers = {server_.address()};
        resolver_ = make_resolver(options);
    }
    Result<Resolution> resolve(const std::string& name, Duration within = std::chrono::seconds(20)) {
        if (!resolver_) open();
        std::optional<Result<Resolution>> result;
        EXPECT_TRUE(world_.run(ask(*resolver_, name, {world_.worker().now() + within, nullptr}, result)));
        return *result;
    }
    static std::string text(const Result<Resolution>& result) {
        if (!result) return std::string(word_of(result.error().code));
        std::string all;
        for (const auto& ip : result->addresses) all += ip.text() + ' ';
        return all + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(result->ttl).count()) + "s";
    }

    io::EpollWorld world_;
    NameServer server_;
    std::unique_ptr<Resolver> resolver_;
};

TEST_F(ResolverTest, AddressesOfBothFamiliesWithTheShortestTtl) {
    server_.zones["both.test"] = {.v4 = {"192.0.2.2", "192.0.2.1"}, .v6 = {"2001:db8::1"}, .ttl = 30};
    server_.zones["four.test"] = {.v4 = {"192.0.2.7"}, .ttl = 0};
    server_.zones["six.test"] = {.v6 = {"2001:db8::7"}};
    server_.zones["none.test"] = {};
    EXPECT_EQ(text(resolve("both.test")), "192.0.2.1 192.0.2.2 2001:db8::1 30s");
    EXPECT_EQ(text(resolve("four.test")), "192.0.2.7 0s");
    EXPECT_EQ(text(resolve("six.test")), "2001:db8::7 60s");
    EXPECT_EQ(text(resolve("none.test")), "unresolved");
    EXPECT_EQ(text(resolve("unknown.test")), "unresolved");
}

TEST_F(ResolverTest, ManyAddresses) {
    auto& zone = server_.zones["many.test"];
    for (int i = 1; i <= 25; ++i) zone.v4.push_back("192.0.2." + std::to_string(i));
    const auto result = resolve("many.test");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->addresses.size(), 25U);
}

TEST_F(ResolverTest, WhatIsTooLongForADatagramComesOverTcp) {
    auto& zone = server_.zones["long.test"];
    for (int i = 1; i <= 100; ++i) zone.v4.push_back("192.0.2." + std::to_string(i));
    zone.is_long = true;
    for (int i = 0; i < 3; ++i) {
        const auto result = resolve("long.test");
        ASSERT_TRUE(result);
        EXPECT_EQ(result->addresses.size(), 100U);
    }
    EXPECT_GE(server_.asked_over_tcp, 1);  // newer libraries remember answers
}

TEST_F(ResolverTest, TheHostsFileComesFirst) {
    const auto result = resolve("localhost");
    ASSERT_TRUE(result);
    const auto loopback = *Ip::parse("127.0.0.1");
    EXPECT_NE(std::ranges::find(result->addresses, loopback), result->addresses.end());
    EXPECT_EQ(server_.asked, 0);
}

TEST_F(ResolverTest, ASilentServerEndsAtTheDeadline) {
    server_.zones["silent.test"] = {.is_silent = true};
    const auto result = resolve("silent.test", std::chrono::milliseconds(50));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::timeout);
    EXPECT_EQ(text(resolve("unknown.test")), "unresolved") << "others go on";
}

TEST_F(ResolverTest, ASilentServerEndsAfterItsTries) {
    open({.servers = {}, .try_timeout = std::chrono::milliseconds(20), .tries = 2});
    server_.zones["silent.test"] = {.is_silent = true};
    const auto result = resolve("silent.test");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::unresolved);
    EXPECT_GE(server_.asked, 2);
}

TEST_F(ResolverTest, ManyAtOnceAndSomeGiveUp) {
    for (int i = 0; i < 100; ++i) server_.zones["n" + std::to_string(i) + ".test"] = {.v4 = {"192.0.2.1"}, .is_silent = i % 10 == 0};
    open();
    io::Scope scope;
    io::Stop stop;
    std::vector<std::optional<Result<Resolution>>> results(100);
    for (int i = 0; i < 100; ++i)
        scope.spawn(ask(*resolver_, "n" + std::to_string(i) + ".test", {kNever, &stop}, results[static_cast<std::size_t>(i)]));
    EXPECT_TRUE(world_.turn_until([&] { return scope.running() == 10; }));
    stop.request();
    EXPECT_TRUE(world_.turn_until([&] { return scope.running() == 0; }));
    for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(results[i]->has_value(), i % 10 != 0) << i;
}

TEST_F(ResolverTest, ClosingEndsWhatIsUnderWay) {
    server_.zones["silent.test"] = {.is_silent = true};
    open();
    io::Scope scope;
    std::optional<Result<Resolution>> result;
    scope.spawn(ask(*resolver_, "silent.test", {}, result));
    EXPECT_TRUE(world_.run(close(*resolver_)));
    EXPECT_TRUE(world_.turn_until([&] { return scope.running() == 0; }));
    ASSERT_TRUE(result);
    EXPECT_FALSE(result->has_value());
}

TEST_F(ResolverTest, ServersThatAreNoneAreRefused) { EXPECT_THROW(make_resolver({.servers = {"not an address"}}), std::runtime_error); }

}  // namespace
}  // namespace weir::net
