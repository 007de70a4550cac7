// ServerStream: who keeps the records of a connection once its handshake is over. In TLS 1.3 it is a RecordLayer, and OpenSSL's state goes;
// TLS 1.2, early data, clients that want short records and suites we do not know stay with OpenSSL.
#include <openssl/ssl.h>

#include <algorithm>
#include <array>

#include "tls/server_stream.h"

namespace weir::tls {
namespace {

// As a text that outlives the library's state.
std::string_view kept_protocol(std::string_view protocol) {
    constexpr std::array<std::string_view, 3> kKnown{"h2", "http/1.1", kAcmeProtocol};
    const auto known = std::ranges::find(kKnown, protocol);
    return known == kKnown.end() ? std::string_view{} : *known;
}

}  // namespace

void ServerStream::settle_records(const TrafficSecrets& secrets) {
    if (auto layer = take_records(secrets)) {
        facts_.protocol = kept_protocol(facts_.protocol);
        auto ahead = wire_.take_ahead();
        if (ahead.chunk) layer->set_ahead(std::move(ahead.chunk), ahead.begin, ahead.end);
        layer_ = std::move(layer);
        // Else OpenSSL takes the end for a failure.
        SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        ssl_.reset();
    } else {
        SSL_set_read_ahead(ssl_.get(), 1);
    }
    wire_.set_reads_ahead(false);
}

// What the wire holds now was sealed with the keys of the application: it left, or will leave, before our first record. A wrong count would
// use a nonce twice: what is not clear stays with OpenSSL.
std::unique_ptr<RecordLayer> ServerStream::take_records(const TrafficSecrets& secrets) {
    auto* ssl = ssl_.get();
    if (facts_.is_early || SSL_version(ssl) != TLS1_3_VERSION || SSL_has_pending(ssl) != 0) return nullptr;
    // RFC 6066 4: a client that wants shorter records.
    if (SSL_SESSION_get_max_fragment_length(SSL_get_session(ssl)) != 0) return nullptr;
    const auto sent = wire_.count_records();
    if (!sent) return nullptr;
    return RecordLayer::make(SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl)), secrets, *sent);
}

}  // namespace weir::tls
