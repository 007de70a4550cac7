#include "tls/internal_ca.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tls/owned.h"

namespace weir::tls {
namespace {

using std::chrono::hours;

const auto kNow = std::chrono::system_clock::now();

Owned<x509_st> parsed(const std::string& pem) {
    const auto text = memory_of(pem);
    return Owned<x509_st>(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
}

const PemPair& ca() {
    static const PemPair kCa = *make_ca("An authority", kNow, hours(24));
    return kCa;
}

TEST(InternalCaTest, TheAuthorityMaySignLeavesAndNoOtherAuthority) {
    const auto certificate = parsed(ca().certificate);
    EXPECT_EQ(X509_check_ca(certificate.get()), 1);
    EXPECT_EQ(X509_get_pathlen(certificate.get()), 0);
    EXPECT_EQ(X509_get_key_usage(certificate.get()), static_cast<std::uint32_t>(KU_KEY_CERT_SIGN | KU_CRL_SIGN));
    EXPECT_EQ(X509_self_signed(certificate.get(), 1), 1);
}

TEST(InternalCaTest, LeavesAreSignedAndOfTheKindAskedFor) {
    for (const auto kind : {KeyKind::ecdsa, KeyKind::rsa, KeyKind::ed25519}) {
        const auto made = issue_leaf(
            ca(), {.names = {"a.example", "10.0.0.1"}, .not_before = kNow - hours(1), .not_after = kNow + hours(1), .key_kind = kind});
        ASSERT_TRUE(made);
        const auto certificate = Certificate::parse(made->certificate, made->key);
        ASSERT_TRUE(certificate) << certificate.error();
        EXPECT_EQ((*certificate)->key_kind(), kind);
        EXPECT_EQ((*certificate)->issuer(), "An authority");
        EXPECT_TRUE(made->certificate.ends_with(ca().certificate)) << "as servers send it";
        const auto leaf = parsed(made->certificate);
        const auto authority = parsed(ca().certificate);
        EXPECT_EQ(X509_verify(leaf.get(), X509_get0_pubkey(authority.get())), 1);
        EXPECT_EQ(X509_check_ca(leaf.get()), 0);
        EXPECT_EQ(X509_get_extended_key_usage(leaf.get()), static_cast<std::uint32_t>(XKU_SSL_SERVER));
    }
}

TEST(InternalCaTest, SerialsArePositiveAndNeverTheSame) {
    const LeafRequest request{.names = {"a.example"}, .not_before = kNow, .not_after = kNow + hours(1)};
    const auto one = parsed(issue_leaf(ca(), request)->certificate);
    const auto two = parsed(issue_leaf(ca(), request)->certificate);
    EXPECT_NE(ASN1_INTEGER_cmp(X509_get0_serialNumber(one.get()), X509_get0_serialNumber(two.get())), 0);
    EXPECT_EQ(ASN1_STRING_type(X509_get0_serialNumber(one.get())), V_ASN1_INTEGER) << "not V_ASN1_NEG_INTEGER";
}

TEST(InternalCaTest, ANameTooLongForACommonNameIsCutThereOnly) {
    const auto name = std::string(63, 'a') + "." + std::string(63, 'b') + ".example";
    const auto made = issue_leaf(ca(), {.names = {name}, .not_before = kNow - hours(1), .not_after = kNow + hours(1)});
    ASSERT_TRUE(made);
    const auto certificate = Certificate::parse(made->certificate, made->key);
    ASSERT_TRUE(certificate);
    EXPECT_TRUE((*certificate)->covers(name));
}

TEST(InternalCaTest, WithoutAnAuthorityOrANameThereIsAReason) {
    EXPECT_FALSE(issue_leaf(ca(), {.names = {}}));
    EXPECT_FALSE(make_self_signed({.names = {}}));
    const auto made = issue_leaf({.certificate = "junk", .key = "junk"}, {.names = {"a.example"}});
    ASSERT_FALSE(made);
    EXPECT_TRUE(made.error().starts_with("the CA's own certificate or key")) << made.error();
}

}  // namespace
}  // namespace weir::tls
