// What a server and a client agree on, and what they refuse: names, kinds of keys, versions, trust, clients' certificates, challenges.
#include "io/event.h"
#include "tls/test_world.h"

namespace weir::tls {
namespace {

using Kind = ClientAuthOptions::Kind;

class ChoiceTest : public ::testing::Test {
protected:
    ChoiceTest() { ca_file_ = folder_.write("ca.pem", authority_.pair().certificate); }

    static Ref<const Endpoint> endpoint_of(const std::vector<SiteTls>& sites, bool takes_fingerprints = false) {
        auto made = Endpoint::make(sites, {}, takes_fingerprints);
        EXPECT_TRUE(made.has_value()) << made.error();
        return *made;
    }
    Ref<const ClientSide> side(ClientOptions options = {}) {
        if (options.ca_file.empty()) options.ca_file = ca_file_;
        auto made = ClientSide::make(options);
        EXPECT_TRUE(made.has_value()) << made.error();
        return *made;
    }
    TestPair connect(const ClientOptions& client, const std::vector<SiteTls>& sites, std::string_view host,
                     bool takes_fingerprints = false) {
        return shake_hands(world_, line_, side(client), endpoint_of(sites, takes_fingerprints), live_, host);
    }
    static std::string detail_of(const std::optional<Result<>>& outcome) {
        if (!outcome) return "none";
        return outcome->has_value() ? "open" : outcome->error().detail;
    }

    const TestAuthority& authority_ = TestAuthority::shared();
    TestFolder folder_;
    std::string ca_file_;
    io::SimWorld world_;
    TestLine line_{world_};
    Ref<const Live> live_ = live_of({authority_.certificate({"a.example", "*.b.example", "10.0.0.1"})});
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
}

TEST_F(ChoiceTest, FingerprintsWhereSomethingReadsThem) {
    const auto without = connect({}, {{}}, "a.example");
    EXPECT_EQ(without.server->facts().ja4, "");
    const auto with = connect({}, {{}}, "a.example", true);
    ASSERT_TRUE(with.is_open());
    EXPECT_EQ(with.server->facts().ja3.size(), 32U);
    EXPECT_EQ(with.server->facts().ja4.substr(0, 4), "t13d");
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
