#include "tls/certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/text.h"
#include "net/address.h"
#include "tls/certificate_parts.h"

namespace weir::tls {
namespace {

constexpr int kSecurityBitsMin = 112;  // NIST SP 800-57: RSA with 2048 bits, curves with 224
constexpr std::size_t kChainMax = 16;

std::unexpected<std::string> wrong(std::string text) { return std::unexpected(std::move(text)); }

std::string day_of(WallTime time) {
    const auto seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts));
}

// A key that asks for a pass phrase is refused: nobody is there to type one.
int no_pass_phrase(char*, int, int, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

std::string hex_of(std::string_view octets) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const char octet : octets) {
        text += kDigits[static_cast<unsigned char>(octet) >> 4];
        text += kDigits[static_cast<unsigned char>(octet) & 15];
    }
    return text;
}

std::string_view octets_of(const ASN1_STRING* string) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)), static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string ip_text(std::string_view octets) {
    net::Ip ip;
    if (octets.size() != 4 && octets.size() != 16) return {};
    ip.family = octets.size() == 4 ? net::Family::ipv4 : net::Family::ipv6;
    std::memcpy(ip.octets.data(), octets.data(), octets.size());
    return ip.text();
}

std::vector<std::string> names_of(X509* certificate) {
    std::vector<std::string> names;
    auto* list = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; i < sk_GENERAL_NAME_num(list); ++i) {
        const auto* name = sk_GENERAL_NAME_value(list, i);
        std::string text;
        if (name->type == GEN_DNS) text = lower(octets_of(name->d.dNSName));
        if (name->type == GEN_IPADD) text = ip_text(octets_of(name->d.iPAddress));
        if (!text.empty() && text.find('\0') == std::string::npos) names.push_back(std::move(text));
    }
    GENERAL_NAMES_free(list);
    return names;
}

std::string name_part(const X509_NAME* name, int nid) {
    const int at = X509_NAME_get_index_by_NID(name, nid, -1);
    if (at < 0) return {};
    unsigned char* utf8 = nullptr;
    const int octets = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (octets < 0) return {};
    std::string text(reinterpret_cast<char*>(utf8), static_cast<std::size_t>(octets));
    OPENSSL_free(utf8);
    return text;
}

KeyKind kind_of(EVP_PKEY* key) {
    switch (EVP_PKEY_get_base_id(key)) {
        case EVP_PKEY_EC: return KeyKind::ecdsa;
        case EVP_PKEY_RSA:
        case EVP_PKEY_RSA_PSS: return KeyKind::rsa;
        case EVP_PKEY_ED25519: return KeyKind::ed25519;
        default: return KeyKind::other;
    }
}

std::string responder_of(X509* certificate) {
    auto* urls = X509_get1_ocsp(certificate);
    std::string url = sk_OPENSSL_STRING_num(urls) > 0 ? sk_OPENSSL_STRING_value(urls, 0) : "";
    X509_email_free(urls);
    return url;
}

std::string base64url(std::string_view octets) {
    std::string text(4 * ((octets.size() + 2) / 3) + 1, '\0');
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(octets.data()),
                                       static_cast<int>(octets.size()));
    text.resize(static_cast<std::size_t>(length));
    while (!text.empty() && text.back() == '=') text.pop_back();
    for (auto& letter : text) letter = letter == '+' ? '-' : letter == '/' ? '_' : letter;
    return text;
}

// RFC 9773 4.1: the serial number's content octets, the leading zero of a positive number included.
std::string ari_of(X509* certificate) {
    const auto* authority = X509_get0_authority_key_id(certificate);
    if (authority == nullptr) return {};
    unsigned char* der = nullptr;
    const int octets = i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate), &der);
    if (octets < 3) return {};
    const std::string_view content(reinterpret_cast<char*>(der) + 2, static_cast<std::size_t>(octets) - 2);
    auto id = base64url(octets_of(authority)) + "." + base64url(content);
    OPENSSL_free(der);
    return id;
}

// The certificates of a PEM text in their order; what else is in it (keys, parameters) is left out.
std::vector<Owned<x509_st>> read_chain(std::string_view pem) {
    std::vector<Owned<x509_st>> chain;
    const auto memory = memory_of(pem);
    while (chain.size() < kChainMax) {
        Owned<x509_st> next(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
        if (next == nullptr) break;
        chain.push_back(std::move(next));
    }
    ERR_clear_error();
    return chain;
}

std::expected<Owned<evp_pkey_st>, std::string> read_key(std::string_view pem) {
    const auto memory = memory_of(pem);
    bool has_asked = false;
    Owned<evp_pkey_st> key(PEM_read_bio_PrivateKey(memory.get(), nullptr, no_pass_phrase, &has_asked));
    ERR_clear_error();
    if (key != nullptr) return key;
    return wrong(has_asked ? "the private key is encrypted; store it without a pass phrase" : "no private key in it");
}

// Why this certificate can't serve; empty when it can.
std::string fault_of(const std::vector<Owned<x509_st>>& chain, EVP_PKEY* key) {
    if (X509_check_private_key(chain.front().get(), key) != 1) {
        ERR_clear_error();
        for (std::size_t i = 1; i < chain.size(); ++i) {
            if (X509_check_private_key(chain[i].get(), key) == 1)
                return "the key belongs to certificate " + std::to_string(i + 1) + " of the chain; the server's own must come first";
        }
        ERR_clear_error();
        return "the private key belongs to another certificate";
    }
    const auto now = std::chrono::system_clock::now();
    const auto not_before = wall_time_of(X509_get0_notBefore(chain.front().get()));
    const auto not_after = wall_time_of(X509_get0_notAfter(chain.front().get()));
    if (not_after <= now) return "the certificate expired on " + day_of(not_after);
    if (not_before > now) return "the certificate is not valid before " + day_of(not_before);
    if (EVP_PKEY_get_security_bits(key) < kSecurityBitsMin)
        return "the key is too weak (" + std::to_string(EVP_PKEY_get_bits(key)) + " bits)";
    int digest = 0;
    int bits = 0;
    if (X509_get_signature_info(chain.front().get(), &digest, nullptr, &bits, nullptr) == 1 && bits < kSecurityBitsMin - 12)
        return std::string("the certificate is signed with ") + (digest == 0 ? "a weak digest" : OBJ_nid2sn(digest)) +
               ", which is too weak";
    return {};
}

}  // namespace

