// The key schedule against the values of RFC 8448, and the library's provider against ours.
#include "tls/key_schedule.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <vector>

#include "base/random.h"
#include "tls/library_provider.h"

namespace weir::tls {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes hex(std::string_view text) {
    Bytes octets;
    std::string digits;
    for (const char c : text) {
        if (c == ' ') continue;
        digits += c;
        if (digits.size() < 2) continue;
        octets.push_back(static_cast<std::uint8_t>(std::stoi(digits, nullptr, 16)));
        digits.clear();
    }
    return octets;
}

Bytes random_octets(Random& random, std::size_t octets) {
    Bytes made(octets);
    for (auto& octet : made) octet = static_cast<std::uint8_t>(random.below(256));
    return made;
}

// RFC 8448 3: the early secret, what is derived from it, and the keys of the server's handshake.
TEST(KeyScheduleTest, DerivesWhatRfc8448Does) {
    constexpr auto kDigest = SuiteDigest::sha256;
    const Bytes zeros(32, 0);
    Bytes early(32);
    const Octets parts[] = {zeros};
    hmac(kDigest, {}, parts, early.data());
    EXPECT_EQ(early, hex("33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a"));
    Bytes empty(32);
    digest_of(kDigest, {}, empty.data());
    Bytes derived(32);
    ASSERT_TRUE(expand_label(kDigest, early, "tls13 ", "derived", empty, derived));
    EXPECT_EQ(derived, hex("6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba"));
    const auto server = hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
    Bytes key(16);
    Bytes iv(12);
    ASSERT_TRUE(expand_label(kDigest, server, "tls13 ", "key", {}, key));
    ASSERT_TRUE(expand_label(kDigest, server, "tls13 ", "iv", {}, iv));
    EXPECT_EQ(key, hex("3fce516009c21727d0f2e4e86ee403bc"));
    EXPECT_EQ(iv, hex("5d313eb2671276ee13000b30"));
}

struct Derivation {
    int mode;
    const char* digest;
    Bytes key;
    Bytes salt;
    Bytes content;
    std::string label;
    std::size_t octets;
};

Bytes derived_by(const char* properties, Derivation wanted) {
    EVP_KDF* kdf = EVP_KDF_fetch(nullptr, "TLS13-KDF", properties);
    EVP_KDF_CTX* ctx = EVP_KDF_CTX_new(kdf);
    char prefix[] = "tls13 ";
    std::string digest = wanted.digest;
    std::vector<OSSL_PARAM> parameters{
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &wanted.mode),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, prefix, 6),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, wanted.label.data(), wanted.label.size()),
    };
    const auto add = [&](const char* name, Bytes& octets) {
        if (!octets.empty()) parameters.push_back(OSSL_PARAM_construct_octet_string(name, octets.data(), octets.size()));
    };
    add(OSSL_KDF_PARAM_KEY, wanted.key);
    add(OSSL_KDF_PARAM_SALT, wanted.salt);
    add(OSSL_KDF_PARAM_DATA, wanted.content);
    parameters.push_back(OSSL_PARAM_construct_end());
    Bytes out(wanted.octets);
    const bool done = EVP_KDF_derive(ctx, out.data(), out.size(), parameters.data()) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return done ? out : Bytes{};
}

TEST(KeyScheduleTest, OurProviderDerivesWhatTheLibrarysDoes) {
    ASSERT_TRUE(load_library_provider());
    Random random(1);
    for (const auto* digest : {"SHA2-256", "SHA384"}) {
        const std::size_t octets = digest[3] == '2' ? 32 : 48;
        std::vector<Derivation> all;
        for (const std::size_t wanted : {12UL, 16UL, octets, 2 * octets + 7})
            all.push_back(
                {EVP_KDF_HKDF_MODE_EXPAND_ONLY, digest, random_octets(random, octets), {}, random_octets(random, octets), "key", wanted});
        all.push_back({EVP_KDF_HKDF_MODE_EXTRACT_ONLY, digest, {}, {}, {}, "derived", octets});
        all.push_back({EVP_KDF_HKDF_MODE_EXTRACT_ONLY, digest, random_octets(random, octets), {}, {}, "derived", octets});
        all.push_back({EVP_KDF_HKDF_MODE_EXTRACT_ONLY, digest, {}, random_octets(random, octets), {}, "derived", octets});
        all.push_back(
            {EVP_KDF_HKDF_MODE_EXTRACT_ONLY, digest, random_octets(random, 32), random_octets(random, octets), {}, "derived", octets});
        for (const auto& one : all) {
            const auto ours = derived_by(kPrefersOurs, one);
            EXPECT_FALSE(ours.empty());
            EXPECT_EQ(ours, derived_by("provider=default", one)) << one.mode << " " << digest << " " << one.octets;
        }
    }
}

TEST(KeyScheduleTest, WhatItDoesNotKnowIsRefused) {
    ASSERT_TRUE(load_library_provider());
    EXPECT_TRUE(derived_by(kPrefersOurs, {EVP_KDF_HKDF_MODE_EXPAND_ONLY, "SHA1", Bytes(20, 1), {}, {}, "key", 16}).empty());
    EXPECT_TRUE(derived_by(kPrefersOurs, {7, "SHA256", Bytes(32, 1), {}, {}, "key", 16}).empty());
    EXPECT_TRUE(derived_by(kPrefersOurs, {EVP_KDF_HKDF_MODE_EXPAND_ONLY, "SHA256", Bytes(31, 1), {}, {}, "key", 16}).empty());
    EXPECT_TRUE(derived_by(kPrefersOurs, {EVP_KDF_HKDF_MODE_EXPAND_ONLY, "SHA256", Bytes(32, 1), {}, Bytes(256, 1), "key", 16}).empty());
}

TEST(KeyScheduleTest, SecretsOfTheApplicationAreKeptAndNoOthers) {
    ASSERT_TRUE(load_library_provider());
    TrafficSecrets secrets;
    {
        const SecretKeeper keeper(&secrets);
        derived_by(kPrefersOurs, {EVP_KDF_HKDF_MODE_EXPAND_ONLY, "SHA256", Bytes(32, 1), {}, {}, "c hs traffic", 32});
        EXPECT_FALSE(secrets.has_client || secrets.has_server);
        const auto made = derived_by(kPrefersOurs, {EVP_KDF_HKDF_MODE_EXPAND_ONLY, "SHA256", Bytes(32, 1), {}, {}, "s ap traffic", 32});
        EXPECT_TRUE(secrets.has_server && !secrets.has_client);
        EXPECT_EQ(Bytes(secrets.server.begin(), secrets.server.begin() + 32), made);
    }
    derived_by(kPrefersOurs, {EVP_KDF_HKDF_MODE_EXPAND_ONLY, "SHA256", Bytes(32, 1), {}, {}, "c ap traffic", 32});
    EXPECT_FALSE(secrets.has_client);
}

}  // namespace
}  // namespace weir::tls
