#include "acme/jws.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>

#include "acme/certificate.h"
#include "acme/encoding.h"
#include "acme/json.h"
#include "acme/openssl.h"

namespace weir::acme {
namespace {

// A key that was cut short.
constexpr std::string_view kPem = "-----BEGIN EC PRIVATE KEY-----\n"
                                  "MHcCAQEEIPO8ofwZ/jp3YOmbHGHJKKQV7+dDrC7k5vDcmWuMCdxuoAoGCCqGSM49\n";

Key fresh() { return *Key::generate(CertificateKey::ecdsa_p256); }

bool verifies(const Key& key, const std::string& text, const std::string& raw) {
    const auto number = [&](std::size_t at) { return BN_bin2bn(reinterpret_cast<const unsigned char*>(raw.data()) + at, 32, nullptr); };
    const std::unique_ptr<ECDSA_SIG, FreeBy<ECDSA_SIG_free>> signature(ECDSA_SIG_new());
    ECDSA_SIG_set0(signature.get(), number(0), number(32));
    const auto der = der_of(signature.get(), i2d_ECDSA_SIG);
    const OwnDigest digest(EVP_MD_CTX_new());
    EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.raw());
    return EVP_DigestVerify(digest.get(), reinterpret_cast<const unsigned char*>(der.data()), der.size(),
                            reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
}

TEST(Jws, IsSignedOverBothParts) {
    for (int i = 0; i < 50; ++i) {  // r and s have leading zeros now and then
        const auto key = fresh();
        const auto jws =
            Json::parse(sign_jws(key, {.url = "https://ca.example/x", .nonce = "n1", .key_id = "https://ca.example/acct/1"}, "{}"));
        ASSERT_TRUE(jws);
        const auto signature = parse_base64url((*jws)["signature"].string());
        ASSERT_EQ(signature->size(), 64U);
        const auto text = (*jws)["protected"].string() + "." + (*jws)["payload"].string();
        EXPECT_TRUE(verifies(key, text, *signature));
        EXPECT_FALSE(verifies(key, text + "x", *signature));
        EXPECT_EQ(*parse_base64url((*jws)["protected"].string()),
                  R"({"alg":"ES256","kid":"https://ca.example/acct/1","nonce":"n1","url":"https://ca.example/x"})");
    }
}

TEST(Jws, CarriesTheKeyWhenThereIsNoAccount) {
    const auto key = fresh();
    const auto jws = Json::parse(sign_jws(key, {.url = "https://ca.example/x", .nonce = "n", .key_id = {}}, ""));
    const auto head = Json::parse(*parse_base64url((*jws)["protected"].string()));
    EXPECT_EQ((*head)["jwk"]["kty"].string(), "EC");
    EXPECT_EQ(parse_base64url((*head)["jwk"]["x"].string())->size(), 32U);
    EXPECT_EQ((*jws)["payload"].string(), "");
}

TEST(Jws, ExternalBinding) {
    const auto key = fresh();
    for (const std::string coded : {"c2VjcmV0LWtleQ", "c2VjcmV0LWtleQ=="}) {
        const auto bound = bind_external_account(key, {.key_id = "kid-1", .hmac_key = coded}, "https://ca.example/new");
        ASSERT_TRUE(bound);
        const auto jws = Json::parse(*bound);
        EXPECT_EQ(*parse_base64url((*jws)["protected"].string()), R"({"alg":"HS256","kid":"kid-1","url":"https://ca.example/new"})");
        EXPECT_EQ(*parse_base64url((*jws)["payload"].string()), key.jwk());
        EXPECT_EQ(*parse_base64url((*jws)["signature"].string()),
                  hmac_sha256("secret-key", (*jws)["protected"].string() + "." + (*jws)["payload"].string()));
    }
    EXPECT_FALSE(bind_external_account(key, {.key_id = "kid-1", .hmac_key = "not base64"}, "https://ca.example/new"));
}

TEST(Key, SurvivesItsText) {
    for (const auto kind : {CertificateKey::ecdsa_p256, CertificateKey::rsa2048}) {
        const auto key = Key::generate(kind);
        ASSERT_TRUE(key);
        const auto again = Key::parse(key->pem());
        ASSERT_TRUE(again);
        EXPECT_EQ(again->pem(), key->pem());
    }
    EXPECT_FALSE(Key::parse(kPem));
    EXPECT_FALSE(Key::parse(""));
    const auto key = fresh();
    EXPECT_EQ(key_authorization(key, "token"), "token." + base64url(sha256(key.jwk())));
}

TEST(Certificate, RequestNamesEverything) {
    const auto key = fresh();
    const auto der = make_request(key, {"a.example", "b.example"});
    ASSERT_TRUE(der);
    const auto* octets = reinterpret_cast<const unsigned char*>(der->data());
    const OwnRequest request(d2i_X509_REQ(nullptr, &octets, static_cast<long>(der->size())));
    ASSERT_TRUE(request);
    EXPECT_EQ(X509_REQ_verify(request.get(), key.raw()), 1);
    const OwnExtensions extensions(X509_REQ_get_extensions(request.get()));
    EXPECT_EQ(sk_X509_EXTENSION_num(extensions.get()), 1);
}

// RFC 8737 3.
TEST(Certificate, AnswersTlsAlpn) {
    const auto pair = make_challenge_certificate("a.example", "token.thumb", *parse_time("2026-01-02T03:04:05Z"));
    ASSERT_TRUE(pair);
    const auto leaf = read_leaf(*pair);
    ASSERT_TRUE(leaf);
    EXPECT_EQ(leaf->names, NameSet{"a.example"});
    const auto bio = bio_of(pair->chain_pem);
    const OwnCertificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    const std::unique_ptr<ASN1_OBJECT, FreeBy<ASN1_OBJECT_free>> object(OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1));
    auto* extension = X509_get_ext(certificate.get(), X509_get_ext_by_OBJ(certificate.get(), object.get(), -1));
    ASSERT_NE(extension, nullptr);
    EXPECT_EQ(X509_EXTENSION_get_critical(extension), 1);
    const auto* value = X509_EXTENSION_get_data(extension);
    const std::string_view octets(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                                  static_cast<std::size_t>(ASN1_STRING_length(value)));
    EXPECT_EQ(octets, "\x04\x20" + sha256("token.thumb"));
}

TEST(Certificate, BelongsToItsKey) {
    const auto one = make_challenge_certificate("a.example", "x", {});
    const auto other = make_challenge_certificate("a.example", "x", {});
    EXPECT_TRUE(read_leaf(*one));
    EXPECT_FALSE(read_leaf({.chain_pem = one->chain_pem, .key_pem = other->key_pem}));
    EXPECT_FALSE(read_leaf({.chain_pem = "", .key_pem = other->key_pem}));
    EXPECT_FALSE(read_leaf({.chain_pem = one->chain_pem.substr(0, 200), .key_pem = one->key_pem}));
}

}  // namespace
}  // namespace weir::acme
