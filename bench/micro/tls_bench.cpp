// A TLS handshake with one request and its reply: the server's side of it by Weir, and by a bare loop around OpenSSL, over octets in
// memory. Only the server's time counts. For instructions: valgrind --tool=callgrind --toggle-collect='*serve_*' tls_bench …
#include <benchmark/benchmark.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "io/epoll_backend.h"
#include "io/scope.h"
#include "io/worker.h"
#include "tls/endpoint.h"
#include "tls/internal_ca.h"
#include "tls/owned.h"
#include "tls/stream.h"
#include "tls/ticket_keys.h"

using namespace weir;
using namespace weir::tls;

namespace {

constexpr std::string_view kRequest = "GET /some/where HTTP/1.1\r\nHost: a.example\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n";
const std::string kReply = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nContent-Type: text/plain\r\n\r\n" + std::string(100, 'x');

const PemPair& leaf() {
    static const PemPair kLeaf = [] {
        const auto now = std::chrono::system_clock::now();
        const auto ca = *make_ca("Bench CA", now, std::chrono::hours(24));
        return *issue_leaf(ca,
                           {.names = {"a.example"}, .not_before = now - std::chrono::hours(1), .not_after = now + std::chrono::hours(9)});
    }();
    return kLeaf;
}

// The client: OpenSSL over memory.
class Client {
public:
    explicit Client(bool resumes) : resumes_(resumes), ctx_(SSL_CTX_new(TLS_client_method())) {
        SSL_CTX_set_session_cache_mode(ctx_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(ctx_.get(), keep);
        SSL_CTX_set_app_data(ctx_.get(), this);
    }
    void begin() {
        in_ = BIO_new(BIO_s_mem());
        out_ = BIO_new(BIO_s_mem());
        ssl_.reset(SSL_new(ctx_.get()));
        SSL_set_bio(ssl_.get(), in_, out_);
        SSL_set_tlsext_host_name(ssl_.get(), "a.example");
        SSL_set_connect_state(ssl_.get());
        if (resumes_ && session_ != nullptr) SSL_set_session(ssl_.get(), session_.get());
        has_asked_ = false;
        got_ = 0;
    }
    // Takes the server's octets, returns its own.
    std::string step(std::string_view octets) {
        if (!octets.empty()) BIO_write(in_, octets.data(), static_cast<int>(octets.size()));
        if (SSL_do_handshake(ssl_.get()) == 1) talk();
        auto out = text_of(out_);
        BIO_reset(out_);
        return out;
    }
    bool is_done() const { return got_ >= kReply.size(); }
    // Whether the session was resumed. An end without a goodbye would spoil the session for the next connection.
    bool end() {
        const bool was_resumed = SSL_session_reused(ssl_.get()) != 0;
        SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        ssl_.reset();
        return was_resumed;
    }

private:
    static int keep(SSL* ssl, SSL_SESSION* session) {
        static_cast<Client*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->session_.reset(session);
        return 1;
    }
    void talk() {
        if (!has_asked_) SSL_write(ssl_.get(), kRequest.data(), static_cast<int>(kRequest.size()));
        has_asked_ = true;
        char into[4096];
        for (int octets = 0; (octets = SSL_read(ssl_.get(), into, sizeof into)) > 0;) got_ += static_cast<std::size_t>(octets);
        ERR_clear_error();
    }
    bool resumes_;
    Owned<ssl_ctx_st> ctx_;
    Owned<ssl_session_st> session_;
    Owned<ssl_st> ssl_;
    BIO* in_ = nullptr;
    BIO* out_ = nullptr;
    bool has_asked_ = false;
    std::size_t got_ = 0;
};

class BareServer {
public:
    BareServer() : ctx_(SSL_CTX_new(TLS_server_method())) {
        const auto certificate = memory_of(leaf().certificate);
        const auto key = memory_of(leaf().key);
        const Owned<x509_st> own(PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr));
        const Owned<x509_st> issuer(PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr));
        const Owned<evp_pkey_st> own_key(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr));
        SSL_CTX_use_certificate(ctx_.get(), own.get());
        SSL_CTX_use_PrivateKey(ctx_.get(), own_key.get());
        SSL_CTX_add1_chain_cert(ctx_.get(), issuer.get());
        SSL_CTX_set_mode(ctx_.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
        SSL_CTX_set_session_cache_mode(ctx_.get(), SSL_SESS_CACHE_OFF);
    }
    void begin() {
        in_ = BIO_new(BIO_s_mem());
        out_ = BIO_new(BIO_s_mem());
        ssl_.reset(SSL_new(ctx_.get()));
        SSL_set_bio(ssl_.get(), in_, out_);
        SSL_set_accept_state(ssl_.get());
    }
    std::string step(std::string_view octets) {
        BIO_write(in_, octets.data(), static_cast<int>(octets.size()));
        char into[4096];
        if (SSL_read(ssl_.get(), into, sizeof into) > 0) SSL_write(ssl_.get(), kReply.data(), static_cast<int>(kReply.size()));
        ERR_clear_error();
        auto out = text_of(out_);
        BIO_reset(out_);
        return out;
    }
    void end() { ssl_.reset(); }

private:
    Owned<ssl_ctx_st> ctx_;
    Owned<ssl_st> ssl_;
    BIO* in_ = nullptr;
    BIO* out_ = nullptr;
};

