#include "tls/certificate.h"

#include "tls/test_world.h"

namespace weir::tls {
namespace {

using std::chrono::hours;

PemPair pair_of(const std::vector<std::string>& names) { return TestAuthority::shared().leaf(names); }

TEST(CertificateTest, SaysWhatItIs) {
    const auto certificate = TestAuthority::shared().certificate({"A.example", "*.b.example", "10.0.0.1", "2001:db8::1"});
    EXPECT_EQ(certificate->names(), (std::vector<std::string>{"a.example", "*.b.example", "10.0.0.1", "2001:db8::1"}));
    EXPECT_EQ(certificate->key_kind(), KeyKind::ecdsa);
    EXPECT_EQ(certificate->issuer(), "Test CA");
    EXPECT_EQ(certificate->fingerprint().size(), 64U);
    EXPECT_EQ(certificate->serial().size(), 32U);
    EXPECT_GT(certificate->not_after(), certificate->not_before());
    EXPECT_EQ(certificate->ocsp_url(), "");
    EXPECT_EQ(certificate->ocsp_request(), "");
    EXPECT_NE(certificate->ari_id().find('.'), std::string::npos);
    EXPECT_NE(certificate->chain_pem().find("END CERTIFICATE-----\n-----BEGIN CERTIFICATE"), std::string::npos);
}

TEST(CertificateTest, AWildcardIsOneWholeLabel) {
    const auto certificate = TestAuthority::shared().certificate({"a.example", "*.b.example", "10.0.0.1", "2001:db8::1"});
    for (const auto* host : {"a.example", "A.Example", "x.b.example", "10.0.0.1", "2001:db8:0::1"})
        EXPECT_TRUE(certificate->covers(host)) << host;
    for (const auto* host : {"b.example", "x.y.b.example", ".b.example", "a.example.com", "10.0.0.2", "", "x.a.example"})
        EXPECT_FALSE(certificate->covers(host)) << host;
}

TEST(CertificateTest, WhatIsWrongIsSaid) {
    const auto now = std::chrono::system_clock::now();
    const auto& ca = TestAuthority::shared().pair();
    const auto good = pair_of({"a.example"});
    const auto other = pair_of({"a.example"});
    const auto expired = *issue_leaf(ca, {.names = {"a.example"}, .not_before = now - hours(9), .not_after = now - hours(1)});
    const auto future = *issue_leaf(ca, {.names = {"a.example"}, .not_before = now + hours(2), .not_after = now + hours(9)});
    const auto reversed = ca.certificate + good.certificate;
    struct Row {
        std::string certificate;
        std::string key;
        std::string_view fault;
    };
    for (const auto& row :
         {Row{"", good.key, "no certificate in it"}, Row{good.key, good.key, "no certificate in it"},
          Row{good.certificate, "", "no private key in it"}, Row{good.certificate, good.certificate, "no private key in it"},
          Row{good.certificate, other.key, "the private key belongs to another certificate"},
          Row{reversed, good.key, "the key belongs to certificate 2 of the chain"},
          Row{expired.certificate, expired.key, "the certificate expired on "},
          Row{future.certificate, future.key, "the certificate is not valid before "},
          Row{good.certificate, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", "private key"}}) {
        const auto made = Certificate::parse(row.certificate, row.key);
        ASSERT_FALSE(made) << row.fault;
        EXPECT_NE(made.error().find(row.fault), std::string::npos) << made.error();
    }
}

TEST(CertificateTest, ErrorsOfFilesNameThem) {
    const TestFolder folder;
    const auto good = pair_of({"a.example"});
    const auto certificate = folder.write("c.pem", good.certificate);
    const auto key = folder.write("k.pem", good.key);
    const auto junk = folder.write("junk.pem", "junk");
    EXPECT_TRUE(Certificate::load(certificate, key));
    EXPECT_EQ(Certificate::load(junk, key).error(), junk + ": no certificate in it");
    EXPECT_EQ(Certificate::load(certificate, junk).error(), junk + ": no private key in it");
    EXPECT_NE(Certificate::load("/nowhere/c.pem", key).error().find("/nowhere/c.pem: No such file"), std::string::npos);
    EXPECT_EQ(Certificate::load("/dev/zero", key).error(), "/dev/zero: File too large");
}

TEST(CertificateTest, AsksAResponderWhenItNamesOneAndBelievesNoJunk) {
    const auto now = std::chrono::system_clock::now();
    const auto pem = *issue_leaf(
        TestAuthority::shared().pair(),
        {.names = {"a.example"}, .not_before = now - hours(1), .not_after = now + hours(1), .ocsp_url = "http://ocsp.example/"});
    const auto certificate = *Certificate::parse(pem.certificate, pem.key);
    EXPECT_EQ(certificate->ocsp_url(), "http://ocsp.example/");
    const auto request = certificate->ocsp_request();
    EXPECT_EQ(request.substr(0, 1), "0");
    WallTime next{};
    for (const auto& junk : {std::string(), std::string("junk"), request, std::string("\x30\x03\x0a\x01\x06", 5)})
        EXPECT_FALSE(certificate->is_ocsp_good(junk, now, next));
}

TEST(CertificateTest, NamesThatCouldBeReadAsExtensionsAreRefused) {
    const auto now = std::chrono::system_clock::now();
    for (const auto* name : {"a.example,DNS:b.example", "a\nb", "", "a b"}) {
        EXPECT_FALSE(issue_leaf(TestAuthority::shared().pair(), {.names = {name}, .not_before = now, .not_after = now + hours(1)})) << name;
    }
}

TEST(TicketKeysTest, RotationKeepsWhatLivingTicketsNeed) {
    const TicketOptions options{.rotation = std::chrono::hours(12), .lifetime = std::chrono::hours(24)};
    std::vector<TicketKey> keys{make_ticket_key()};
    const auto first = keys.front().name;
    for (int i = 0; i < 2; ++i) keys = rotate_ticket_keys(keys, options);
    EXPECT_EQ(keys.size(), 3U);
    EXPECT_EQ(keys.back().name, first);
    keys = rotate_ticket_keys(keys, options);
    EXPECT_EQ(keys.size(), 3U);
    EXPECT_NE(keys.back().name, first);
}

TEST(TicketKeysTest, AFileHoldsEightyOctetsAKey) {
    const TestFolder folder;
    std::string octets(160, '\0');
    for (std::size_t i = 0; i < octets.size(); ++i) octets[i] = static_cast<char>(i);
    const auto keys = read_ticket_keys(folder.write("keys", octets));
    ASSERT_TRUE(keys);
    ASSERT_EQ(keys->size(), 2U);
    EXPECT_EQ((*keys)[1].name[0], 80);
    EXPECT_EQ((*keys)[0].cipher_key[0], 16);
    EXPECT_EQ((*keys)[0].mac_key[0], 48);
    for (const std::size_t wrong : {0U, 79U, 81U, 17U * 80U})
        EXPECT_FALSE(read_ticket_keys(folder.write("bad", std::string(wrong, 'x')))) << wrong;
    EXPECT_FALSE(read_ticket_keys("/nowhere/keys"));
}

}  // namespace
}  // namespace weir::tls
