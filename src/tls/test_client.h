// For tests: a client of TLS that does what our own side of clients never does: early data, ALPN of any kind, asking for a stapled answer.
// OpenSSL over octets that a line carries. Included by tests only, which may see OpenSSL's headers.
#pragma once

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "net/stream.h"
#include "tls/certificate_parts.h"
#include "tls/owned.h"

namespace weir::tls {

class TestClient {
public:
    TestClient() : ctx_(SSL_CTX_new(TLS_client_method())) {
        SSL_CTX_set_session_cache_mode(ctx_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(ctx_.get(), keep);
        SSL_CTX_set_app_data(ctx_.get(), this);
    }

    // Before begin().
    std::string host = "a.example";
    std::string protocols;  // ALPN, each with its length before it
    bool asks_for_staple = false;
    const char* suites = nullptr;
    const char* groups = nullptr;
    std::uint8_t fragment_code = 0;  // RFC 6066 4

    // The first flight leaves; with early data when there is a session for it.
    void begin(std::unique_ptr<net::Stream> line, std::string_view early = {}) {
        line_ = std::move(line);
        in_ = BIO_new(BIO_s_mem());
        out_ = BIO_new(BIO_s_mem());
        ssl_.reset(SSL_new(ctx_.get()));
        SSL_set_bio(ssl_.get(), in_, out_);
        SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
        SSL_set_connect_state(ssl_.get());
        if (suites != nullptr) SSL_set_ciphersuites(ssl_.get(), suites);
        if (groups != nullptr) SSL_set1_groups_list(ssl_.get(), groups);
        if (fragment_code != 0) SSL_set_tlsext_max_fragment_length(ssl_.get(), fragment_code);
        if (asks_for_staple) SSL_set_tlsext_status_type(ssl_.get(), TLSEXT_STATUSTYPE_ocsp);
        if (!protocols.empty())
            SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                                static_cast<unsigned>(protocols.size()));
        if (session_ != nullptr) SSL_set_session(ssl_.get(), session_.get());
        got_.clear();
        std::size_t taken = 0;
        for (; !early.empty(); early.remove_prefix(taken))
            if (SSL_write_early_data(ssl_.get(), early.data(), early.size(), &taken) != 1) break;
        first_flight_ = send();
    }
    // What is here is taken, what must be said is said.
    void step() {
        receive();
        if (SSL_do_handshake(ssl_.get()) == 1) read();
        ERR_clear_error();
        send();
    }
    // The server's flight is taken, and the answer to it kept back.
    void step_without_answer() {
        receive();
        SSL_do_handshake(ssl_.get());
        read();
        ERR_clear_error();
    }
    void say(std::string_view text) {
        SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
        send();
    }
    // A record of the client's that does not leave.
    std::string sealed(std::string_view text) {
        SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
        return taken();
    }
    std::string key_update() {
        SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED);
        SSL_do_handshake(ssl_.get());
        return taken();
    }
    // What was to leave and has not.
    std::string taken() {
        auto octets = text_of(out_);
        BIO_reset(out_);
        return octets;
    }
    void forget() { session_.reset(); }
    void put(std::string_view octets) {
        iovec part = net::iovec_of(octets);
        EXPECT_EQ(line_->write({&part, 1}).octets(), octets.size());
    }
    void change_key(bool asks) {
        SSL_key_update(ssl_.get(), asks ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
        SSL_do_handshake(ssl_.get());
        send();
    }
    void pad_records(std::size_t octets) { SSL_set_block_padding(ssl_.get(), octets); }
    // Why the library ended the connection: "sslv3 alert bad record mac".
    std::string last_reason() {
        receive();
        char octet = 0;
        ERR_clear_error();
        SSL_read(ssl_.get(), &octet, 1);
        return take_library_reason("");
    }
    void end() {
        SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        ssl_.reset();
        line_.reset();
    }
    bool was_taken() const { return SSL_get_early_data_status(ssl_.get()) == SSL_EARLY_DATA_ACCEPTED; }
    bool was_resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
    bool is_open() const { return SSL_is_init_finished(ssl_.get()) == 1; }
    bool saw_goodbye() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
    const std::string& got() const { return got_; }
    const std::string& first_flight() const { return first_flight_; }
    std::string_view protocol() const {
        const unsigned char* name = nullptr;
        unsigned octets = 0;
        SSL_get0_alpn_selected(ssl_.get(), &name, &octets);
        return {reinterpret_cast<const char*>(name), octets};
    }
    std::string staple() const {
        const unsigned char* der = nullptr;
        const long octets = SSL_get_tlsext_status_ocsp_resp(ssl_.get(), &der);
        return octets <= 0 ? std::string() : std::string(reinterpret_cast<const char*>(der), static_cast<std::size_t>(octets));
    }
    std::string server_fingerprint() const {
        const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
        return certificate == nullptr ? std::string() : fingerprint_of(certificate);
    }
    int tickets() const { return tickets_; }
    std::uint32_t early_octets_max() const { return session_ == nullptr ? 0 : SSL_SESSION_get_max_early_data(session_.get()); }

private:
    static int keep(SSL* ssl, SSL_SESSION* session) {
        auto& self = *static_cast<TestClient*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
        self.session_.reset(session);
        ++self.tickets_;
        return 1;
    }
    void receive() {
        char octets[4096];
        for (;;) {
            const auto count = line_->read(octets);
            if (!count.is_some() || count.octets() == 0) return;
            BIO_write(in_, octets, static_cast<int>(count.octets()));
        }
    }
    void read() {
        char octets[4096];
        for (int count = 0; (count = SSL_read(ssl_.get(), octets, sizeof octets)) > 0;)
            got_.append(octets, static_cast<std::size_t>(count));
    }
    std::string send() {
        auto text = text_of(out_);
        BIO_reset(out_);
        iovec part = net::iovec_of(text);
        if (!text.empty()) EXPECT_EQ(line_->write({&part, 1}).octets(), text.size());
        return text;
    }

    Owned<ssl_ctx_st> ctx_;
    Owned<ssl_session_st> session_;
    Owned<ssl_st> ssl_;
    std::unique_ptr<net::Stream> line_;
    BIO* in_ = nullptr;
    BIO* out_ = nullptr;
    std::string got_;
    std::string first_flight_;
    int tickets_ = 0;
};

}  // namespace weir::tls
