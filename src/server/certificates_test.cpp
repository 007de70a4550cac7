#include "server/certificates.h"

#include <gtest/gtest.h>

#include "observe/exposition.h"
#include "server/certificate_list.h"
#include "tls/test_world.h"
#include "tls/ticket_keys.h"

namespace weir::server {
namespace {

using std::chrono::hours;
using Kind = tls::CertificateSource::Kind;
using Pair = tls::CertificateSource::Pair;

WallTime wall_now() { return std::chrono::system_clock::now(); }

class CertificatesTest : public ::testing::Test {
protected:
    ~CertificatesTest() override {
        stop_.request();
        EXPECT_TRUE(world_.turn_until([&] { return watching_.running() == 0; }));
    }
    // A configuration with one site of TLS.
    Ref<proxy::Snapshot> snapshot(Kind kind, std::vector<std::string> names, const std::vector<Pair>& pairs = {}) {
        auto made = make_ref<proxy::Snapshot>();
        made->process.state_directory = folder_.path();
        tls::ServerOptions options;
        options.source = {.kind = kind, .pairs = pairs, .names = std::move(names), .key = "the site"};
        proxy::SitePlan site{.name = "site"};
        site.tls = options;
        for (const auto& pair : pairs) site.certificates.push_back(*tls::Certificate::load(pair.certificate_file, pair.key_file));
        made->sites.push_back(std::move(site));
        return made;
    }
    void use(const proxy::Snapshot& snapshot, WallTime now = wall_now()) {
        const auto done = certificates_.prepare(snapshot, now);
        ASSERT_TRUE(done) << done.error();
        certificates_.begin();
    }
    Pair write(const tls::PemPair& pem) { return {folder_.write("site.pem", pem.certificate), folder_.write("site.key", pem.key)}; }
    // Every second of the world's time it looks.
    void begin_watch() { watching_.spawn(certificates_.watch(stop_)); }
    std::string served() const {
        const auto found = certificates_.live()->sources.find("the site");
        const bool is_there = found != certificates_.live()->sources.end() && !found->second.empty() && found->second[0].certificate;
        return is_there ? std::string(found->second[0].certificate->fingerprint()) : "";
    }
    const HeldCertificate& only() const { return certificates_.held().begin()->second; }
    template <class Done>
    bool turn_until(Done done) {
        return world_.turn_until(done);
    }

