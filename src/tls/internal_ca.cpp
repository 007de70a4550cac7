#include "tls/internal_ca.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <array>

#include "net/address.h"
#include "tls/owned.h"

namespace weir::tls {
namespace {

using Made = std::expected<PemPair, std::string>;

constexpr Duration kBackdate = std::chrono::hours(1);
constexpr unsigned kRsaBits = 2048;

Owned<evp_pkey_st> make_key(KeyKind kind) {
    switch (kind) {
        case KeyKind::rsa: return Owned<evp_pkey_st>(EVP_RSA_gen(kRsaBits));
        case KeyKind::ed25519: return Owned<evp_pkey_st>(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
        default: return Owned<evp_pkey_st>(EVP_EC_gen("P-256"));
    }
}

void set_time(ASN1_TIME* to, WallTime time) {
    ASN1_TIME_set(to, std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time)));
}

void set_name(X509_NAME* name, const std::string& common_name) {
    // RFC 5280 A.1: a common name has at most 64 characters; the names that count are in subjectAltName.
    const auto shown = common_name.size() <= 64 ? common_name : common_name.substr(0, 64);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(shown.data()),
                               static_cast<int>(shown.size()), -1, 0);
}

// RFC 5280 4.1.2.2: positive, unpredictable, at most 20 octets.
bool set_serial(X509* certificate) {
    std::array<unsigned char, 16> octets;
    if (RAND_bytes(octets.data(), octets.size()) != 1) return false;
    octets[0] = static_cast<unsigned char>((octets[0] & 0x7f) | 0x40);
    BIGNUM* number = BN_bin2bn(octets.data(), octets.size(), nullptr);
    const bool done = BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
    BN_free(number);
    return done;
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    if (extension == nullptr) return false;
    const bool done = X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

// Names come from a configuration: what could be read as another extension's syntax is not a name.
bool alternative_names(const std::vector<std::string>& names, std::string& text) {
    for (const auto& name : names) {
        if (name.empty() || name.find_first_of(",\n\r\\\"' ") != std::string::npos) return false;
        text += (text.empty() ? "" : ",") + std::string(net::Ip::parse(name) ? "IP:" : "DNS:") + name;
    }
    return !text.empty();
}

// RFC 8737 3: acmeIdentifier, critical, an OCTET STRING of the digest.
bool add_acme_identifier(X509* certificate, const std::string& digest) {
    const std::string der = std::string("\x04\x20", 2) + digest;
    ASN1_OCTET_STRING* content = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(content, reinterpret_cast<const unsigned char*>(der.data()), static_cast<int>(der.size()));
    ASN1_OBJECT* kind = OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1);
    X509_EXTENSION* extension = X509_EXTENSION_create_by_OBJ(nullptr, kind, 1, content);
    const bool done = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    ASN1_OBJECT_free(kind);
    ASN1_OCTET_STRING_free(content);
    return done;
}

std::string pem_of(X509* certificate) {
    const Owned<bio_st> memory(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(memory.get(), certificate);
    return text_of(memory.get());
}

std::string pem_of(EVP_PKEY* key) {
    const Owned<bio_st> memory(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    return text_of(memory.get());
}

const EVP_MD* digest_for(EVP_PKEY* key) { return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? nullptr : EVP_sha256(); }

std::unexpected<std::string> refused(const char* what) {
    return std::unexpected(std::string(what) + ": " + take_library_reason("the library refuses"));
}

struct Draft {
    Owned<x509_st> certificate{X509_new()};
    Owned<evp_pkey_st> key;
};

bool begin(Draft& draft, const LeafRequest& request) {
    auto* certificate = draft.certificate.get();
    if (draft.key == nullptr || X509_set_version(certificate, X509_VERSION_3) != 1 || !set_serial(certificate)) return false;
    set_time(X509_getm_notBefore(certificate), request.not_before);
    set_time(X509_getm_notAfter(certificate), request.not_after);
    set_name(X509_get_subject_name(certificate), request.names.front());
    return X509_set_pubkey(certificate, draft.key.get()) == 1;
}

bool add_leaf_extensions(const LeafRequest& request, X509* certificate, X509* issuer) {
    std::string names;
    if (!alternative_names(request.names, names)) return false;
    return add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, issuer, NID_key_usage,
                         request.key_kind == KeyKind::rsa ? "critical,digitalSignature,keyEncipherment" : "critical,digitalSignature") &&
           add_extension(certificate, issuer, NID_ext_key_usage, request.is_for_client ? "clientAuth" : "serverAuth") &&
           add_extension(certificate, issuer, NID_subject_alt_name, names) &&
           add_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
           (issuer == certificate || add_extension(certificate, issuer, NID_authority_key_identifier, "keyid")) &&
           (request.ocsp_url.empty() || add_extension(certificate, issuer, NID_info_access, "OCSP;URI:" + request.ocsp_url)) &&
           (!request.is_acme_challenge || add_acme_identifier(certificate, request.acme_digest));
}

}  // namespace

Made make_ca(const std::string& common_name, WallTime now, Duration life) {
    Draft draft{.key = make_key(KeyKind::ecdsa)};
    auto* certificate = draft.certificate.get();
    if (!begin(draft, {.names = {common_name}, .not_before = now - kBackdate, .not_after = now + life})) return refused("a CA");
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    const bool done = add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                      add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                      add_extension(certificate, certificate, NID_subject_key_identifier, "hash") &&
                      X509_sign(certificate, draft.key.get(), EVP_sha256()) != 0;
    if (!done) return refused("a CA");
    return PemPair{pem_of(certificate), pem_of(draft.key.get())};
}

Made issue_leaf(const PemPair& ca, const LeafRequest& request) {
    if (request.names.empty()) return std::unexpected("a certificate needs a name");
    const auto ca_text = memory_of(ca.certificate);
    const auto key_text = memory_of(ca.key);
    const Owned<x509_st> issuer(PEM_read_bio_X509(ca_text.get(), nullptr, nullptr, nullptr));
    const Owned<evp_pkey_st> issuer_key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
    if (issuer == nullptr || issuer_key == nullptr) return refused("the CA's own certificate or key");
    Draft draft{.key = make_key(request.key_kind)};
    auto* certificate = draft.certificate.get();
    if (!begin(draft, request)) return refused("a certificate");
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer.get()));
    if (!add_leaf_extensions(request, certificate, issuer.get())) return refused("a certificate's extensions");
    if (X509_sign(certificate, issuer_key.get(), digest_for(issuer_key.get())) == 0) return refused("a signature");
    return PemPair{pem_of(certificate) + ca.certificate, pem_of(draft.key.get())};
}

Made make_self_signed(const LeafRequest& request) {
    if (request.names.empty()) return std::unexpected("a certificate needs a name");
    Draft draft{.key = make_key(request.key_kind)};
    auto* certificate = draft.certificate.get();
    if (!begin(draft, request)) return refused("a certificate");
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    if (!add_leaf_extensions(request, certificate, certificate)) return refused("a certificate's extensions");
    if (X509_sign(certificate, draft.key.get(), digest_for(draft.key.get())) == 0) return refused("a signature");
    return PemPair{pem_of(certificate), pem_of(draft.key.get())};
}

}  // namespace weir::tls
