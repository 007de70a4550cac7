#include "net/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstring>

namespace weir::net {
namespace {

struct IpCase {
    const char* text;
    const char* canonical;  // nullptr: refused
};

TEST(Ip, ReadsAndWritesTheCanonicalText) {
    const IpCase cases[] = {
        {"10.0.0.1", "10.0.0.1"},
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"256.0.0.1", nullptr},
        {"010.0.0.1", nullptr},
        {"10.0.0", nullptr},
        {"10.0.0.1.2", nullptr},
        {"10.0.0.", nullptr},
        {".10.0.0", nullptr},
        {"10..0.1", nullptr},
        {" 10.0.0.1", nullptr},
        {"10.0.0.1 ", nullptr},
        {"+1.0.0.1", nullptr},
        {"0x10.0.0.1", nullptr},
        {"", nullptr},
        {"::", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"2001:DB8::A", "2001:db8::a"},
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},     // RFC 5952 4.2.3: the first of equal runs
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // 4.2.2: one group alone is not shortened
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},           // 4.2.3: the longest run
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
        {"::ffff:10.0.0.1", "::ffff:10.0.0.1"},
        {"::10.0.0.1", "::a00:1"},
        {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
        {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
        {"1:2:3:4:5:6:7:1.2.3.4", nullptr},
        {"1:2:3:4:5:6:7:8::", nullptr},
        {"1:2:3:4:5:6:7", nullptr},
        {"1:2:3:4:5:6:7:8:9", nullptr},
        {"1::2::3", nullptr},
        {":::", nullptr},
        {":1", nullptr},
        {"1:", nullptr},
        {"::1:", nullptr},
        {"12345::", nullptr},
        {"::g", nullptr},
        {"[::1]", nullptr},
        {"fe80::1%eth0", nullptr},
        {"1.2.3.4::", nullptr},
        {"::1.2.3.4:5", nullptr},
    };
    for (const auto& [text, canonical] : cases) {
        const auto ip = Ip::parse(text);
        ASSERT_EQ(ip.has_value(), canonical != nullptr) << text;
        if (!ip) continue;
        EXPECT_EQ(ip->text(), canonical) << text;
        EXPECT_EQ(Ip::parse(ip->text()), ip) << text;
        in6_addr six{};
        in_addr four{};
        const bool agrees = ip->family == Family::ipv4
                                ? inet_pton(AF_INET, text, &four) == 1 && std::memcmp(&four, ip->octets.data(), 4) == 0
                                : inet_pton(AF_INET6, text, &six) == 1 && std::memcmp(&six, ip->octets.data(), 16) == 0;
        EXPECT_TRUE(agrees) << text;
    }
}

TEST(Ip, MappedAddressesMeanIpv4) {
    EXPECT_EQ(Ip::parse("::ffff:10.0.0.1")->unmapped(), Ip::parse("10.0.0.1"));
    EXPECT_EQ(Ip::parse("::10.0.0.1")->unmapped(), Ip::parse("::10.0.0.1"));
    EXPECT_EQ(Ip::parse("::1")->unmapped(), Ip::parse("::1"));
    EXPECT_EQ(Ip{}.text(), "");
    EXPECT_EQ((Ip{.family = Family::local, .octets = {}}.text()), "unix:");
}

TEST(Network, HoldsWhatItsPrefixSays) {
    struct {
        const char* network;
        const char* ip;
        bool holds;
    } const cases[] = {
        {"10.0.0.0/8", "10.255.1.2", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.0/8", "::ffff:10.1.1.1", true},
        {"0.0.0.0/0", "1.2.3.4", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "::1", true},
        {"::/0", "1.2.3.4", false},
        {"10.1.2.3", "10.1.2.3", true},
        {"10.1.2.3", "10.1.2.2", false},
        {"192.168.4.0/22", "192.168.7.9", true},
        {"192.168.4.0/22", "192.168.8.0", false},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"::1/128", "::1", true},
        {"::ffff:10.0.0.0/104", "10.9.9.9", true},
    };
    for (const auto& [network, ip, holds] : cases) {
        const auto parsed = Network::parse(network);
        ASSERT_TRUE(parsed) << network;
        EXPECT_EQ(parsed->contains(*Ip::parse(ip)), holds) << network << " " << ip;
        EXPECT_EQ(Network::parse(parsed->text()), parsed) << network;
    }
}

TEST(Network, RefusesHostBitsAndNonsense) {
    for (const char* text :
         {"10.0.0.1/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1", "/8", "2001:db8::1/32", "10.0.0.0/8/8", ""})
        EXPECT_FALSE(Network::parse(text)) << text;
}

TEST(Address, ReadsWritesAndSpeaksToTheSystem) {
    for (const char* text : {"10.0.0.1:80", "0.0.0.0:0", "[::1]:8080", "[2001:db8::1]:65535", "unix:/run/app.sock", "unix:@weir"}) {
        const auto address = Address::parse(text);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(address->text(), text);
        sockaddr_storage system{};
        const auto octets = address->to(system);
        ASSERT_GT(octets, 0U) << text;
        EXPECT_EQ(Address::from(reinterpret_cast<sockaddr*>(&system), octets).text(), text);
    }
}

TEST(Address, RefusesWhatIsNoAddress) {
    for (const char* text :
         {"10.0.0.1", "10.0.0.1:", "10.0.0.1:65536", "10.0.0.1:080", "10.0.0.1:+80", "::1:80", "[::1]", "[::1]80", "[10.0.0.1]:80",
          "[::1:80", "name:80", "unix:", "unix:app.sock", "unix:/", "unix:@", ":80", "", "10.0.0.1:80:80"})
        EXPECT_FALSE(Address::parse(text)) << text;
    EXPECT_FALSE(Address::parse("unix:/" + std::string(107, 'a')));
    EXPECT_TRUE(Address::parse("unix:/" + std::string(106, 'a')));
    sockaddr_storage system{};
    EXPECT_EQ((Address{.ip = {}, .path = "/" + std::string(107, 'a')}.to(system)), 0U);
    EXPECT_EQ(Address{}.to(system), 0U);
}

TEST(Address, DualStackSocketsReportIpv4AsIpv4) {
    auto mapped = Address{.ip = *Ip::parse("::ffff:10.0.0.1"), .port = 80, .path = {}};
    sockaddr_storage system{};
    const auto octets = mapped.to(system);
    EXPECT_EQ(Address::from(reinterpret_cast<sockaddr*>(&system), octets).text(), "10.0.0.1:80");
}

TEST(Address, NamelessUnixSocketIsLocal) {
    sockaddr system{};
    system.sa_family = AF_UNIX;
    const auto address = Address::from(&system, sizeof(sa_family_t));
    EXPECT_EQ(address.ip.family, Family::local);
    EXPECT_EQ(address.text(), "unix:");
    EXPECT_EQ(Address::from(nullptr, 0).family(), Family::none);
    EXPECT_EQ(Address::from(&system, 0).family(), Family::none);
}

TEST(HostPort, ReadsNamesAddressesAndSockets) {
    struct {
        const char* text;
        const char* shown;  // nullptr: refused
        bool is_literal;
    } const cases[] = {
        {"localhost:3000", "localhost:3000", false},
        {"App.Internal", "app.internal:80", false},
        {"app.internal.:81", "app.internal.:81", false},
        {"my_service-1", "my_service-1:80", false},
        {"10.0.0.1", "10.0.0.1:80", true},
        {"10.0.0.1:8080", "10.0.0.1:8080", true},
        {"[::1]", "[::1]:80", true},
        {"[::1]:81", "[::1]:81", true},
        {"[2001:DB8:0:0::1]:81", "[2001:db8::1]:81", true},
        {"unix:/run/app.sock", "unix:/run/app.sock", true},
        {"::1", nullptr, false},
        {"localhost:0", nullptr, false},
        {"localhost:", nullptr, false},
        {"localhost:80a", nullptr, false},
        {"", nullptr, false},
        {":80", nullptr, false},
        {"-a", nullptr, false},
        {"a-", nullptr, false},
        {"a..b", nullptr, false},
        {".", nullptr, false},
        {"a b", nullptr, false},
        {"http://a", nullptr, false},
        {"10.0.0.256", nullptr, false},
        {"10.1", nullptr, false},
        {"[name]:80", nullptr, false},
    };
    for (const auto& [text, shown, is_literal] : cases) {
        const auto server = HostPort::parse(text, 80);
        ASSERT_EQ(server.has_value(), shown != nullptr) << text;
        if (!server) continue;
        EXPECT_EQ(server->text(), shown);
        EXPECT_EQ(HostPort::parse(server->text(), 1), server) << text;
        EXPECT_EQ(server->literal().has_value(), is_literal) << text;
        if (server->literal()) EXPECT_EQ(server->literal()->text(), shown);
    }
    EXPECT_FALSE(HostPort::parse(std::string(64, 'a') + ".x", 80));
}

}  // namespace
}  // namespace weir::net
