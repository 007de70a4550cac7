// ServerStream: who keeps the records of a connection once its handshake is over. In TLS 1.3 it is a RecordLayer, and OpenSSL's state goes;
// TLS 1.2, early data, clients that want short records and suites we do not know stay with OpenSSL.
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>

#include "tls/server_stream.h"
#include "tls/session_ticket.h"

namespace weir::tls {
namespace {

// As a text that outlives the library's state.
std::string_view kept_protocol(std::string_view protocol) {
    constexpr std::array<std::string_view, 3> kKnown{"h2", "http/1.1", kAcmeProtocol};
    const auto known = std::ranges::find(kKnown, protocol);
    return known == kKnown.end() ? std::string_view{} : *known;
}

}  // namespace

// What makes a session more than its keys (a client's certificate, early data) only the library can put into a ticket.
bool ServerStream::makes_tickets(const std::optional<HelloView>& hello) const {
    return hello && hello->can_resume() && endpoint_->parts_->tickets.is_on && !is_challenge_ && !live_->ticket_keys.empty() &&
           options_->client_auth.kind == ClientAuthOptions::Kind::none && !takes_early_data(*options_);
}

void ServerStream::settle_records(const TrafficSecrets& secrets) {
    owes_ticket_ = owes_ticket_ && SSL_version(ssl_.get()) == TLS1_3_VERSION;
    if (auto layer = take_records(secrets)) {
        facts_.protocol = kept_protocol(facts_.protocol);
        auto ahead = wire_.take_ahead();
        if (ahead.chunk) layer->set_ahead(std::move(ahead.chunk), ahead.begin, ahead.end);
        layer_ = std::move(layer);
        if (owes_ticket_) give_ticket(secrets);
        // Else OpenSSL takes the end for a failure.
        SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        ssl_.reset();
    } else {
        SSL_set_read_ahead(ssl_.get(), 1);
        if (owes_ticket_) let_library_give_ticket();
    }
    wire_.set_reads_ahead(false);
}

// The first record of ours, and leaves with the first reply. Without it the next connection begins anew.
void ServerStream::give_ticket(const TrafficSecrets& secrets) {
    if (!secrets.has_resumption) return;
    auto* ssl = ssl_.get();
    unsigned scope_octets = 0;
    const auto* scope = SSL_SESSION_get0_id_context(SSL_get_session(ssl), &scope_octets);
    const auto lifetime = std::chrono::duration_cast<std::chrono::seconds>(endpoint_->parts_->tickets.lifetime).count();
    const auto message = TicketMessage::make(live_->ticket_keys.front(),
                                             {.suite = SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl)),
                                              .digest = secrets.digest,
                                              .resumption_secret = {secrets.resumption.data(), octets_of(secrets.digest)},
                                              .scope = {scope, scope_octets},
                                              .begun_s = std::time(nullptr),
                                              .lifetime_s = static_cast<std::uint32_t>(std::clamp<std::int64_t>(lifetime, 0, UINT32_MAX))});
    if (message) layer_->put_handshake(wire_, message->octets());
}

void ServerStream::let_library_give_ticket() {
    if (SSL_new_session_ticket(ssl_.get()) == 1) SSL_do_handshake(ssl_.get());
    ERR_clear_error();
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
