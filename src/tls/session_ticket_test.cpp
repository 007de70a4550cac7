#include "tls/session_ticket.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <cstring>
#include <string>
#include <vector>

#include "tls/hello_view.h"
#include "tls/owned.h"
#include "tls/ticket_keys.h"

namespace weir::tls {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct Parsed {
    std::uint32_t lifetime = 0;
    std::string_view age_add;
    std::string_view ticket;
};

std::uint32_t four_octets(std::string_view at) { return static_cast<std::uint32_t>(two_octets(at)) << 16 | two_octets(at.substr(2)); }

// RFC 8446 4.6.1, nothing left over.
Parsed parse(std::string_view message) {
    EXPECT_EQ(message.substr(0, 2), std::string_view("\4\0", 2));
    EXPECT_EQ(two_octets(message.substr(2)), message.size() - 4);
    EXPECT_EQ(message.substr(12, 2), std::string_view("\1\0", 2)) << "nonce";
    const std::size_t octets = two_octets(message.substr(14));
    EXPECT_EQ(message.substr(16 + octets), std::string_view("\0\0", 2)) << "extensions";
    return {four_octets(message.substr(4)), message.substr(8, 4), message.substr(16, octets)};
}

// What OpenSSL does with it once the key is found.
Owned<ssl_session_st> opened(const TicketKey& key, std::string_view ticket) {
    const auto* at = reinterpret_cast<const std::uint8_t*>(ticket.data());
    const Octets covered{at, ticket.size() - 32};
    const Octets parts[] = {covered};
    std::uint8_t mac[32];
    hmac(SuiteDigest::sha256, key.mac_key, parts, mac);
    EXPECT_EQ(std::memcmp(mac, at + covered.size(), sizeof mac), 0);
    EXPECT_EQ(std::memcmp(key.name.data(), at, 16), 0);
    Bytes session(covered.size());
    int begun = 0;
    int ended = 0;
    auto* ctx = EVP_CIPHER_CTX_new();
    EVP_DecryptInit_ex(ctx, EVP_aes_256_cbc(), nullptr, key.cipher_key.data(), at + 16);
    EVP_DecryptUpdate(ctx, session.data(), &begun, at + 32, static_cast<int>(covered.size() - 32));
    EXPECT_EQ(EVP_DecryptFinal_ex(ctx, session.data() + begun, &ended), 1);
    EVP_CIPHER_CTX_free(ctx);
    const auto* in = session.data();
    Owned<ssl_session_st> made(d2i_SSL_SESSION(nullptr, &in, begun + ended));
    EXPECT_EQ(in, session.data() + begun + ended);
    return made;
}

Bytes octets(std::size_t count, std::uint8_t first) {
    Bytes made(count);
    for (auto& octet : made) octet = first++;
    return made;
}

// OpenSSL 3.3 brought a time that outlasts 2038 everywhere, 3.4 warns of the older one.
std::int64_t begun_of(const SSL_SESSION* session) {
#if OPENSSL_VERSION_NUMBER >= 0x30300000L
    return SSL_SESSION_get_time_ex(session);
#else
    return SSL_SESSION_get_time(session);
#endif
}

TEST(SessionTicketTest, TheLibraryReadsWhatWasPutIn) {
    const auto key = make_ticket_key();
    struct Row {
        std::uint16_t suite;
        SuiteDigest digest;
        std::size_t scope;
        std::int64_t begun_s;
        std::uint32_t lifetime_s;
        std::uint32_t told_s;
    };
    for (const auto& row :
         {Row{0x1301, SuiteDigest::sha256, 32, 1'795'000'000, 86'400, 86'400}, Row{0x1303, SuiteDigest::sha256, 0, 127, 1, 1},
          Row{0x1302, SuiteDigest::sha384, 32, 0x1'8000'0000, 700'000, 604'800},
          Row{0x1302, SuiteDigest::sha384, 1, 128, 0x7fff'ffff, 604'800}}) {
        const auto secret = octets(octets_of(row.digest), 7);
        const auto scope = octets(row.scope, 99);
        const auto made = TicketMessage::make(key, {.suite = row.suite,
                                                    .digest = row.digest,
                                                    .resumption_secret = secret,
                                                    .scope = scope,
                                                    .begun_s = row.begun_s,
                                                    .lifetime_s = row.lifetime_s});
        ASSERT_TRUE(made);
        const auto parsed = parse(made->octets());
        EXPECT_EQ(parsed.lifetime, row.told_s);
        const auto session = opened(key, parsed.ticket);
        ASSERT_NE(session, nullptr);
        EXPECT_EQ(SSL_SESSION_get_protocol_version(session.get()), TLS1_3_VERSION);
        EXPECT_EQ(SSL_CIPHER_get_protocol_id(SSL_SESSION_get0_cipher(session.get())), row.suite);
        EXPECT_EQ(begun_of(session.get()), row.begun_s);
        EXPECT_EQ(SSL_SESSION_get_timeout(session.get()), static_cast<long>(row.lifetime_s));
        EXPECT_EQ(SSL_SESSION_get_max_early_data(session.get()), 0U);
        unsigned size = 0;
        const auto* context = SSL_SESSION_get0_id_context(session.get(), &size);
        EXPECT_EQ(Bytes(context, context + size), scope);
        Bytes psk(octets_of(row.digest));
        constexpr std::uint8_t kNonce = 0;
        expand_label(row.digest, secret, "tls13 ", "resumption", {&kNonce, 1}, psk);
        Bytes held(64);
        held.resize(SSL_SESSION_get_master_key(session.get(), held.data(), held.size()));
        EXPECT_EQ(held, psk);
    }
}

TEST(SessionTicketTest, NoTwoAreAlike) {
    const auto key = make_ticket_key();
    const auto secret = octets(32, 1);
    const TicketContent content{.suite = 0x1301, .resumption_secret = secret, .scope = secret, .begun_s = 1, .lifetime_s = 1};
    const auto one = TicketMessage::make(key, content);
    const auto other = TicketMessage::make(key, content);
    EXPECT_NE(parse(one->octets()).age_add, parse(other->octets()).age_add);
    EXPECT_NE(parse(one->octets()).ticket.substr(16, 16), parse(other->octets()).ticket.substr(16, 16)) << "IV";
    EXPECT_FALSE(TicketMessage::make(key, {.resumption_secret = secret, .scope = octets(33, 1)}));
}

}  // namespace
}  // namespace weir::tls
