#include "acme/certificate.h"

#include <algorithm>
#include <ctime>

#include "acme/encoding.h"
#include "acme/openssl.h"
#include "base/random.h"
#include "base/text.h"

namespace weir::acme {
namespace {

constexpr const char* kAcmeIdentifier = "1.3.6.1.5.5.7.1.31";  // RFC 8737 6.1
constexpr auto kChallengeLife = std::chrono::hours(24);

std::unexpected<Failure> refused_by_library(std::string_view what) {
    return failure(Failure::Kind::local, std::string(what) + ": " + openssl_reason());
}

OwnExtension alternative_names(const NameSet& names) {
    std::string value;
    for (const auto& name : names) value += (value.empty() ? "DNS:" : ",DNS:") + name;
    return OwnExtension(X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, value.c_str()));
}

// RFC 8737 3: an OCTET STRING with the SHA-256 of the key authorization, itself inside of the extension's.
OwnExtension acme_identifier(std::string_view key_authorization) {
    const std::unique_ptr<ASN1_OBJECT, FreeBy<ASN1_OBJECT_free>> object(OBJ_txt2obj(kAcmeIdentifier, 1));
    const auto octets = "\x04\x20" + sha256(key_authorization);
    const std::unique_ptr<ASN1_OCTET_STRING, FreeBy<ASN1_OCTET_STRING_free>> wrapped(ASN1_OCTET_STRING_new());
    ASN1_OCTET_STRING_set(wrapped.get(), reinterpret_cast<const unsigned char*>(octets.data()), static_cast<int>(octets.size()));
    return OwnExtension(X509_EXTENSION_create_by_OBJ(nullptr, object.get(), 1, wrapped.get()));
}

std::time_t seconds_of(WallTime time) { return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count(); }

bool set_serial(X509* certificate) {
    std::array<std::uint8_t, 16> octets;
    secret_octets(octets);
    octets[0] &= 0x7f;
    const std::unique_ptr<BIGNUM, FreeBy<BN_free>> number(BN_bin2bn(octets.data(), octets.size(), nullptr));
    return BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_name(X509* certificate, const std::string& host) {
    auto* name = X509_get_subject_name(certificate);
    // 64 characters is what a common name can hold (RFC 5280 upper bounds); the name that counts is in subjectAltName.
    const auto shown = host.size() <= 64 ? host : std::string("acme-tls");
    const auto* octets = reinterpret_cast<const unsigned char*>(shown.data());
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, octets, static_cast<int>(shown.size()), -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1;
}

std::string pem_of(X509* certificate) {
    const OwnBio bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(bio.get(), certificate);
    return text_of(bio.get());
}

WallTime time_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
    return WallTime(std::chrono::seconds(timegm(&parts)));
}

std::string_view octets_of(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

NameSet names_of(X509* certificate) {
    NameSet names;
    auto* all = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
        const auto* name = sk_GENERAL_NAME_value(all, i);
        if (name->type == GEN_DNS) names.push_back(lower(octets_of(name->d.dNSName)));
    }
    GENERAL_NAMES_free(all);
    std::ranges::sort(names);
    return names;
}

std::string issuer_of(X509* certificate) {
    const auto* name = X509_get_issuer_name(certificate);
    for (const int nid : {NID_commonName, NID_organizationName}) {
        const int at = X509_NAME_get_index_by_NID(name, nid, -1);
        if (at >= 0) return std::string(octets_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))));
    }
    return "unknown";
}

// RFC 9773 4.1: the content octets of the INTEGER, with the zero octet that keeps it from being negative.
std::string serial_octets(X509* certificate) {
    const auto der = der_of(X509_get_serialNumber(certificate), i2d_ASN1_INTEGER);
    return der.size() <= 2 ? std::string() : der.substr(2);
}

std::string ari_id_of(X509* certificate) {
    const auto* authority = X509_get0_authority_key_id(certificate);
    if (authority == nullptr) return {};
    return base64url(octets_of(authority)) + "." + base64url(serial_octets(certificate));
}

}  // namespace

Outcome<std::string> make_request(const Key& key, const NameSet& names) {
    const OwnRequest request(X509_REQ_new());
    const OwnExtensions extensions(sk_X509_EXTENSION_new_null());
    auto extension = alternative_names(names);
    if (!extension) return refused_by_library("no request could be made for these names");
    sk_X509_EXTENSION_push(extensions.get(), extension.release());
    const bool is_made = X509_REQ_set_version(request.get(), 0) == 1 && X509_REQ_set_pubkey(request.get(), key.raw()) == 1 &&
                         X509_REQ_add_extensions(request.get(), extensions.get()) == 1 &&
                         X509_REQ_sign(request.get(), key.raw(), EVP_sha256()) > 0;
    if (!is_made) return refused_by_library("no request could be signed");
    return der_of(request.get(), i2d_X509_REQ);
}

Outcome<Pair> make_challenge_certificate(const std::string& host, std::string_view key_authorization, WallTime now) {
    auto key = Key::generate(CertificateKey::ecdsa_p256);
    if (!key) return std::unexpected(key.error());
    const OwnCertificate certificate(X509_new());
    auto* made = certificate.get();
    const auto names = alternative_names({host});
    const auto identifier = acme_identifier(key_authorization);
    const bool is_made = names && identifier && X509_set_version(made, 2) == 1 && set_serial(made) && set_name(made, host) &&
                         ASN1_TIME_set(X509_getm_notBefore(made), seconds_of(now - std::chrono::hours(1))) != nullptr &&
                         ASN1_TIME_set(X509_getm_notAfter(made), seconds_of(now + kChallengeLife)) != nullptr &&
                         X509_set_pubkey(made, key->raw()) == 1 && X509_add_ext(made, names.get(), -1) == 1 &&
                         X509_add_ext(made, identifier.get(), -1) == 1 && X509_sign(made, key->raw(), EVP_sha256()) > 0;
    if (!is_made) return refused_by_library("no certificate for tls-alpn-01 could be made");
    return Pair{.chain_pem = pem_of(made), .key_pem = key->pem()};
}

Outcome<Leaf> read_leaf(const Pair& pair) {
    if (pair.chain_pem.size() > kChainOctetsMax) return failure(Failure::Kind::local, "a certificate chain of more than 128 KiB");
    const auto bio = bio_of(pair.chain_pem);
    const OwnCertificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!certificate) return refused_by_library("no certificate");
    const auto key = Key::parse(pair.key_pem);
    if (!key) return std::unexpected(key.error());
    if (X509_check_private_key(certificate.get(), key->raw()) != 1) return refused_by_library("the certificate belongs to another key");
    const auto serial = serial_octets(certificate.get());
    return Leaf{.names = names_of(certificate.get()),
                .not_before = time_of(X509_get0_notBefore(certificate.get())),
                .not_after = time_of(X509_get0_notAfter(certificate.get())),
                .serial = hex(serial),
                .issuer = issuer_of(certificate.get()),
                .ari_id = ari_id_of(certificate.get())};
}

}  // namespace weir::acme
