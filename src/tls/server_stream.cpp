#include "tls/server_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "io/worker.h"
#include "tls/certificate_parts.h"
#include "tls/client_hello.h"
#include "tls/context_shelf.h"

namespace weir::tls {
namespace {

constexpr std::size_t kRecordHead = 5;
constexpr char kHandshakeRecord = 22;
constexpr unsigned char kUnrecognizedName = 112;
constexpr std::uint16_t kEcdsaP256 = 0x0403;
constexpr std::uint16_t kTls13 = 0x0304;

ContextShelf& contexts() {
    thread_local ContextShelf own;
    return own;
}

std::string name_text(const X509_NAME* name) {
    const Owned<bio_st> memory(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    return text_of(memory.get());
}

}  // namespace

ServerStream::ServerStream(std::unique_ptr<net::Stream> below_stream, const Ref<const Endpoint>& endpoint, const Ref<const Live>& live,
                           std::string_view octets_at_hand, CertificateWait* wait)
    : SslStream(std::move(below_stream), Side::client), endpoint_(endpoint), wait_(wait), live_(live) {
    if (octets_at_hand.empty()) return;
    hello_ = Chunk::take(std::max(octets_at_hand.size(), Chunk::kSmall));
    std::memcpy(hello_.data(), octets_at_hand.data(), octets_at_hand.size());
    hello_end_ = static_cast<std::uint32_t>(octets_at_hand.size());
}

io::Task<Result<>> ServerStream::handshake(io::Deadline deadline) {
    const auto came = co_await read_hello(deadline);
    if (!came) co_return std::unexpected(came.error());
    const auto hello = look_at_hello();
    if (lacks_certificate(hello)) deadline = co_await wait_for_certificate(deadline);
    const auto prepared = prepare(hello);
    hello_message_ = {};
    message_.clear();
    message_.shrink_to_fit();
    if (!prepared) co_return std::unexpected(prepared.error());
    TrafficSecrets secrets;
    secrets_ = &secrets;
    const auto done = co_await shake(deadline);
    secrets_ = nullptr;
    if (!done) co_return std::unexpected(done.error());
    certificates_ = nullptr;
    if (options_->client_auth.kind != ClientAuthOptions::Kind::none) fill_client_facts();
    if (options_->client_auth.kind == ClientAuthOptions::Kind::required && !facts_.is_client_verified && !is_challenge_)
        co_return std::unexpected(error(ErrorCode::handshake_failed, "a session without the certificate that is demanded"));
    // All that is left to say in TLS 1.3 is a ticket: it needs no write of its own, the first reply takes it along.
    holds_back_ = !facts_.is_early && SSL_version(ssl_.get()) == TLS1_3_VERSION;
    if (!holds_back_) {
        const auto sent = co_await flush_all(deadline);
        if (!sent) co_return std::unexpected(sent.error());
    }
    settle_records(secrets);
    if (!facts_.is_early) live_ = {};
    has_input_ |= has_more();
    co_return Result<>{};
}

// Nothing is held until the first octets are there: a client that only connects costs no buffer.
io::Task<Result<>> ServerStream::read_hello(io::Deadline deadline) {
    for (;;) {
        const auto state = examine();
        if (state != Hello::need_more) break;
        if (hello_end_ >= kHelloOctetsMax) co_return std::unexpected(error(ErrorCode::handshake_failed, "the ClientHello is too long"));
        const auto count = read_hello_octets();
        if (count.is_some()) continue;
        if (count.is_end()) co_return std::unexpected(error(ErrorCode::closed, "closed before a ClientHello"));
        if (count.is_failed()) {
            auto failure = net::error_of(count, Side::client);
            failure.detail = "during the TLS handshake";
            co_return std::unexpected(failure);
        }
        const auto ready = co_await until_readable(deadline);
        if (!ready) co_return std::unexpected(ready.error());
    }
    if (hello_end_ != 0 && is_alpha(hello_.data()[0]))
        co_return std::unexpected(error(ErrorCode::handshake_failed, "plain HTTP on a TLS port"));
    co_return Result<>{};
}

io::IoCount ServerStream::read_hello_octets() {
    if (!below().readiness().may_read()) return io::IoCount::blocked();
    if (hello_.size() == hello_end_) {
        auto larger = Chunk::take(hello_end_ + Chunk::kSmall);
        if (hello_end_ != 0) std::memcpy(larger.data(), hello_.data(), hello_end_);
        hello_ = std::move(larger);
    }
    const auto count = below().read({hello_.data() + hello_end_, hello_.size() - hello_end_});
    if (count.is_some()) hello_end_ += static_cast<std::uint32_t>(count.octets());
    else if (hello_end_ == 0) hello_.reset();
    return count;
}

// Finds the ClientHello in its records (RFC 8446 5.1: a message may be cut over several). What is strange is OpenSSL's to refuse.
ServerStream::Hello ServerStream::examine() {
    std::string_view rest(hello_ ? hello_.data() : "", hello_end_);
    if (rest.empty()) return Hello::need_more;
    message_.clear();
    for (std::size_t length = 0;;) {
        if (!rest.empty() && rest[0] != kHandshakeRecord) return Hello::strange;
        if (rest.size() < kRecordHead) return Hello::need_more;
        const std::size_t octets = two_octets(rest.substr(3));
        if (rest[1] != 3 || octets == 0 || octets > SSL3_RT_MAX_PLAIN_LENGTH) return Hello::strange;
        if (rest.size() - kRecordHead < octets) return Hello::need_more;
        const auto fragment = rest.substr(kRecordHead, octets);
        rest.remove_prefix(kRecordHead + octets);
        const auto begun = message_.empty() ? fragment : std::string_view(message_);
        if (message_.empty() && fragment.size() >= kHandshakeHeadOctets) {
            length =
                kHandshakeHeadOctets + (static_cast<std::size_t>(static_cast<unsigned char>(begun[1])) << 16 | two_octets(begun.substr(2)));
            if (begun[0] != 1 || length > kHelloOctetsMax || fragment.size() > length) return Hello::strange;
            if (fragment.size() == length) {
                hello_message_ = fragment;
                return Hello::whole;
            }
        } else if (message_.empty()) {
            return Hello::strange;  // not even a head in the first record: nobody sends that
        }
        message_.append(fragment);
        if (message_.size() > length) return Hello::strange;
        if (message_.size() < length) continue;
        hello_message_ = message_;
        return Hello::whole;
    }
}

std::optional<HelloView> ServerStream::look_at_hello() {
    auto hello = hello_message_.empty() ? std::nullopt : view_client_hello(hello_message_);
    if (!hello) return hello;
    facts_.server_name = lower(hello->server_name);
    if (facts_.server_name.ends_with('.')) facts_.server_name.pop_back();
    return hello;
}

// Of a site whose certificates are fetched when they are first asked for. The authority itself, which comes to see whose the name is, waits
// for nothing.
bool ServerStream::lacks_certificate(const std::optional<HelloView>& hello) const {
    if (wait_ == nullptr || !hello || !live_->lacks(facts_.server_name) || hello->offers_protocol(kAcmeProtocol)) return false;
    const auto& source = endpoint_->parts_->sites[endpoint_->site_of(facts_.server_name)].options.source;
    return source.kind == CertificateSource::Kind::acme && std::ranges::find(source.names, facts_.server_name) == source.names.end();
}

io::Task<io::Deadline> ServerStream::wait_for_certificate(io::Deadline deadline) {
    const auto begun = io::Worker::current().now();
    auto live = co_await wait_->wait_for(facts_.server_name, deadline.stop);
    live_ = std::move(live);
    if (deadline.at != kNever) deadline.at += io::Worker::current().now() - begun;
    co_return deadline;
}

Result<> ServerStream::prepare(const std::optional<HelloView>& hello) {
    if (endpoint_->takes_fingerprints() && hello) take_fingerprints();
    const auto choice = choose(hello);
    if (choice.certificates == nullptr && !choice.challenge) {
        alert(kUnrecognizedName);
        return std::unexpected(error(ErrorCode::handshake_failed, kNoCertificate));
    }
    auto* prepared = is_challenge_ ? nullptr
                                   : contexts().find({endpoint_, choice.site->ctx, choice.site->options, endpoint_->parts_->tickets},
                                                     *choice.certificates);
    if (!begin(prepared != nullptr ? prepared : choice.site->ctx))
        return std::unexpected(error(ErrorCode::internal, "no memory for a TLS connection"));
    SSL_set_accept_state(ssl_.get());
    options_ = &choice.site->options;
    certificates_ = choice.certificates;
    bool is_used = prepared != nullptr;
    if (is_challenge_) is_used = choice.challenge->use_in(ssl_.get());
    else if (!is_used) is_used = use_certificates(hello, *choice.certificates);
    if (!is_used) return std::unexpected(error(ErrorCode::handshake_failed, take_library_reason("the certificate is refused")));
    owes_ticket_ = makes_tickets(hello);
    if (is_challenge_ || owes_ticket_ || live_->ticket_keys.empty()) SSL_set_num_tickets(ssl_.get(), 0);
    if (hello && hello->has_early_data && takes_early_data(*options_) && live_->replay_record && !is_challenge_) early_ = Early::awaited;
    wire_.set_ahead(std::move(hello_), 0, hello_end_);
    wire_.set_reads_ahead(true);
    return {};
}

void ServerStream::take_fingerprints() {
    const auto hello = parse_client_hello(hello_message_);
    if (!hello) return;
    facts_.ja3 = ja3(*hello);
    facts_.ja4 = ja4(*hello);
}

ServerStream::Choice ServerStream::choose(const std::optional<HelloView>& hello) {
    Choice choice;
    const auto& name = facts_.server_name;
    choice.site = &endpoint_->parts_->sites[endpoint_->site_of(name)];
    // RFC 8737 3: a validation offers this protocol and no other, and gets nothing but its certificate.
    if (hello && hello->offers_protocol(kAcmeProtocol)) {
        is_challenge_ = true;
        const auto found = live_->alpn_challenges.find(name);
        if (found != live_->alpn_challenges.end()) choice.challenge = found->second;
        return choice;
    }
    choice.certificates = live_->find(choice.site->options.source, name);
    return choice;
}

// ECDSA first: whoever speaks TLS 1.3 and takes P-256 needs no other. For the rest OpenSSL chooses by what the client can verify.
bool ServerStream::use_certificates(const std::optional<HelloView>& hello, const CertificateSet& set) {
    const bool wants_only_ecdsa =
        set.size() > 1 && hello && hello->offers_version(kTls13) && hello->has_signature(kEcdsaP256) &&
        std::ranges::any_of(set, [](const Stapled& one) { return one.certificate->key_kind() == KeyKind::ecdsa; });
    for (const auto& one : set) {
        if (wants_only_ecdsa && one.certificate->key_kind() != KeyKind::ecdsa) continue;
        if (!one.certificate->use_in(ssl_.get())) return false;
    }
    return true;
}

void ServerStream::alert(unsigned char description) {
    unsigned char record[] = {21, 3, 3, 0, 2, 2, description};
    const iovec part{record, sizeof record};
    below().write({&part, 1});
}

void ServerStream::fill_client_facts() {
    X509* certificate = SSL_get0_peer_certificate(ssl_.get());
    if (certificate == nullptr) return;
    facts_.is_client_verified = SSL_get_verify_result(ssl_.get()) == X509_V_OK;
    facts_.client_subject = name_text(X509_get_subject_name(certificate));
    facts_.client_issuer = name_text(X509_get_issuer_name(certificate));
    facts_.client_serial = serial_of(certificate);
    facts_.client_fingerprint = fingerprint_of(certificate);
}

int ServerStream::step_write(std::string_view octets) {
    if (!facts_.is_early) return SslStream::step_write(octets);
    std::size_t taken = 0;
    return SSL_write_early_data(ssl_.get(), octets.data(), octets.size(), &taken);
}

int ServerStream::choose_protocol(const unsigned char** chosen, unsigned char* octets, std::string_view offered) const {
    const auto take = [&](std::string_view protocol) {
        for (auto rest = offered; !rest.empty();) {
            const auto size = static_cast<std::size_t>(static_cast<unsigned char>(rest[0]));
            if (rest.substr(1, size) == protocol) {
                *chosen = reinterpret_cast<const unsigned char*>(rest.data()) + 1;
                *octets = static_cast<unsigned char>(size);
                return true;
            }
            rest.remove_prefix(std::min(rest.size(), size + 1));
        }
        return false;
    };
    if (is_challenge_) return take(kAcmeProtocol) ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
    if (options_->offers_h2 && take("h2")) return SSL_TLSEXT_ERR_OK;
    // RFC 7301 3.2: nothing in common is an end, not a guess (ALPACA: another protocol's server must not answer).
    return take("http/1.1") ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

int ServerStream::staple(ssl_st* ssl) const {
    const X509* used = SSL_get_certificate(ssl);
    if (certificates_ == nullptr || !options_->staples || used == nullptr) return SSL_TLSEXT_ERR_NOACK;
    for (const auto& one : *certificates_) {
        if (one.ocsp.empty() || !one.certificate->is_in_use(used)) continue;
        void* copy = OPENSSL_memdup(one.ocsp.data(), one.ocsp.size());
        if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
        SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(one.ocsp.size()));
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

std::unique_ptr<TlsStream> accept_tls(std::unique_ptr<net::Stream> below, const Ref<const Endpoint>& endpoint, const Ref<const Live>& live,
                                      std::string_view octets_at_hand, CertificateWait* wait) {
    return std::make_unique<ServerStream>(std::move(below), endpoint, live, octets_at_hand, wait);
}

}  // namespace weir::tls
