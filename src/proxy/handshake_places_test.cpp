#include "proxy/handshake_places.h"

#include <gtest/gtest.h>

#include <deque>

namespace weir::proxy {
namespace {

net::Ip ip_of(std::string_view text) { return *net::Ip::parse(text); }

class HandshakePlacesTest : public ::testing::Test {
protected:
    static constexpr std::size_t kMax = 160;  // a share is 20

    // How many the client gets.
    std::size_t take(std::string_view client, std::size_t wanted) {
        std::size_t got = 0;
        for (; got < wanted && places_.has_room_for(ip_of(client), kMax); ++got) taken_.emplace_back(places_, ip_of(client));
        return got;
    }

    HandshakePlaces places_;
    std::deque<HandshakePlaces::Place> taken_;
};

TEST_F(HandshakePlacesTest, OneClientGetsHalfOfThem) {
    EXPECT_EQ(take("192.0.2.1", 1000), kMax / 2);
    EXPECT_EQ(take("192.0.2.2", 1000), 20U) << "another still gets a share";
    EXPECT_EQ(take("2001:db8::1", 15), 15U);
    EXPECT_EQ(take("2001:db8::ffff", 1000), 5U) << "of the same /64";
    EXPECT_EQ(take("2001:db8:0:1::1", 1000), 20U);
}

TEST_F(HandshakePlacesTest, AllOfThemAreAllThereAre) {
    std::size_t got = 0;
    for (int i = 1; i < 200; ++i) got += take("198.51.100." + std::to_string(i), 1);
    EXPECT_EQ(got, kMax);
    EXPECT_EQ(take("203.0.113.1", 1), 0U);
    taken_.pop_front();
    EXPECT_EQ(take("203.0.113.1", 2), 1U) << "who ends gives a place back";
}

TEST_F(HandshakePlacesTest, FewPlacesAreForWhoeverComes) {
    EXPECT_TRUE(places_.has_room_for(ip_of("192.0.2.1"), 5));
    take("192.0.2.1", 4);
    EXPECT_TRUE(places_.has_room_for(ip_of("192.0.2.1"), 5));
    take("192.0.2.1", 1);
    EXPECT_FALSE(places_.has_room_for(ip_of("192.0.2.1"), 5));
}

}  // namespace
}  // namespace weir::proxy