// A stream of octets in memory, told when there are some.
class MemoryStream final : public net::Stream {
public:
    struct Told : io::Readiness {
        Told() : Readiness(true) {}
        void drained() { readable_ = false; }
    };
    struct Ends {
        Told readiness;
        std::string in;
        std::string out;
    };
    explicit MemoryStream(Ends& ends) : Stream(ends.readiness), ends_(ends) {}
    io::IoCount read(std::span<char> into) override {
        if (ends_.in.empty()) {
            ends_.readiness.drained();
            return io::IoCount::blocked();
        }
        const auto octets = ends_.in.copy(into.data(), into.size());
        ends_.in.erase(0, octets);
        if (octets < into.size()) ends_.readiness.drained();
        return io::IoCount::of(octets);
    }
    io::IoCount write(std::span<const iovec> from) override {
        std::size_t octets = 0;
        for (const auto& part : from) ends_.out.append(static_cast<char*>(part.iov_base), part.iov_len), octets += part.iov_len;
        return io::IoCount::of(octets);
    }
    void close_write() override {}
    void abort() override {}

private:
    Ends& ends_;
};

io::Task<> serve(TlsStream& stream) {
    const auto done = co_await stream.handshake({});
    if (!done) std::abort();
    std::string into(4096, '\0');
    for (;;) {
        const auto count = stream.read(into);
        if (count.is_some()) break;
        const auto ready = co_await stream.readable({});
        if (!ready) co_return;
    }
    iovec part = net::iovec_of(kReply);
    stream.write({&part, 1});
}

class WeirServer {
public:
    WeirServer() : worker_(io::make_epoll_backend(), 0, 1) {
        worker_.enter();
        const std::vector<SiteTls> sites{{.hosts = {"a.example"}, .options = {}}};
        endpoint_ = *Endpoint::make(sites, {}, false);
        auto live = std::make_unique<Live>();
        live->ticket_keys = {make_ticket_key()};
        live->certificates["a.example"] = {{*Certificate::parse(leaf().certificate, leaf().key), {}}};
        live_ = Ref<const Live>(live.release());
    }
    ~WeirServer() { worker_.leave(); }
    void begin() {
        ends_.emplace();
        stream_ = accept_tls(std::make_unique<MemoryStream>(*ends_), endpoint_, live_);
        scope_.spawn(serve(*stream_));
    }
    std::string step(std::string_view octets) {
        ends_->in += octets;
        ends_->readiness.edge(true, false, false, false);
        worker_.turn(worker_.now());
        return std::exchange(ends_->out, {});
    }
    void end() {
        if (scope_.running() != 0) std::abort();
        stream_.reset();
        ends_.reset();
    }

private:
    io::Worker worker_;
    Ref<const Endpoint> endpoint_;
    Ref<const Live> live_;
    std::optional<MemoryStream::Ends> ends_;
    std::unique_ptr<TlsStream> stream_;
    io::Scope scope_;
};

template <class Server>
[[gnu::noinline]] void serve_begin(Server& server) {
    server.begin();
}
template <class Server>
[[gnu::noinline]] std::string serve_step(Server& server, std::string_view octets) {
    return server.step(octets);
}
template <class Server>
[[gnu::noinline]] void serve_end(Server& server) {
    server.end();
}

template <class Server>
void handshake(benchmark::State& state, bool resumes) {
    using Clock = std::chrono::steady_clock;
    Server server;
    Client client(resumes);
    bool is_first = true;
    for (auto _ : state) {
        Clock::duration spent{};
        const auto timed = [&](auto&& what) {
            const auto begun = Clock::now();
            what();
            spent += Clock::now() - begun;
        };
        client.begin();
        timed([&] { serve_begin(server); });
        std::string to_client;
        for (int rounds = 0; !client.is_done(); ++rounds) {
            if (rounds == 10) std::abort();
            const auto to_server = client.step(to_client);
            if (client.is_done()) break;
            timed([&] { to_client = serve_step(server, to_server); });
        }
        timed([&] { serve_end(server); });
        if (client.end() != (resumes && !std::exchange(is_first, false))) std::abort();
        state.SetIterationTime(std::chrono::duration<double>(spent).count());
    }
}

void full_bare(benchmark::State& state) { handshake<BareServer>(state, false); }
void full_weir(benchmark::State& state) { handshake<WeirServer>(state, false); }
void resumed_bare(benchmark::State& state) { handshake<BareServer>(state, true); }
void resumed_weir(benchmark::State& state) { handshake<WeirServer>(state, true); }

BENCHMARK(full_bare)->UseManualTime();
BENCHMARK(full_weir)->UseManualTime();
BENCHMARK(resumed_bare)->UseManualTime();
BENCHMARK(resumed_weir)->UseManualTime();

}  // namespace
