// What may be stapled, and how a certificate is named to a CA: answers made here, signed by the authority or by somebody else.
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tls/owned.h"
#include "tls/test_world.h"

namespace weir::tls {
namespace {

using std::chrono::hours;

struct Parsed {
    explicit Parsed(const PemPair& pair) {
        const auto text = memory_of(pair.certificate);
        certificate.reset(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
        const auto key_text = memory_of(pair.key);
        key.reset(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
    }
    Owned<x509_st> certificate;
    Owned<evp_pkey_st> key;
};

struct Answer {
    int status = V_OCSP_CERTSTATUS_GOOD;
    long from_s = -3600;
    long until_s = 3600;  // 0: not said
    bool is_about_another = false;
    bool is_forged = false;
};

std::string der_of(const Answer& answer, const PemPair& leaf, const PemPair& other, const PemPair& stranger) {
    const auto& ca = TestAuthority::shared().pair();
    const Parsed issuer(ca);
    const Parsed about(answer.is_about_another ? other : leaf);
    const Parsed signer(answer.is_forged ? stranger : ca);
    OCSP_BASICRESP* basic = OCSP_BASICRESP_new();
    OCSP_CERTID* id = OCSP_cert_to_id(EVP_sha1(), about.certificate.get(), issuer.certificate.get());
    ASN1_TIME* from = X509_gmtime_adj(nullptr, answer.from_s);
    ASN1_TIME* until = answer.until_s == 0 ? nullptr : X509_gmtime_adj(nullptr, answer.until_s);
    OCSP_basic_add1_status(basic, id, answer.status, OCSP_REVOKED_STATUS_KEYCOMPROMISE, from, from, until);
    OCSP_basic_sign(basic, signer.certificate.get(), signer.key.get(), EVP_sha256(), nullptr, 0);
    OCSP_RESPONSE* response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    unsigned char* der = nullptr;
    const int octets = i2d_OCSP_RESPONSE(response, &der);
    std::string text(reinterpret_cast<char*>(der), static_cast<std::size_t>(octets));
    OPENSSL_free(der);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    return text;
}

TEST(OcspTest, OnlyAGoodAnswerInDateByTheIssuerMayBeStapled) {
    const auto& authority = TestAuthority::shared();
    const auto leaf = authority.leaf({"a.example"});
    const auto other = authority.leaf({"b.example"});
    const TestAuthority stranger;
    const auto certificate = *Certificate::parse(leaf.certificate, leaf.key);
    struct Row {
        Answer answer;
        std::string_view fault;
    };
    for (const auto& row : {Row{{}, ""}, Row{{.until_s = 0}, ""}, Row{{.status = V_OCSP_CERTSTATUS_REVOKED}, "the certificate is revoked"},
                            Row{{.status = V_OCSP_CERTSTATUS_UNKNOWN}, "the responder does not know the certificate"},
                            Row{{.from_s = -7200, .until_s = -60}, "the answer is out of date"},
                            Row{{.from_s = 3600, .until_s = 7200}, "the answer is from the future"},
                            Row{{.is_about_another = true}, "the answer is about another certificate"},
                            Row{{.is_forged = true}, "the answer is not signed by the issuer, nor in its name"}}) {
        WallTime until{};
        const auto now = std::chrono::system_clock::now();
        const auto der = der_of(row.answer, leaf, other, stranger.pair());
        EXPECT_EQ(certificate->fault_of_ocsp(der, now, until), row.fault);
        EXPECT_EQ(certificate->is_ocsp_good(der, now, until), row.fault.empty());
        if (row.fault.empty()) { EXPECT_GT(until, now + (row.answer.until_s == 0 ? hours(22) : hours(0))); }
        // Cut anywhere it is nothing.
        EXPECT_FALSE(certificate->is_ocsp_good(std::string_view(der).substr(0, der.size() - 1), now, until));
    }
}

TEST(OcspTest, AChainWithoutItsIssuerHasNothingToCheckWith) {
    const auto leaf = TestAuthority::shared().leaf({"a.example"});
    const auto alone = leaf.certificate.substr(0, leaf.certificate.find("-----BEGIN", 5));
    const auto certificate = *Certificate::parse(alone, leaf.key);
    WallTime until{};
    EXPECT_EQ(certificate->fault_of_ocsp("", std::chrono::system_clock::now(), until), "the chain does not hold the issuer's certificate");
    EXPECT_EQ(certificate->ocsp_request(), "");
}

// The values of RFC 9773 4.1.
TEST(OcspTest, TheNameForRenewalInformationIsTheRfcs) {
    const Parsed ca(TestAuthority::shared().pair());
    const auto leaf = TestAuthority::shared().leaf({"a.example"});
    const Parsed parsed(leaf);
    const Owned<x509_st> made(X509_dup(parsed.certificate.get()));
    ASN1_INTEGER* serial = X509_get_serialNumber(made.get());
    ASN1_INTEGER_set_uint64(serial, 0x87654321);
    const int at = X509_get_ext_by_NID(made.get(), NID_authority_key_identifier, -1);
    X509_EXTENSION_free(X509_delete_ext(made.get(), at));
    constexpr unsigned char kKeyId[] = {0x30, 0x16, 0x80, 0x14, 0x69, 0x88, 0x5b, 0x6b, 0x87, 0x46, 0x40, 0x41,
                                        0xe1, 0xb3, 0x7b, 0x84, 0x7b, 0xa0, 0xae, 0x2c, 0xde, 0x01, 0xc8, 0xd4};
    ASN1_OCTET_STRING* content = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(content, kKeyId, sizeof kKeyId);
    X509_EXTENSION* extension = X509_EXTENSION_create_by_NID(nullptr, NID_authority_key_identifier, 0, content);
    X509_add_ext(made.get(), extension, -1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(content);
    X509_sign(made.get(), ca.key.get(), EVP_sha256());
    const Owned<bio_st> memory(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(memory.get(), made.get());
    const auto certificate = Certificate::parse(text_of(memory.get()), leaf.key);
    ASSERT_TRUE(certificate) << certificate.error();
    EXPECT_EQ((*certificate)->ari_id(), "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
}

}  // namespace
}  // namespace weir::tls
