// The calls that OpenSSL makes during a server's handshake: protocol, tickets, stapled answer.
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <cstring>

#include "tls/server_stream.h"

namespace weir::tls {
namespace {

ServerStream& stream_of(SSL* ssl) { return *static_cast<ServerStream*>(static_cast<SslStream*>(SSL_get_app_data(ssl))); }

int select_protocol(SSL* ssl, const unsigned char** chosen, unsigned char* octets, const unsigned char* offered, unsigned count, void*) {
    return stream_of(ssl).choose_protocol(chosen, octets, {reinterpret_cast<const char*>(offered), count});
}

int staple(SSL* ssl, void*) { return stream_of(ssl).staple(ssl); }

int may_take_early(SSL* ssl, void*) { return stream_of(ssl).may_take_early(ssl) ? 1 : 0; }

// Looked up once: OpenSSL would search its providers for each ticket.
const EVP_CIPHER* ticket_cipher() {
    static const EVP_CIPHER* const kCipher = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
    return kCipher;
}

bool begin_mac(EVP_MAC_CTX* mac, const TicketKey& key) {
    char digest[] = "SHA256";
    auto secret = key.mac_key;
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, secret.data(), secret.size()),
                                     OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
    return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

int encrypt_ticket(const TicketKey& key, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
    std::memcpy(name, key.name.data(), key.name.size());
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(ticket_cipher())) != 1) return -1;
    if (EVP_EncryptInit_ex(cipher, ticket_cipher(), nullptr, key.cipher_key.data(), iv) != 1 || !begin_mac(mac, key)) return -1;
    return 1;
}

// 0: not ours, a full handshake follows. 2: good, and the client gets a new one: this one is of an older key, or used up, because in
// TLS 1.3 each is for one connection (RFC 8446 C.4).
int ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int encrypts) {
    const auto& keys = stream_of(ssl).ticket_keys();
    if (encrypts != 0) return keys.empty() ? 0 : encrypt_ticket(keys.front(), name, iv, cipher, mac);
    for (const auto& key : keys) {
        if (std::memcmp(name, key.name.data(), key.name.size()) != 0) continue;
        if (EVP_DecryptInit_ex(cipher, ticket_cipher(), nullptr, key.cipher_key.data(), iv) != 1 || !begin_mac(mac, key)) return -1;
        return &key == &keys.front() && SSL_version(ssl) < TLS1_3_VERSION ? 1 : 2;
    }
    return 0;
}

}  // namespace

void set_server_calls(ssl_ctx_st* ctx, const ServerOptions& options, const TicketOptions& tickets) {
    SSL_CTX_set_alpn_select_cb(ctx, select_protocol, nullptr);
    if (options.staples) SSL_CTX_set_tlsext_status_cb(ctx, staple);
    if (tickets.is_on) SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, ticket_key);
    if (!tickets.is_on || !takes_early_data(options)) return;
    SSL_CTX_set_max_early_data(ctx, ServerStream::kEarlyOctetsMax);
    SSL_CTX_set_recv_max_early_data(ctx, ServerStream::kEarlyOctetsMax);
    SSL_CTX_set_allow_early_data_cb(ctx, may_take_early, nullptr);
    // The library's own record is a cache of sessions behind a lock; ours is the ReplayRecord.
    SSL_CTX_set_options(ctx, SSL_OP_NO_ANTI_REPLAY);
}

}  // namespace weir::tls
