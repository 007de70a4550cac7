// For tests of TLS, here and in the rooms above: a CA, certificates signed by it, files of them, and both ends of a connection in a
// simulated world.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/test_world.h"
#include "net/address.h"
#include "tls/client_side.h"
#include "tls/endpoint.h"
#include "tls/internal_ca.h"
#include "tls/stream.h"
#include "tls/ticket_keys.h"

namespace weir::tls {

class TestFolder {
public:
    TestFolder() {
        char name[] = "/tmp/weir-tls-XXXXXX";
        path_ = mkdtemp(name);
    }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;
    ~TestFolder() { std::filesystem::remove_all(path_); }

    std::string path() const { return path_.string(); }
    std::string write(const std::string& name, std::string_view content) const {
        std::ofstream(path_ / name, std::ios::binary) << content;
        return (path_ / name).string();
    }

private:
    std::filesystem::path path_;
};

class TestAuthority {
public:
    TestAuthority() : pair_(*make_ca("Test CA", std::chrono::system_clock::now(), std::chrono::hours(24))) {}
    const PemPair& pair() const { return pair_; }
    PemPair leaf(const std::vector<std::string>& names, KeyKind kind = KeyKind::ecdsa, bool is_for_client = false) const {
        const auto now = std::chrono::system_clock::now();
        return *issue_leaf(pair_, {.names = names,
                                   .not_before = now - std::chrono::hours(1),
                                   .not_after = now + std::chrono::hours(2),
                                   .key_kind = kind,
                                   .is_for_client = is_for_client});
    }
    Ref<const Certificate> certificate(const std::vector<std::string>& names, KeyKind kind = KeyKind::ecdsa) const {
        const auto pem = leaf(names, kind);
        return *Certificate::parse(pem.certificate, pem.key);
    }
    // Made once: keys cost time.
    static const TestAuthority& shared() {
        static const TestAuthority kAuthority;
        return kAuthority;
    }

private:
    PemPair pair_;
};

// What a server with one certificate has.
inline Ref<const Live> live_of(const std::vector<Ref<const Certificate>>& certificates, std::vector<TicketKey> keys = {make_ticket_key()}) {
    auto live = std::make_unique<Live>();
    live->ticket_keys = std::move(keys);
    for (const auto& certificate : certificates) {
        for (const auto& name : certificate->names()) live->certificates[name].push_back({certificate, {}});
        live->fallback.push_back({certificate, {}});
    }
    return Ref<const Live>(live.release());
}

// Two ends of a connection, the first the client's.
class TestLine {
public:
    explicit TestLine(io::SimWorld& world) : world_(world) {
        at_.octets = net::Address::parse("10.0.0.1:443")->to(at_.storage);
        listener_ = std::make_unique<io::Socket>(world.sim().listen(at_, {}).handle);
    }
    std::pair<std::unique_ptr<net::Stream>, std::unique_ptr<net::Stream>> connect() {
        auto near = std::make_unique<net::SocketStream>(world_.sim().connect(at_).handle, io::Socket::State::connecting);
        io::SystemAddress peer;
        auto far = std::make_unique<net::SocketStream>(world_.sim().accept(listener_->handle(), peer).handle);
        EXPECT_TRUE(world_.turn_until([&] { return near->socket().may_write(); }));
        return {std::move(near), std::move(far)};
    }

private:
    io::SimWorld& world_;
    io::SystemAddress at_;
    std::unique_ptr<io::Socket> listener_;
};

inline io::Task<> shake_hands(TlsStream& stream, io::Deadline deadline, std::optional<Result<>>& outcome) {
    outcome = co_await stream.handshake(deadline);
}

// Both sides of TLS over a line, and what their handshakes came to.
struct TestPair {
    std::unique_ptr<TlsStream> client;
    std::unique_ptr<TlsStream> server;
    std::optional<Result<>> client_outcome;
    std::optional<Result<>> server_outcome;

