// TlsStream: octets encrypted over another Stream, by OpenSSL fed from our own buffers: they are given back while the connection idles, and
// several records leave in one write. What is offered to write() and could not leave is held encrypted; it is offered again first.
// Thread: the worker's. Memory: an idle one holds no buffer; a client's by TLS 1.3 has its keys, others OpenSSL's state.
#pragma once

#include <memory>
#include <string_view>

#include "net/stream.h"
#include "tls/facts.h"
#include "tls/live.h"

namespace weir::tls {

class Endpoint;
class ClientSide;

// The detail of a failed handshake whose name has no certificate.
inline constexpr const char* kNoCertificate = "no certificate for this server name";

class TlsStream : public net::Stream {
public:
    // Until both sides have finished, or an error: handshake_failed (with the library's reason as static text), timeout, closed, reset.
    // An alert has been sent where the protocol has one. Afterwards facts() is filled.
    virtual io::Task<Result<>> handshake(io::Deadline deadline) = 0;
    virtual const ConnectionFacts& facts() const = 0;
    // After early data: takes what ends the handshake, as far as it is here. False: nothing of the application is, wait on.
    virtual bool settle() { return true; }
    // Gives buffers back that hold nothing. Called when the connection begins to idle.
    virtual void release_buffers() = 0;

protected:
    explicit TlsStream(io::Readiness& readiness) : Stream(readiness) {}
};

// Who can wait for the certificate of a name that Live lacks.
class CertificateWait {
public:
    virtual ~CertificateWait() = default;
    // The worker's present Live once the certificate is there, or it is known that there will be none, or the wait was long enough.
    virtual io::Task<Ref<const Live>> wait_for(std::string_view server_name, io::Stop* stop) = 0;
};

// `live` is the worker's present one: read during the handshake only. The time that a handshake waits is not counted against its deadline.
std::unique_ptr<TlsStream> accept_tls(std::unique_ptr<net::Stream> below, const Ref<const Endpoint>& endpoint, const Ref<const Live>& live,
                                      std::string_view octets_at_hand = {}, CertificateWait* wait = nullptr);
// To an upstream. `host`: the server's name as configured, for SNI and verification where the options name none.
std::unique_ptr<TlsStream> connect_tls(std::unique_ptr<net::Stream> below, const Ref<const ClientSide>& side, std::string_view host);

}  // namespace weir::tls