WallTime wall_time_of(const asn1_string_st* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
    return std::chrono::system_clock::from_time_t(timegm(&parts));
}

std::string serial_of(const x509_st* certificate) { return hex_of(octets_of(X509_get0_serialNumber(certificate))); }

std::string fingerprint_of(const x509_st* certificate) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned octets = 0;
    if (X509_digest(certificate, EVP_sha256(), digest, &octets) != 1) return {};
    return hex_of({reinterpret_cast<char*>(digest), octets});
}

Certificate::Certificate(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Certificate::~Certificate() = default;

std::expected<Ref<const Certificate>, std::string> Certificate::parse(std::string_view chain_pem, std::string_view key_pem) {
    auto chain = read_chain(chain_pem);
    if (chain.empty()) return wrong("no certificate in it");
    auto key = read_key(key_pem);
    if (!key) return wrong(std::move(key.error()));
    if (auto fault = fault_of(chain, key->get()); !fault.empty()) return wrong(std::move(fault));
    auto parts = std::make_unique<Parts>();
    auto* leaf = chain.front().get();
    parts->key_kind = kind_of(key->get());
    parts->names = names_of(leaf);
    parts->not_before = wall_time_of(X509_get0_notBefore(leaf));
    parts->not_after = wall_time_of(X509_get0_notAfter(leaf));
    parts->issuer = name_part(X509_get_issuer_name(leaf), NID_commonName);
    if (parts->issuer.empty()) parts->issuer = name_part(X509_get_issuer_name(leaf), NID_organizationName);
    parts->serial = serial_of(leaf);
    parts->fingerprint = fingerprint_of(leaf);
    parts->ocsp_url = responder_of(leaf);
    parts->ari_id = ari_of(leaf);
    parts->chain.reset(sk_X509_new_null());
    for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(parts->chain.get(), chain[i].release());
    parts->leaf = std::move(chain.front());
    parts->key = std::move(*key);
    return Ref<const Certificate>(new Certificate(std::move(parts)));
}

std::expected<Ref<const Certificate>, std::string> Certificate::load(const std::string& chain_file, const std::string& key_file) {
    std::string chain;
    std::string key;
    if (!read_file(chain_file, chain)) return wrong(chain_file + ": " + std::strerror(errno));
    if (!read_file(key_file, key)) return wrong(key_file + ": " + std::strerror(errno));
    auto made = parse(chain, key);
    OPENSSL_cleanse(key.data(), key.size());
    if (made) return made;
    const bool is_of_key = made.error().find("private key in it") != std::string::npos || made.error().starts_with("the private key is");
    return wrong((is_of_key ? key_file : chain_file) + ": " + made.error());
}

KeyKind Certificate::key_kind() const { return parts_->key_kind; }
const std::vector<std::string>& Certificate::names() const { return parts_->names; }
WallTime Certificate::not_before() const { return parts_->not_before; }
WallTime Certificate::not_after() const { return parts_->not_after; }
std::string_view Certificate::issuer() const { return parts_->issuer; }
std::string_view Certificate::serial() const { return parts_->serial; }
std::string_view Certificate::fingerprint() const { return parts_->fingerprint; }
std::string_view Certificate::ocsp_url() const { return parts_->ocsp_url; }
std::string Certificate::ari_id() const { return parts_->ari_id; }

bool Certificate::covers(std::string_view host) const {
    auto wanted = lower(host);
    if (const auto ip = net::Ip::parse(wanted)) wanted = ip->text();
    const auto dot = wanted.find('.');
    for (const auto& name : parts_->names) {
        if (name == wanted) return true;
        if (dot == std::string::npos || dot == 0 || !name.starts_with("*.")) continue;
        if (std::string_view(name).substr(1) == std::string_view(wanted).substr(dot)) return true;
    }
    return false;
}

std::string Certificate::chain_pem() const {
    const Owned<bio_st> memory(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(memory.get(), parts_->leaf.get());
    for (int i = 0; i < sk_X509_num(parts_->chain.get()); ++i) PEM_write_bio_X509(memory.get(), sk_X509_value(parts_->chain.get(), i));
    return text_of(memory.get());
}

bool Certificate::use_in(ssl_st* ssl) const {
    return SSL_use_cert_and_key(ssl, parts_->leaf.get(), parts_->key.get(), parts_->chain.get(), 1) == 1;
}

bool Certificate::use_in(ssl_ctx_st* ctx) const {
    return SSL_CTX_use_cert_and_key(ctx, parts_->leaf.get(), parts_->key.get(), parts_->chain.get(), 1) == 1;
}

bool Certificate::is_in_use(const x509_st* certificate) const { return certificate == parts_->leaf.get(); }

}  // namespace weir::tls