    bool is_open() const { return client_outcome && *client_outcome && server_outcome && *server_outcome; }
};

inline TestPair shake_hands(io::SimWorld& world, TestLine& line, const Ref<const ClientSide>& side, const Ref<const Endpoint>& endpoint,
                            const Ref<const Live>& live, std::string_view host) {
    auto [near, far] = line.connect();
    TestPair pair{.client = connect_tls(std::move(near), side, host), .server = accept_tls(std::move(far), endpoint, live)};
    io::Scope scope;
    const io::Deadline deadline{world.worker().now() + std::chrono::seconds(30), nullptr};
    scope.spawn(shake_hands(*pair.client, deadline, pair.client_outcome));
    scope.spawn(shake_hands(*pair.server, deadline, pair.server_outcome));
    EXPECT_TRUE(world.turn_until([&] { return pair.client_outcome.has_value(); }));
    // The client's last message leaves with its first request; a server that waits for it gets it now.
    world.turn_until([&] {
        if (*pair.client_outcome) pair.client->release_buffers();
        return scope.running() == 0;
    });
    return pair;
}

inline io::Task<> write_text(net::Stream& stream, std::string text, std::optional<Result<>>& outcome) {
    iovec part = net::iovec_of(text);
    outcome = co_await net::write_all(stream, {&part, 1}, {}, std::chrono::seconds(60), Side::self);
}

// Reads until an end, a failure, or `octets` are there. `last` is what the last read came to.
inline io::Task<> read_text(net::Stream& stream, std::size_t octets, std::string& got, io::IoCount& last, std::size_t step = 700) {
    std::string into(step, '\0');
    while (got.size() < octets) {
        last = stream.read(into);
        if (last.is_failed() || last.is_end()) co_return;
        if (last.is_some()) {
            got.append(into.data(), last.octets());
            continue;
        }
        const auto ready = co_await stream.readable({io::Worker::current().now() + std::chrono::seconds(60), nullptr});
        if (!ready) co_return;
    }
}

// What tests of TLS have in common: a world with a line in it, a CA that clients trust, a server with one certificate.
class TlsTest : public ::testing::Test {
protected:
    TlsTest() : ca_file_(folder_.write("ca.pem", authority_.pair().certificate)), live_(live_of({certificate()})) {}

    // Made once: keys cost time.
    static const Ref<const Certificate>& certificate() {
        static const auto kCertificate = TestAuthority::shared().certificate({"a.example", "*.b.example", "10.0.0.1"});
        return kCertificate;
    }
    static Ref<const Endpoint> endpoint_of(const std::vector<SiteTls>& sites, const TicketOptions& tickets = {},
                                           bool takes_fingerprints = false) {
        auto made = Endpoint::make(sites, tickets, takes_fingerprints);
        EXPECT_TRUE(made.has_value()) << made.error();
        return *made;
    }
    static Ref<const Endpoint> endpoint(const ServerOptions& options = {}, const TicketOptions& tickets = {}) {
        return endpoint_of({{.hosts = {}, .options = options}}, tickets);
    }
    Ref<const ClientSide> side(ClientOptions options = {}) const {
        if (options.ca_file.empty()) options.ca_file = ca_file_;
        auto made = ClientSide::make(options);
        EXPECT_TRUE(made.has_value()) << made.error();
        return *made;
    }
    // Whatever comes of it.
    TestPair try_to_connect(const Ref<const ClientSide>& with, const Ref<const Endpoint>& to, std::string_view host = "a.example") {
        return shake_hands(world_, line_, with, to, live_, host);
    }
    // Both sides must come to an end that is good.
    TestPair connect(const Ref<const ClientSide>& with, const Ref<const Endpoint>& to, std::string_view host = "a.example") {
        auto pair = try_to_connect(with, to, host);
        for (const auto* outcome : {&pair.client_outcome, &pair.server_outcome}) EXPECT_EQ(detail_of(*outcome), "open");
        return pair;
    }
    TestPair connect() { return connect(side(), endpoint()); }

    static std::string detail_of(const std::optional<Result<>>& outcome) {
        if (!outcome) return "none";
        return outcome->has_value() ? "open" : outcome->error().detail;
    }
    // Sends a text from one end to the other and returns what came.
    std::string send(TlsStream& from, TlsStream& to, const std::string& text, std::size_t step = 700) {
        std::optional<Result<>> outcome;
        std::string got;
        auto last = io::IoCount::blocked();
        io::Scope scope;
        scope.spawn(write_text(from, text, outcome));
        scope.spawn(read_text(to, text.size(), got, last, step));
        EXPECT_TRUE(world_.turn_until([&] { return scope.running() == 0; }));
        EXPECT_TRUE(outcome && *outcome);
        return got;
    }
    io::IoCount read_end(TlsStream& from) {
        std::string got;
        auto last = io::IoCount::blocked();
        EXPECT_TRUE(world_.run(read_text(from, 1, got, last)));
        EXPECT_EQ(got, "");
        return last;
    }

    const TestAuthority& authority_ = TestAuthority::shared();
    TestFolder folder_;
    std::string ca_file_;
    io::SimWorld world_;
    TestLine line_{world_};
    Ref<const Live> live_;
};

}  // namespace weir::tls
