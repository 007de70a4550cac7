#include "tls/client_side.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <atomic>

#include "tls/certificate.h"
#include "tls/client_parts.h"
#include "tls/ssl_ctx.h"

namespace weir::tls {
namespace {

using Fault = std::unexpected<std::string>;
using Done = std::expected<void, std::string>;

// RFC 7858's form of a pin: the digest of the public key with its algorithm. The chain, names and times are not looked at.
int is_pinned(X509_STORE_CTX* chain, void* pin) {
    unsigned char* der = nullptr;
    const int octets = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(X509_STORE_CTX_get0_cert(chain)), &der);
    std::array<unsigned char, 32> digest{};
    if (octets > 0) EVP_Digest(der, static_cast<std::size_t>(octets), digest.data(), nullptr, EVP_sha256(), nullptr);
    OPENSSL_free(der);
    if (octets > 0 && std::ranges::equal(digest, *static_cast<const std::array<unsigned char, 32>*>(pin))) return 1;
    X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

Done read_pin(const std::string& text, std::array<unsigned char, 32>& pin) {
    std::array<unsigned char, 48> octets{};
    const bool has_form = text.size() == 44 && text.ends_with('=') && !text.ends_with("==");
    if (!has_form || EVP_DecodeBlock(octets.data(), reinterpret_cast<const unsigned char*>(text.data()), 44) != 33) {
        ERR_clear_error();
        return Fault("the pin '" + text + "' is not the base64 of a SHA-256 digest (44 characters)");
    }
    std::copy_n(octets.begin(), pin.size(), pin.begin());
    return {};
}

Done set_trust(SSL_CTX* ctx, const ClientOptions& options, std::array<unsigned char, 32>& pin) {
    if (!options.spki_pin.empty()) {
        auto read = read_pin(options.spki_pin, pin);
        if (!read) return read;
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
        SSL_CTX_set_cert_verify_callback(ctx, is_pinned, pin.data());
        return {};
    }
    if (!options.is_verified) return {};
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
    if (options.ca_file.empty()) {
        if (SSL_CTX_set_default_verify_paths(ctx) != 1) return Fault(take_library_reason("the system's CA certificates can't be read"));
    } else if (SSL_CTX_load_verify_file(ctx, options.ca_file.c_str()) != 1) {
        return Fault(options.ca_file + ": " + take_library_reason("no CA certificate in it"));
    }
    return {};
}

Done set_own_certificate(SSL_CTX* ctx, const ClientOptions& options) {
    if (options.certificate_file.empty()) return {};
    const auto& key_file = options.key_file.empty() ? options.certificate_file : options.key_file;
    const auto loaded = Certificate::load(options.certificate_file, key_file);
    if (!loaded) return Fault(loaded.error());
    if (SSL_CTX_use_certificate_chain_file(ctx, options.certificate_file.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, key_file.c_str(), SSL_FILETYPE_PEM) != 1)
        return Fault(options.certificate_file + ": " + take_library_reason("the certificate is refused"));
    return {};
}

void offer_protocols(SSL_CTX* ctx, const ClientOptions& options) {
    std::string offer;
    if (options.offers_h2 || options.demands_h2) offer += "\x02h2";
    if (!options.demands_h2) offer += "\x08http/1.1";
    SSL_CTX_set_alpn_protos(ctx, reinterpret_cast<const unsigned char*>(offer.data()), static_cast<unsigned>(offer.size()));
}

}  // namespace

ClientSide::ClientSide(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ClientSide::~ClientSide() = default;
const ClientOptions& ClientSide::options() const { return parts_->options; }

std::expected<Ref<const ClientSide>, std::string> ClientSide::make(const ClientOptions& options) {
    static std::atomic<std::uint64_t> serials{0};
    auto made = make_ssl_ctx(Role::client, options.policy);
    if (!made) return Fault(made.error());
    auto parts = std::make_unique<Parts>();
    parts->options = options;
    parts->ctx = std::move(*made);
    parts->serial = ++serials;
    auto* ctx = parts->ctx.get();
    for (const auto& done : {set_trust(ctx, parts->options, parts->pin), set_own_certificate(ctx, options)})
        if (!done) return Fault(done.error());
    offer_protocols(ctx, options);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, keep_session);
    return Ref<const ClientSide>(new ClientSide(std::move(parts)));
}

}  // namespace weir::tls
