#include "tls/ssl_ctx.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string_view>
#include <vector>

#include "tls/library_provider.h"

namespace weir::tls {
namespace {

using namespace std::string_view_literals;

// Forward secrecy and authenticated encryption only (RFC 9325 4.2).
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kCiphersWithoutAes =
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
constexpr const char* kSuites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kSuitesWithoutAes = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384";
constexpr const char* kGroups = "X25519MLKEM768:X25519:P-256:P-384";
// ECDSA first: its signatures cost a tenth of RSA's.
constexpr const char* kSignatures =
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512";

bool has_aes() {
#if defined(__x86_64__)
    static const bool kHas = __builtin_cpu_supports("aes");
    return kHas;
#else
    return true;
#endif
}

const char* or_default(const std::string& own, const char* otherwise) { return own.empty() ? otherwise : own.c_str(); }

// Groups that this library has not are left out: a list may name those to come.
std::string known_groups(SSL_CTX* ctx, std::string_view list) {
    std::string known;
    while (!list.empty()) {
        const auto colon = list.find(':');
        const std::string group(list.substr(0, colon));
        list = colon == std::string_view::npos ? std::string_view{} : list.substr(colon + 1);
        if (group.empty() || SSL_CTX_set1_groups_list(ctx, group.c_str()) != 1) continue;
        known += (known.empty() ? "" : ":") + group;
    }
    ERR_clear_error();
    return known;
}

std::unexpected<std::string> refused(const char* option, const std::string& value) {
    return std::unexpected(std::string(option) + " '" + value + "': " + take_library_reason("the library refuses it"));
}

int version_of(Version version) { return version == Version::tls12 ? TLS1_2_VERSION : TLS1_3_VERSION; }

}  // namespace

std::expected<Owned<ssl_ctx_st>, std::string> make_ssl_ctx(Role role, const Policy& policy) {
    const char* preference = load_library_provider() ? kPrefersOurs : nullptr;
    Owned<ssl_ctx_st> owned(SSL_CTX_new_ex(nullptr, preference, role == Role::server ? TLS_server_method() : TLS_client_method()));
    if (owned == nullptr) return refused("TLS", "");
    auto* ctx = owned.get();
    SSL_CTX_set_min_proto_version(ctx, version_of(policy.version_min));
    SSL_CTX_set_max_proto_version(ctx, version_of(policy.version_max));
    // No compression (CRIME), no renegotiation (it multiplies the cost of a handshake), the server's order unless the client, by asking
    // for ChaCha first, says that it has no AES in hardware.
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    // A chain is sent as it was given: OpenSSL would build one for each handshake.
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // A server's Wire reads ahead instead: what comes behind the handshake may be for a RecordLayer.
    SSL_CTX_set_read_ahead(ctx, role == Role::client ? 1 : 0);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    if (SSL_CTX_set_cipher_list(ctx, or_default(policy.ciphers, has_aes() ? kCiphers : kCiphersWithoutAes)) != 1)
        return refused("ciphers", policy.ciphers);
    if (SSL_CTX_set_ciphersuites(ctx, or_default(policy.suites, has_aes() ? kSuites : kSuitesWithoutAes)) != 1)
        return refused("suites", policy.suites);
    const auto groups = known_groups(ctx, or_default(policy.groups, kGroups));
    if (groups.empty() || SSL_CTX_set1_groups_list(ctx, groups.c_str()) != 1) return refused("groups", policy.groups);
    if (SSL_CTX_set1_sigalgs_list(ctx, or_default(policy.signatures, kSignatures)) != 1) return refused("signatures", policy.signatures);
    return owned;
}

}  // namespace weir::tls
