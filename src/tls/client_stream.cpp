// ClientStream: the client's side of TLS, towards an upstream's server. Its last message of the handshake waits for the first request and
// leaves with it.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/address.h"
#include "tls/client_parts.h"
#include "tls/session_shelf.h"
#include "tls/ssl_stream.h"

namespace weir::tls {
namespace {

SessionShelf& shelf() {
    thread_local SessionShelf own;
    return own;
}

}  // namespace

class ClientStream final : public SslStream {
public:
    ClientStream(std::unique_ptr<net::Stream> below_stream, const Ref<const ClientSide>& side, std::string_view host)
        : SslStream(std::move(below_stream), Side::upstream), side_(side), host_(side->options().server_name) {
        if (host_.empty()) host_ = host;
        if (host_.ends_with('.')) host_.pop_back();
    }

    io::Task<Result<>> handshake(io::Deadline deadline) override;
    void keep(Owned<ssl_session_st> session) { shelf().put(session_key(), std::move(session)); }

private:
    bool prepare();
    bool demand_name();
    Error failure_of_handshake() override;
    std::string session_key() const { return std::to_string(side_->parts_->serial) + " " + host_; }

    Ref<const ClientSide> side_;
    std::string host_;
};

io::Task<Result<>> ClientStream::handshake(io::Deadline deadline) {
    if (!prepare()) co_return std::unexpected(error(ErrorCode::internal, take_library_reason("no memory for a TLS connection")));
    const auto done = co_await shake(deadline);
    if (!done) co_return std::unexpected(done.error());
    facts_.server_name = host_;
    if (side_->options().demands_h2 && facts_.protocol != "h2")
        co_return std::unexpected(error(ErrorCode::handshake_failed, "the server does not speak HTTP/2"));
    // TLS 1.2: of a ticket that was renewed during a resumption OpenSSL does not tell, and it spoils the old one.
    if (facts_.is_resumed && SSL_version(ssl_.get()) < TLS1_3_VERSION) keep(Owned<ssl_session_st>(SSL_get1_session(ssl_.get())));
    co_return Result<>{};
}

bool ClientStream::prepare() {
    if (!begin(side_->parts_->ctx.get())) return false;
    SSL_set_connect_state(ssl_.get());
    if (!demand_name()) return false;
    if (const auto session = shelf().take(session_key())) SSL_set_session(ssl_.get(), session.get());
    return true;
}

bool ClientStream::demand_name() {
    const bool is_ip = net::Ip::parse(host_).has_value();
    // RFC 6066 3: literal addresses are not sent as a server name.
    if (!is_ip && !host_.empty() && SSL_set_tlsext_host_name(ssl_.get(), host_.c_str()) != 1) return false;
    if (!side_->options().is_verified) return true;
    if (is_ip) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host_.c_str()) == 1;
    SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl_.get(), host_.c_str()) == 1;
}

Error ClientStream::failure_of_handshake() {
    shelf().forget(session_key());
    if (!side_->options().spki_pin.empty() && SSL_get_verify_result(ssl_.get()) == X509_V_ERR_APPLICATION_VERIFICATION)
        return error(ErrorCode::handshake_failed, "the server's public key is not the pinned one");
    return SslStream::failure_of_handshake();
}

int keep_session(ssl_st* ssl, ssl_session_st* session) {
    Owned<ssl_session_st> own(session);
    if (SSL_SESSION_is_resumable(session) == 0) return own.release(), 0;
    static_cast<ClientStream*>(static_cast<SslStream*>(SSL_get_app_data(ssl)))->keep(std::move(own));
    return 1;
}

std::unique_ptr<TlsStream> connect_tls(std::unique_ptr<net::Stream> below, const Ref<const ClientSide>& side, std::string_view host) {
    return std::make_unique<ClientStream>(std::move(below), side, host);
}

}  // namespace weir::tls