    io::SimWorld world_;
    tls::TestFolder folder_;
    const tls::TestAuthority& authority_ = tls::TestAuthority::shared();
    std::size_t published_ = 0;
    Certificates certificates_{[this](const Ref<const tls::Live>&) { ++published_; }};
    io::Stop stop_;
    io::Scope watching_;
};

TEST_F(CertificatesTest, ChangedFilesAreUsedWhenTheyAreRight) {
    const auto pair = write(authority_.leaf({"a.test"}));
    use(*snapshot(Kind::files, {"a.test"}, {pair}));
    const auto first = served();
    EXPECT_EQ(published_, 1U);
    EXPECT_EQ(first, tls::Certificate::load(pair.certificate_file, pair.key_file).value()->fingerprint());
    begin_watch();
    const auto second = authority_.leaf({"b.test"});
    folder_.write("site.pem", second.certificate);
    ASSERT_TRUE(turn_until([&] { return !only().fault.empty(); }));
    EXPECT_EQ(served(), first) << "a certificate without its key";
    folder_.write("site.key", second.key);
    ASSERT_TRUE(turn_until([&] { return served() != first; }));
    EXPECT_EQ(only().names, (std::vector<std::string>{"b.test"}));
    EXPECT_EQ(only().fault, "");
    folder_.write("site.pem", "what is no certificate");
    const auto before = published_;
    ASSERT_TRUE(turn_until([&] { return !only().fault.empty(); }));
    EXPECT_EQ(published_, before);
    EXPECT_NE(served(), "");
}

TEST_F(CertificatesTest, WhatFailsToPrepareChangesNothing) {
    use(*snapshot(Kind::files, {"a.test"}, {write(authority_.leaf({"a.test"}))}));
    const auto before = served();
    auto wrong = snapshot(Kind::internal, {"a.test"});
    wrong->process.state_directory = "/dev/null/nowhere";
    const auto done = certificates_.prepare(*wrong, wall_now());
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().find("'tls internal' of site"), std::string::npos) << done.error();
    EXPECT_EQ(served(), before);
    EXPECT_EQ(published_, 1U);
}

// Handshakes that began on the configuration before still find theirs.
TEST_F(CertificatesTest, AReloadKeepsWhatHandshakesUnderWayNeed) {
    use(*snapshot(Kind::files, {"a.test"}, {write(authority_.leaf({"a.test"}))}));
    const auto before = served();
    auto other = snapshot(Kind::acme, {"b.test"});
    other->sites[0].tls->source.key = "another site";
    use(*other);
    EXPECT_EQ(served(), before);
    certificates_.put_challenges({}, {});
    EXPECT_EQ(served(), "") << "the next change forgets them";
}

TEST_F(CertificatesTest, AnInternalOneIsMadeOnceAndRenewedInTime) {
    const auto wanted = snapshot(Kind::internal, {"a.test"});
    use(*wanted, wall_now() - hours(24 * 61));
    const auto first = served();
    ASSERT_NE(first, "");
    EXPECT_LT(only().renewal, wall_now());
    use(*wanted);
    const auto second = served();
    EXPECT_NE(second, first);
    use(*wanted);
    EXPECT_EQ(served(), second) << "it is kept";
    // By the world's clock it is due, and what is made then is not good before that day: the old one stays.
    begin_watch();
    ASSERT_TRUE(turn_until([&] { return only().failures == 1; }));
    EXPECT_NE(only().fault, "");
    EXPECT_EQ(served(), second);
}

TEST_F(CertificatesTest, AFetchedOneIsWaitedForAndKeptOverReloads) {
    const auto wanted = snapshot(Kind::acme, {"a.test"});
    use(*wanted);
    EXPECT_EQ(served(), "");
    certificates_.note({"a.test"}, {.names = {"a.test"}, .next_try = wall_now(), .failures = 3, .last_failure = "the authority is away"});
    EXPECT_EQ(only().failures, 3U);
    EXPECT_EQ(only().fault, "the authority is away");
    certificates_.put({"a.test"}, authority_.certificate({"a.test"}), wall_now() + hours(1));
    const auto first = served();
    EXPECT_NE(first, "");
    EXPECT_EQ(only().failures, 0U);
    EXPECT_EQ(only().fault, "");
    use(*wanted);
    EXPECT_EQ(served(), first);
    certificates_.put({"b.test"}, authority_.certificate({"b.test"}), {});
    EXPECT_EQ(served(), first) << "what no site wants any more";
    EXPECT_EQ(certificates_.held().size(), 1U);
}

TEST_F(CertificatesTest, OnesThatWereAskedForStayUntilTheyAreDropped) {
    const auto wanted = snapshot(Kind::acme, {"*.test"});
    use(*wanted);
    certificates_.put_demanded("a.test", authority_.certificate({"a.test"}), {});
    use(*wanted);
    EXPECT_TRUE(certificates_.live()->certificates.contains("a.test"));
    certificates_.note_demanded({.names = {"a.test"}, .failures = 1, .last_failure = "no"});
    EXPECT_EQ(certificates_.demanded().at("a.test").failures, 1U);
    const auto before = published_;
    certificates_.drop_demanded("b.test");
    EXPECT_EQ(published_, before) << "nothing has changed";
    certificates_.drop_demanded("a.test");
    EXPECT_FALSE(certificates_.live()->certificates.contains("a.test"));
}

TEST_F(CertificatesTest, KeysOfTicketsTurnAndStayOverReloads) {
    const auto wanted = snapshot(Kind::acme, {"a.test"});
    wanted->process.tickets = {.rotation = hours(1), .lifetime = hours(2)};
    use(*wanted, world_.worker().wall_now());
    const auto first = certificates_.live()->ticket_keys;
    ASSERT_EQ(first.size(), 1U);
    use(*wanted, world_.worker().wall_now());
    EXPECT_EQ(certificates_.live()->ticket_keys[0].name, first[0].name);
    begin_watch();
    ASSERT_TRUE(turn_until([&] { return certificates_.live()->ticket_keys.size() == 2; }));
    EXPECT_NE(certificates_.live()->ticket_keys[0].name, first[0].name);
    EXPECT_EQ(certificates_.live()->ticket_keys[1].name, first[0].name) << "it opens what it made";
    ASSERT_TRUE(turn_until([&] { return certificates_.live()->ticket_keys.back().name != first[0].name; })) << "not for ever";
    wanted->process.tickets.is_on = false;
    use(*wanted, world_.worker().wall_now());
    EXPECT_TRUE(certificates_.live()->ticket_keys.empty());
}

TEST_F(CertificatesTest, AFleetsKeysComeFromTheirFile) {
    const auto wanted = snapshot(Kind::acme, {"a.test"});
    wanted->process.tickets.file = folder_.write("keys", std::string(tls::kTicketKeyOctets, 'a'));
    use(*wanted);
    EXPECT_EQ(certificates_.live()->ticket_keys[0].name[0], 'a');
    begin_watch();
    folder_.write("keys", std::string(3, 'x'));
    folder_.write("keys", std::string(2 * tls::kTicketKeyOctets, 'b'));
    ASSERT_TRUE(turn_until([&] { return certificates_.live()->ticket_keys.size() == 2; }));
    EXPECT_EQ(certificates_.live()->ticket_keys[0].name[0], 'b');
    wanted->process.tickets.file = folder_.write("others", "short");
    EXPECT_FALSE(certificates_.prepare(*wanted, wall_now()));
}

TEST_F(CertificatesTest, StaplesAreServedUntilTheyAreOld) {
    auto now = wall_now();
    const auto pem =
        *tls::issue_leaf(authority_.pair(),
                         {.names = {"a.test"}, .not_before = now - hours(1), .not_after = now + hours(2), .ocsp_url = "http://ocsp.test/"});
    use(*snapshot(Kind::files, {"a.test"}, {write(pem)}));
    const auto key = certificates_.next_to_staple(now);
    ASSERT_NE(key, "");
    const auto stapled = [&] { return certificates_.live()->sources.at("the site")[0].ocsp; };
    certificates_.put_staple(key, "", {}, now + hours(1));
    EXPECT_EQ(certificates_.find(key)->ocsp_failures, 1U);
    EXPECT_EQ(certificates_.next_to_staple(now), "") << "later";
    certificates_.put_staple(key, "good", now + hours(2), now + hours(1));
    certificates_.settle_staples(now);
    EXPECT_EQ(stapled(), "good");
    EXPECT_EQ(certificates_.find(key)->ocsp_failures, 0U);
    certificates_.settle_staples(now + hours(1));
    EXPECT_EQ(stapled(), "good");
    certificates_.settle_staples(now + hours(3));
    EXPECT_EQ(stapled(), "") << "clients take an old one for an attack";
    EXPECT_EQ(certificates_.find("nobody"), nullptr);
}

TEST_F(CertificatesTest, NamesOnDemandGetStaplesAfterThoseThatAreConfigured) {
    const auto now = wall_now();
    const auto with_responder = [&](const char* name) {
        return *tls::issue_leaf(
            authority_.pair(),
            {.names = {name}, .not_before = now - hours(1), .not_after = now + hours(2), .ocsp_url = "http://ocsp.test/"});
    };
    const auto parsed = [](const tls::PemPair& pem) { return *tls::Certificate::parse(pem.certificate, pem.key); };
    const auto wanted = snapshot(Kind::acme, {"a.test", "*.test"});
    wanted->process.acme.on_demand.ask_url = "http://ask.test/";
    use(*wanted);
    certificates_.put({"a.test", "*.test"}, parsed(with_responder("a.test")), {});
    certificates_.put_demanded("b.test", parsed(with_responder("b.test")), {});
    certificates_.put_demanded("c.test", parsed(with_responder("c.test")), {});
    const auto named = certificates_.next_to_staple(now);
    EXPECT_FALSE(Certificates::is_demanded(named)) << named;
    certificates_.put_staple(named, "of a", now + hours(2), now + hours(1));
    EXPECT_EQ(certificates_.next_to_staple(now, false), "") << "as many names on demand are asked about as may be";
    const auto before = published_;
    for (const std::string_view of : {"of b", "of c"}) {
        const auto key = certificates_.next_to_staple(now);
        ASSERT_TRUE(Certificates::is_demanded(key)) << key;
        certificates_.put_off_staple(key, now + hours(1));
        EXPECT_NE(certificates_.next_to_staple(now), key);
        certificates_.put_staple(key, std::string(of), now + hours(2), now + hours(1));
    }
    certificates_.settle_staples(now);
    EXPECT_EQ(published_, before + 1) << "once for all of them";
    const auto stapled = [&](const char* name) { return certificates_.live()->certificates.at(name)[0].ocsp; };
    EXPECT_EQ(stapled("b.test"), "of b");
    EXPECT_EQ(stapled("c.test"), "of c");
    use(*wanted);
    EXPECT_EQ(stapled("c.test"), "of c") << "a reload forgets nothing";

    certificates_.put_demanded("b.test", parsed(with_responder("b.test")), {});
    EXPECT_EQ(stapled("b.test"), "") << "what was said of the one before is not said of this";
    EXPECT_NE(certificates_.next_to_staple(now), "");
    certificates_.settle_staples(now + hours(3));
    EXPECT_EQ(stapled("c.test"), "");

    wanted->process.acme.on_demand.ask_url.clear();
    use(*wanted);
    EXPECT_EQ(certificates_.next_to_staple(now), "");
}

TEST_F(CertificatesTest, TheListTellsWhatIsOverFirstFirst) {
    const auto now = wall_now();
    const auto leaf = [&](const char* name, Duration life) {
        const auto pem = *tls::issue_leaf(authority_.pair(), {.names = {name}, .not_before = now - hours(1), .not_after = now + life});
        return *tls::Certificate::parse(pem.certificate, pem.key);
    };
    use(*snapshot(Kind::acme, {"waits.test"}));
    certificates_.note({"waits.test"}, {.names = {"waits.test"}, .failures = 2, .last_failure = "no \x1b[31mway"});
    certificates_.put_demanded("late.test", leaf("late.test", hours(20)), {});
    certificates_.put_demanded("soon.test", leaf("soon.test", hours(3)), now + hours(1));
    const CertificateList list(certificates_);
    const auto text = list.text(now);
    const auto waits = text.find("waits.test");
    const auto soon = text.find("soon.test");
    EXPECT_LT(waits, soon);
    EXPECT_LT(soon, text.find("late.test"));
    EXPECT_NE(text.find("acme on demand"), std::string::npos) << text;
    EXPECT_NE(text.find("(failures in a row: 2)"), std::string::npos) << text;
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << "an authority's words must not drive a terminal";
    const auto json = list.json(now);
    EXPECT_NE(json.find("soon.test"), std::string::npos) << json;
    EXPECT_EQ(json.find('\x1b'), std::string::npos);
}

TEST_F(CertificatesTest, NotMoreAreShownToWhoeverScrapesThanIsSaid) {
    const auto wanted = snapshot(Kind::acme, {"a.test"});
    for (std::size_t i = 0; i < CertificateList::kExposedMax + 5; ++i) {
        auto& site = wanted->sites.emplace_back();
        site.tls = tls::ServerOptions{.source = {.kind = Kind::acme, .names = {std::to_string(i) + ".test"}}};
    }
    observe::Exposition out;
    CertificateList(*wanted).expose(out);
    std::size_t shown = 0;
    for (std::size_t at = 0; (at = out.text().find("weir_certificate_failures{", at)) != std::string::npos; ++at) ++shown;
    EXPECT_EQ(shown, CertificateList::kExposedMax);
}

TEST(NamesCertified, ANameComesBeforeAddressesAndLocalhostForNobody) {
    EXPECT_EQ(names_certified({"127.0.0.1", "", "b.test", "a.test"}), (std::vector<std::string>{"a.test", "b.test", "127.0.0.1"}));
    EXPECT_EQ(names_certified({""}), (std::vector<std::string>{"localhost", "127.0.0.1", "::1"}));
}

}  // namespace
}  // namespace weir::server
