#include "proxy/connection_limits.h"

#include <gtest/gtest.h>

#include <memory>

namespace weir::proxy {
namespace {

using Verdict = ConnectionLimits::Verdict;

net::Ip ip(const char* text) { return net::Ip::parse(text).value_or(net::Ip{}); }

TEST(ConnectionLimits, AllTogether) {
    const auto limits = std::make_unique<ConnectionLimits>(7);
    EXPECT_EQ(limits->enter(ip("10.0.0.1"), 2, 10), Verdict::admitted);
    EXPECT_EQ(limits->enter(ip("10.0.0.2"), 2, 10), Verdict::admitted);
    EXPECT_EQ(limits->enter(ip("10.0.0.3"), 2, 10), Verdict::too_many);
    limits->leave(ip("10.0.0.1"));
    EXPECT_EQ(limits->enter(ip("10.0.0.3"), 2, 10), Verdict::admitted);
    EXPECT_EQ(limits->connections(), 2U);
}

TEST(ConnectionLimits, OneClient) {
    const auto limits = std::make_unique<ConnectionLimits>(7);
    EXPECT_EQ(limits->enter(ip("10.0.0.1"), 100, 1), Verdict::admitted);
    EXPECT_EQ(limits->enter(ip("10.0.0.1"), 100, 1), Verdict::too_many_of_client);
    EXPECT_EQ(limits->enter(ip("::ffff:10.0.0.1"), 100, 1), Verdict::too_many_of_client) << "the same client, written as IPv6";
    EXPECT_EQ(limits->connections(), 1U) << "a refused connection is not counted";
    limits->leave(ip("10.0.0.1"));
    EXPECT_EQ(limits->enter(ip("10.0.0.1"), 100, 1), Verdict::admitted);
}

TEST(ConnectionLimits, AnIpv6ClientIsItsNetwork) {
    const auto limits = std::make_unique<ConnectionLimits>(7);
    EXPECT_EQ(limits->enter(ip("2001:db8:1:2::1"), 100, 1), Verdict::admitted);
    EXPECT_EQ(limits->enter(ip("2001:db8:1:2:ffff::2"), 100, 1), Verdict::too_many_of_client);
    EXPECT_EQ(limits->enter(ip("2001:db8:1:3::1"), 100, 1), Verdict::admitted);
}

}  // namespace
}  // namespace weir::proxy
