// What a server and a client agree on, and what they refuse: names, kinds of keys, versions, trust, clients' certificates, challenges.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "io/event.h"
#include "tls/test_client.h"
#include "tls/test_world.h"

namespace weir::tls {
namespace {

using Kind = ClientAuthOptions::Kind;

// What RFC 7469 2.4 calls a pin: base64 of the digest of the public key with its algorithm.
std::string pin_of(const std::string& pem) {
    const auto memory = memory_of(pem);
    const Owned<x509_st> certificate(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
    unsigned char* der = nullptr;
    const int octets = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &der);
    unsigned char digest[32];
    EVP_Digest(der, static_cast<std::size_t>(octets), digest, nullptr, EVP_sha256(), nullptr);
    OPENSSL_free(der);
    unsigned char text[45];
    EVP_EncodeBlock(text, digest, sizeof digest);
    return reinterpret_cast<char*>(text);
}

// A list of what the authority has revoked: this certificate, or nothing.
std::string crl_of(const PemPair& ca, const std::string& revoked_pem) {
    const auto ca_text = memory_of(ca.certificate);
    const auto key_text = memory_of(ca.key);
    const Owned<x509_st> issuer(PEM_read_bio_X509(ca_text.get(), nullptr, nullptr, nullptr));
    const Owned<evp_pkey_st> key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
    X509_CRL* crl = X509_CRL_new();
    X509_CRL_set_version(crl, 1);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer.get()));
    ASN1_TIME* time = X509_gmtime_adj(nullptr, -3600);
    X509_CRL_set1_lastUpdate(crl, time);
    if (!revoked_pem.empty()) {
        const auto text = memory_of(revoked_pem);
        const Owned<x509_st> gone(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
        X509_REVOKED* entry = X509_REVOKED_new();
        X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(gone.get()));
        X509_REVOKED_set_revocationDate(entry, time);
        X509_CRL_add0_revoked(crl, entry);
    }
    X509_gmtime_adj(time, 3600);
    X509_CRL_set1_nextUpdate(crl, time);
    ASN1_TIME_free(time);
    X509_CRL_sort(crl);
    X509_CRL_sign(crl, key.get(), EVP_sha256());
    const Owned<bio_st> memory(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509_CRL(memory.get(), crl);
    X509_CRL_free(crl);
    return text_of(memory.get());
}

class ChoiceTest : public TlsTest {
protected:
    TestPair connect(const ClientOptions& client, const std::vector<SiteTls>& sites, std::string_view host,
                     bool takes_fingerprints = false) {
        return try_to_connect(side(client), endpoint_of(sites, {}, takes_fingerprints), host);
    }
};

TEST_F(ChoiceTest, TheNameIsCheckedAndItsReasonSaid) {
    struct Row {
        std::string_view host;
        std::string_view server_name;
        std::string_view detail;
    };
    for (const auto& row : {Row{"a.example", "", "open"}, Row{"x.b.example", "", "open"}, Row{"10.0.0.1", "", "open"},
                            Row{"a.example.", "", "open"}, Row{"other", "a.example", "open"}, Row{"c.example", "", "hostname mismatch"},
                            Row{"x.y.b.example", "", "hostname mismatch"}, Row{"10.0.0.2", "", "IP address mismatch"}}) {
        const auto pair = connect({.server_name = std::string(row.server_name)}, {{}}, row.host);
        EXPECT_EQ(detail_of(pair.client_outcome), row.detail) << row.host;
        if (row.detail == "open") continue;
        EXPECT_EQ(pair.client_outcome->error().side, Side::upstream);
        EXPECT_EQ(pair.client_outcome->error().retry, Retry::yes);
        EXPECT_EQ(pair.client_outcome->error().code, ErrorCode::handshake_failed);
        EXPECT_NE(detail_of(pair.server_outcome).find("alert"), std::string::npos) << "the server was told";
    }
}

TEST_F(ChoiceTest, TrustIsTheSystemsUnlessToldOtherwise) {
    auto made = ClientSide::make({});
    ASSERT_TRUE(made) << made.error();
    auto pair = shake_hands(world_, line_, *made, endpoint_of({{}}), live_, "a.example");
    EXPECT_NE(detail_of(pair.client_outcome).find("certificate"), std::string::npos);
    EXPECT_FALSE(pair.is_open());
    pair = connect({.is_verified = false}, {{}}, "whatever.example");
    EXPECT_TRUE(pair.is_open());
}

TEST_F(ChoiceTest, APinIsTheKeyAndNothingElse) {
    const std::string wrong = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const auto pair = connect({.spki_pin = wrong}, {{}}, "a.example");
    EXPECT_EQ(detail_of(pair.client_outcome), "the server's public key is not the pinned one");
    // The right one opens, whatever the name and whoever signed.
    const auto pem = TestAuthority().leaf({"other.example"});
    live_ = live_of({*Certificate::parse(pem.certificate, pem.key)});
    EXPECT_TRUE(connect({.spki_pin = pin_of(pem.certificate)}, {{}}, "a.example").is_open());
    for (const auto* text : {"AAAA", "no pin at all", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="}) {
        EXPECT_FALSE(ClientSide::make({.spki_pin = text})) << text;
    }
}

TEST_F(ChoiceTest, UnknownNamesAreRefusedBeforeAnythingIsSpent) {
    auto live = std::make_unique<Live>();
    live->certificates["a.example"] = {{authority_.certificate({"a.example"}), {}}};
    live_ = Ref<const Live>(live.release());
    const auto pair = connect({}, {{}}, "c.example");
    EXPECT_EQ(detail_of(pair.server_outcome), "no certificate for this server name");
    EXPECT_EQ(detail_of(pair.client_outcome), "tlsv1 unrecognized name");
    EXPECT_TRUE(connect({}, {{}}, "a.example").is_open());
}

TEST_F(ChoiceTest, EachNameHasItsCertificate) {
    std::vector<Ref<const Certificate>> all;
    for (const auto* name : {"one.example", "two.example", "*.two.example"}) all.push_back(authority_.certificate({name}));
    live_ = live_of(all);
    for (const auto* name : {"one.example", "two.example", "x.two.example", "ONE.example"})
        EXPECT_TRUE(connect({}, {{}}, name).is_open()) << name;
}

TEST_F(ChoiceTest, EcdsaForThoseWhoCanVerifyItAndRsaForTheRest) {
    live_ = live_of({authority_.certificate({"a.example"}, KeyKind::rsa), authority_.certificate({"a.example"})});
    struct Row {
        Version version;
        std::string signatures;
        std::string ciphers;
    };
    for (const auto& row : {Row{Version::tls13, "", ""}, Row{Version::tls13, "RSA-PSS+SHA256", ""}, Row{Version::tls12, "", ""},
                            Row{Version::tls12, "RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA256", "ECDHE-RSA-AES128-GCM-SHA256"}}) {
        const ClientOptions client{.is_verified = false,
                                   .policy = {.version_max = row.version, .ciphers = row.ciphers, .signatures = row.signatures}};
        const auto pair = connect(client, {{}}, "a.example");
        EXPECT_TRUE(pair.is_open()) << row.signatures << detail_of(pair.server_outcome) << detail_of(pair.client_outcome);
        if (row.version == Version::tls12) {
            EXPECT_EQ(pair.server->facts().cipher.find("ECDSA") != std::string_view::npos, row.ciphers.empty())
                << pair.server->facts().cipher;
        }
    }
}

TEST_F(ChoiceTest, SitesHaveTheirOwnPolicies) {
    const std::vector<SiteTls> sites{{.hosts = {"a.example"}, .options = {.policy = {.version_min = Version::tls13}}},
                                     {.hosts = {"*.b.example"}, .options = {.offers_h2 = false}}};
    const auto endpoint = endpoint_of(sites);
    EXPECT_EQ(endpoint->site_of("a.example"), 0U);
    EXPECT_EQ(endpoint->site_of("x.b.example"), 1U);
    EXPECT_EQ(endpoint->site_of("x.y.b.example"), 1U);
    EXPECT_EQ(endpoint->site_of("nobody"), 0U);
    const ClientOptions old{.policy = {.version_max = Version::tls12}, .offers_h2 = true};
    EXPECT_EQ(detail_of(connect(old, sites, "a.example").server_outcome), "unsupported protocol");
    const auto pair = connect(old, sites, "x.b.example");
    ASSERT_TRUE(pair.is_open());
    EXPECT_EQ(pair.server->facts().protocol, "http/1.1");
}

TEST_F(ChoiceTest, WhatTheLibraryRefusesNamesTheSite) {
    for (const auto& policy :
         {Policy{.ciphers = "NO-SUCH"}, Policy{.suites = "TLS_NO_SUCH"}, Policy{.groups = "no-such"}, Policy{.signatures = "no"}}) {
        const std::vector<SiteTls> sites{{.hosts = {"a.example"}, .options = {.policy = policy}}};
        const auto made = Endpoint::make(sites, {}, false);
        ASSERT_FALSE(made);
        EXPECT_TRUE(made.error().starts_with("a.example: ")) << made.error();
    }
    const std::vector<SiteTls> partly{{.hosts = {}, .options = {.policy = {.groups = "no-such:P-256"}}}};
    EXPECT_TRUE(Endpoint::make(partly, {}, false)) << "groups to come are left out";
}

TEST_F(ChoiceTest, ProtocolsWithoutACommonOneAreAnEnd) {
    const std::vector<SiteTls> sites{{.hosts = {}, .options = {.offers_h2 = false}}};
    const auto pair = connect({.demands_h2 = true}, sites, "a.example");
    EXPECT_EQ(detail_of(pair.server_outcome), "no application protocol");
    EXPECT_FALSE(pair.is_open());
}

TEST_F(ChoiceTest, ClientsCertificatesAreDemandedOrTaken) {
    const auto own = authority_.leaf({"client-7"}, KeyKind::ecdsa, true);
    const auto certificate = folder_.write("client.pem", own.certificate);
    const auto key = folder_.write("client.key", own.key);
    const TestAuthority stranger;
    const auto foreign = stranger.leaf({"client-8"}, KeyKind::ecdsa, true);
    const auto foreign_certificate = folder_.write("foreign.pem", foreign.certificate);
    const auto foreign_key = folder_.write("foreign.key", foreign.key);
    struct Row {
        Kind kind;
        std::string certificate, key;
        bool is_open;
        bool is_verified;
    };
    for (const auto& row :
         {Row{Kind::none, certificate, key, true, false}, Row{Kind::optional, "", "", true, false},
          Row{Kind::optional, certificate, key, true, true}, Row{Kind::required, "", "", false, false},
          Row{Kind::required, certificate, key, true, true}, Row{Kind::required, foreign_certificate, foreign_key, false, false},
          Row{Kind::optional, foreign_certificate, foreign_key, false, false}}) {
        const std::vector<SiteTls> sites{{.hosts = {}, .options = {.client_auth = {.kind = row.kind, .ca_file = ca_file_}}}};
        const auto pair = connect({.certificate_file = row.certificate, .key_file = row.key}, sites, "a.example");
        ASSERT_TRUE(pair.server_outcome);
        EXPECT_EQ(pair.server_outcome->has_value(), row.is_open) << detail_of(pair.server_outcome);
        if (!row.is_open) continue;
        const auto& facts = pair.server->facts();
        EXPECT_EQ(facts.is_client_verified, row.is_verified);
        EXPECT_EQ(facts.client_subject, row.is_verified ? "CN=client-7" : "");
        EXPECT_EQ(facts.client_issuer, row.is_verified ? "CN=Test CA" : "");
        EXPECT_EQ(facts.client_fingerprint.size(), row.is_verified ? 64U : 0U);
    }
}

TEST_F(ChoiceTest, AcmeChallengesGetTheirCertificateAndNothingElse) {
    const auto now = std::chrono::system_clock::now();
    const auto pem = *make_self_signed({.names = {"new.example"},
                                        .not_before = now - std::chrono::hours(1),
                                        .not_after = now + std::chrono::hours(1),
                                        .is_acme_challenge = true,
                                        .acme_digest = std::string(32, 'd')});
    auto live = std::make_unique<Live>();
    live->alpn_challenges["new.example"] = *Certificate::parse(pem.certificate, pem.key);
    live_ = Ref<const Live>(live.release());
    // Without the protocol there is nothing for this name.
    EXPECT_FALSE(connect({.is_verified = false}, {{}}, "new.example").is_open());
    // RFC 8737 3: with it, and nothing else, it is the challenge's certificate.
    for (const auto& [offer, name, is_answered] : {std::tuple{"\x0a"
                                                              "acme-tls/1",
                                                              "new.example", true},
                                                   {"\x0a"
                                                    "acme-tls/1",
                                                    "other.example", false}}) {
        auto [near, far] = line_.connect();
        TestClient client;
        client.host = name;
        client.protocols = offer;
        client.begin(std::move(near));
        auto server = accept_tls(std::move(far), endpoint(), live_);
        std::optional<Result<>> outcome;
        io::Scope scope;
        scope.spawn(shake_hands(*server, {world_.worker().now() + std::chrono::seconds(9), nullptr}, outcome));
        EXPECT_TRUE(world_.turn_until([&] { return client.step(), outcome.has_value(); }));
        EXPECT_EQ(outcome->has_value(), is_answered) << name;
        if (!is_answered) continue;
        EXPECT_EQ(client.protocol(), "acme-tls/1");
        EXPECT_EQ(client.server_fingerprint(), live_->alpn_challenges.find("new.example")->second->fingerprint());
        EXPECT_EQ(client.tickets(), 0);
    }
}

TEST_F(ChoiceTest, RevokedClientsAreRefused) {
    const auto good = authority_.leaf({"client-1"}, KeyKind::ecdsa, true);
    const auto gone = authority_.leaf({"client-2"}, KeyKind::ecdsa, true);
    const auto crl = folder_.write("crl.pem", crl_of(authority_.pair(), gone.certificate));
    const std::vector<SiteTls> sites{
        {.hosts = {}, .options = {.client_auth = {.kind = Kind::required, .ca_file = ca_file_, .crl_file = crl}}}};
    for (const auto& [pem, is_open] : {std::pair{good, true}, {gone, false}}) {
        const auto certificate = folder_.write("c.pem", pem.certificate);
        const auto key = folder_.write("c.key", pem.key);
        const auto pair = connect({.certificate_file = certificate, .key_file = key}, sites, "a.example");
        ASSERT_TRUE(pair.server_outcome);
        EXPECT_EQ(detail_of(pair.server_outcome), is_open ? "open" : "certificate revoked");
    }
    const std::vector<SiteTls> junk{
        {.hosts = {}, .options = {.client_auth = {.kind = Kind::required, .ca_file = ca_file_, .crl_file = ca_file_}}}};
    const auto made = Endpoint::make(junk, {}, false);
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().find(ca_file_), std::string::npos) << made.error();
}

TEST_F(ChoiceTest, TheOrderOfCiphersIsTheServersUnlessTheClientHasNoAes) {
    struct Row {
        const char* suites;
        std::string_view chosen;
    };
    for (const auto& row : {Row{"TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"},
                            Row{"TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"}}) {
        const auto pair = connect({.policy = {.suites = row.suites}}, {{}}, "a.example");
        ASSERT_TRUE(pair.is_open());
        EXPECT_EQ(pair.server->facts().cipher, row.chosen);
    }
}

TEST_F(ChoiceTest, ThePostQuantumGroupIsUsedWhereTheLibraryHasIt) {
    const auto pair = connect({}, {{}}, "a.example");
    ASSERT_TRUE(pair.is_open());
    const bool has_it = OpenSSL_version_num() >= 0x30500000L;
    EXPECT_EQ(pair.server->facts().group, has_it ? "X25519MLKEM768" : "x25519");
}

TEST_F(ChoiceTest, WithoutTicketsNothingIsResumed) {
    for (const auto version : {Version::tls12, Version::tls13}) {
        const auto with = side({.policy = {.version_max = version}});
        const auto to = endpoint({}, {.is_on = false});
        for (int round = 0; round < 2; ++round) {
            const auto pair = TlsTest::connect(with, to);
            ASSERT_TRUE(pair.is_open());
            EXPECT_FALSE(pair.server->facts().is_resumed);
            EXPECT_EQ(send(*pair.client, *pair.server, "ping"), "ping");
            EXPECT_EQ(send(*pair.server, *pair.client, "pong"), "pong");
        }
    }
}

TEST_F(ChoiceTest, AStapledAnswerGoesToThoseWhoAsk) {
    auto live = std::make_unique<Live>();
    live->ticket_keys = {make_ticket_key()};
    live->fallback = {{certificate(), "the answer"}};
    live_ = Ref<const Live>(live.release());
    struct Row {
        bool staples;
        bool asks;
        std::string_view got;
    };
    for (const auto& row : {Row{true, true, "the answer"}, Row{true, false, ""}, Row{false, true, ""}}) {
        auto [near, far] = line_.connect();
        TestClient client;
        client.asks_for_staple = row.asks;
        client.begin(std::move(near));
        auto server = accept_tls(std::move(far), endpoint({.staples = row.staples}), live_);
        std::optional<Result<>> outcome;
        io::Scope scope;
        scope.spawn(shake_hands(*server, {}, outcome));
        EXPECT_TRUE(world_.turn_until([&] { return client.step(), outcome.has_value(); }));
        EXPECT_EQ(detail_of(outcome), "open");
        EXPECT_EQ(client.staple(), row.got);
    }
}

TEST_F(ChoiceTest, FingerprintsWhereSomethingReadsThem) {
    const auto without = connect({}, {{}}, "a.example");
    EXPECT_EQ(without.server->facts().ja4, "");
    const auto with = connect({}, {{}}, "a.example", true);
    ASSERT_TRUE(with.is_open());
    EXPECT_EQ(with.server->facts().ja3.size(), 32U);
    EXPECT_EQ(with.server->facts().ja4.substr(0, 4), "t13d");
}

TEST_F(ChoiceTest, TheSiteOfTheListenerChoosesTheCertificate) {
    const auto site = [](std::vector<std::string> hosts, const char* key) {
        SiteTls made{.hosts = std::move(hosts), .options = {}};
        made.options.source.key = key;
        return made;
    };
    const std::vector named{site({"shared.example", "one.example"}, "one"), site({"*.late.example"}, "none yet")};
    const std::vector other{site({"shared.example", "two.example"}, "two"), site({}, "any")};
    struct Row {
        const std::vector<SiteTls>& sites;
        std::string asked;
        std::string_view wanted;
    };
    const auto wrong = authority_.certificate({"wrong.example"});
    for (const auto& row : {Row{named, "shared.example", "one"}, Row{other, "shared.example", "two"}, Row{named, "two.example", "one"},
                            Row{other, "one.example", "any"}, Row{other, "strange.example", "any"}, Row{named, "new.example", "demanded"},
                            Row{named, "x.late.example", "fallback"}}) {
        const auto right = authority_.certificate({row.asked});
        const auto set_for = [&](std::string_view key) { return CertificateSet{{key == row.wanted ? right : wrong, {}}}; };
        auto live = std::make_unique<Live>();
        for (const auto* key : {"one", "two", "any"}) live->sources[key] = set_for(key);
        live->certificates["new.example"] = set_for("demanded");
        live->fallback = set_for("fallback");
        live_ = Ref<const Live>(live.release());
        const auto pair = connect({}, row.sites, row.asked);
        EXPECT_TRUE(pair.is_open()) << row.asked << " should get that of " << row.wanted << ": " << detail_of(pair.client_outcome);
    }
}

// Somebody who fetches a certificate while handshakes wait.
class Fetch final : public CertificateWait {
public:
    io::Task<Ref<const Live>> wait_for(std::string_view server_name, io::Stop* stop) override {
        names.emplace_back(server_name);
        co_await over.wait({kNever, stop});
        co_return live;
    }
    std::vector<std::string> names;
    io::Event over;
    Ref<const Live> live;
};

TEST_F(ChoiceTest, AHandshakeWaitsForACertificateThatIsFetched) {
    struct Row {
        const char* host;
        bool waits;
        bool comes;
    };
    for (const auto& row : {Row{"new.late.example", true, true}, Row{"no.late.example", true, false}, Row{"a.example", false, true}}) {
        auto live = std::make_unique<Live>();
        live->demandable = {"*.late.example"};
        live->certificates = live_->certificates;
        live->fallback = live_->fallback;
        Fetch fetch;
        auto [near, far] = line_.connect();
        TestPair pair{.client = connect_tls(std::move(near), side(), row.host),
                      .server = accept_tls(std::move(far), endpoint_of({{}}), Ref<const Live>(live.release()), {}, &fetch)};
        io::Scope scope;
        const auto begun = world_.worker().now();
        scope.spawn(shake_hands(*pair.client, {}, pair.client_outcome));
        scope.spawn(shake_hands(*pair.server, {begun + std::chrono::seconds(2), nullptr}, pair.server_outcome));
        if (row.waits) {
            ASSERT_TRUE(world_.turn_until([&] { return !fetch.names.empty(); }));
            EXPECT_EQ(fetch.names.front(), row.host);
            // What it waits is not counted against its deadline.
            while (world_.worker().now() < begun + std::chrono::seconds(10)) world_.worker().turn(begun + std::chrono::seconds(10));
            fetch.live = row.comes ? live_of({authority_.certificate({row.host})}) : live_;
            fetch.over.notify();
        }
        ASSERT_TRUE(world_.turn_until([&] { return pair.client_outcome.has_value(); }));
        world_.turn_until([&] {
            if (*pair.client_outcome) pair.client->release_buffers();
            return scope.running() == 0;
        });
        EXPECT_EQ(pair.is_open(), row.comes) << row.host << ": " << detail_of(pair.client_outcome) << ", "
                                             << detail_of(pair.server_outcome);
        EXPECT_EQ(fetch.names.size(), row.waits ? 1U : 0U) << row.host;
    }
}

}  // namespace
}  // namespace weir::tls
