#include "tls/session_shelf.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

namespace weir::tls {
namespace {

Owned<ssl_session_st> session(int version = TLS1_3_VERSION) {
    Owned<ssl_session_st> made(SSL_SESSION_new());
    SSL_SESSION_set_protocol_version(made.get(), version);
    return made;
}

TEST(SessionShelfTest, ASessionOfTls13IsTakenOnceTheNewestFirst) {
    SessionShelf shelf;
    EXPECT_EQ(shelf.take("a"), nullptr);
    auto one = session();
    auto two = session();
    const auto* first = one.get();
    const auto* second = two.get();
    shelf.put("a", std::move(one));
    shelf.put("a", std::move(two));
    EXPECT_EQ(shelf.take("b"), nullptr);
    EXPECT_EQ(shelf.take("a").get(), second);
    EXPECT_EQ(shelf.take("a").get(), first);
    EXPECT_EQ(shelf.take("a"), nullptr);
}

TEST(SessionShelfTest, OneOfTls12StaysAndOnlyTheNewest) {
    SessionShelf shelf;
    shelf.put("a", session(TLS1_2_VERSION));
    auto newer = session(TLS1_2_VERSION);
    const auto* newest = newer.get();
    shelf.put("a", std::move(newer));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(shelf.take("a").get(), newest);
    shelf.forget("a");
    EXPECT_EQ(shelf.take("a"), nullptr);
}

TEST(SessionShelfTest, AHostKeepsAFewAndTheOldestGoes) {
    SessionShelf shelf;
    for (std::size_t i = 0; i < SessionShelf::kSessionsAHostMax + 3; ++i) shelf.put("a", session());
    std::size_t kept = 0;
    while (shelf.take("a") != nullptr) ++kept;
    EXPECT_EQ(kept, SessionShelf::kSessionsAHostMax);
}

TEST(SessionShelfTest, WhoWasNotAskedForLongestGoesFirst) {
    SessionShelf shelf;
    for (std::size_t i = 0; i < SessionShelf::kHostsMax; ++i) shelf.put("host " + std::to_string(i), session(TLS1_2_VERSION));
    EXPECT_NE(shelf.take("host 0"), nullptr);
    shelf.put("one more", session());
    EXPECT_EQ(shelf.size(), SessionShelf::kHostsMax);
    EXPECT_NE(shelf.take("host 0"), nullptr);
    EXPECT_EQ(shelf.take("host 1"), nullptr);
    EXPECT_NE(shelf.take("one more"), nullptr);
    shelf.forget("nobody");
    shelf.forget("host 2");
    EXPECT_EQ(shelf.size(), SessionShelf::kHostsMax - 1);
}

}  // namespace
}  // namespace weir::tls
