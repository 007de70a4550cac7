// The whole client against a CA that does what the test says, in virtual time: months pass in a moment.
#include "acme/certifier.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "acme/schedule.h"
#include "acme/test_ca.h"

namespace weir::acme {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;
using std::chrono::days;

class Folder {
public:
    Folder() {
        char path[] = "/tmp/weir-acme-XXXXXX";
        path_ = ::mkdtemp(path);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path_); }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

struct World {
    World() { restart(); }
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World() {
        end();
        ca.stop();
        EXPECT_TRUE(sim.turn_until([&] { return ca.has_ended(); }));
    }

    Options options_here() const {
        Options options = said;
        options.directory_url = std::string(kCa) + "/dir";
        options.state_directory = folder.path();
        return options;
    }
    // As a new process would find it.
    void restart() {
        end();
        outlet.published.clear();
        auto made = Certifier::make(options_here(), names, outlet);
        EXPECT_TRUE(made) << made.error();
        certifier = std::move(*made);
    }
    void end() {
        if (!certifier) return;
        EXPECT_TRUE(sim.run(certifier->stop()));
        certifier.reset();
    }
    bool until(auto done) { return sim.turn_until(done); }
    void pass(Duration time) {
        const auto at = sim.worker().now() + time;
        while (sim.worker().now() < at) sim.worker().turn(at);
    }
    WallTime now() { return sim.worker().wall_now(); }
    CertificateState state() const { return certifier->states().at(0); }

    Folder folder;
    io::SimWorld sim;
    NoNames names;
    TestOutlet outlet;
    TestCa ca{outlet};
    Options said;
    std::unique_ptr<Certifier> certifier;
};

TEST(Certifier, OrdersACertificateForSeveralNames) {
    World world;
    world.certifier->keep({{"a.example", "b.example", "c.example"}});
    ASSERT_TRUE(world.until([&] { return !world.outlet.published.empty(); }));
    const auto& issued = world.outlet.published.front();
    EXPECT_THAT(issued.leaf.names, ElementsAre("a.example", "b.example", "c.example"));
    EXPECT_TRUE(read_leaf(issued.pair));
    EXPECT_THAT(world.ca.kinds, ElementsAre("http-01", "http-01", "http-01"));
    EXPECT_EQ(world.ca.challenges_with_nothing_shown, 0U);
    EXPECT_THAT(world.outlet.shown, IsEmpty());
    EXPECT_EQ(world.ca.accounts, 1U);
    EXPECT_EQ(world.state().leaf.issuer, "Test CA");
}

TEST(Certifier, ShowsACertificateForTlsAlpn) {
    World world;
    world.said.challenges = {ChallengeKind::tls_alpn_01};
    world.restart();
    world.certifier->keep({{"a.example"}});
    ASSERT_TRUE(world.until([&] { return !world.outlet.shown.empty(); }));
    const auto shown = world.outlet.shown.front();
    EXPECT_EQ(shown.name, "a.example");
    EXPECT_TRUE(read_leaf(shown.certificate));
    ASSERT_TRUE(world.until([&] { return !world.outlet.published.empty(); }));
    EXPECT_THAT(world.ca.kinds, ElementsAre("tls-alpn-01"));
}

TEST(Certifier, RenewsForYearsBeforeEachExpiry) {
    World world;
    world.certifier->keep({{"a.example"}});
    ASSERT_TRUE(world.until([&] { return world.outlet.published.size() == 1; }));
    for (std::size_t number = 1; number < 12; ++number) {
        const auto before = world.outlet.published.back().leaf;
        ASSERT_TRUE(world.until([&] { return world.outlet.published.size() == number + 1; }));
        const auto age = world.now() - before.not_before;
        EXPECT_GE(age, days(60));
        EXPECT_LE(age, days(64));
    }
    EXPECT_EQ(world.ca.accounts, 1U);
    EXPECT_EQ(world.ca.orders, 12U);
}

TEST(Certifier, GoesOnWithEveryOtherNonceRefused) {
    World world;
    world.ca.refuses_every_nonce = 2;
    world.certifier->keep({{"a.example", "b.example"}});
    ASSERT_TRUE(world.until([&] { return !world.outlet.published.empty(); }));
    EXPECT_GT(world.ca.nonces_refused, 3U);
    EXPECT_EQ(world.ca.orders, 1U);
}

TEST(Certifier, GivesUpOnACaThatRefusesEveryNonceAndTriesAgainLater) {
    World world;
    world.ca.refuses_every_nonce = 1;
    world.certifier->keep({{"a.example"}});
    ASSERT_TRUE(world.until([&] { return world.certifier->figures().failed.value() == 1; }));
    EXPECT_THAT(world.state().last_failure, HasSubstr("refused every nonce"));
    world.ca.refuses_every_nonce = 0;
    ASSERT_TRUE(world.until([&] { return !world.outlet.published.empty(); }));
    EXPECT_EQ(world.state().failures, 0U);
}

TEST(Certifier, KeepsAccountAndCertificateOverARestart) {
    World world;
    world.certifier->keep({{"a.example"}});
    ASSERT_TRUE(world.until([&] { return !world.outlet.published.empty(); }));
    const auto first = world.outlet.published.front();
    world.restart();
    world.certifier->keep({{"a.example"}});
    ASSERT_EQ(world.outlet.published.size(), 1U);
    EXPECT_EQ(world.outlet.published.front().pair, first.pair);
    world.pass(days(1));
    EXPECT_EQ(world.ca.orders, 1U);
    world.certifier->keep({{"a.example"}, {"b.example"}});
    ASSERT_TRUE(world.until([&] { return world.outlet.published.size() == 2; }));
    EXPECT_EQ(world.ca.accounts, 1U);
}

TEST(Certifier, ServesTheOldOneWhileTheCaIsDownAndRecovers) {
    World world;
    world.certifier->keep({{"a.example"}});
    ASSERT_TRUE(world.until([&] { return !world.outlet.published.empty(); }));
    world.ca.is_down = true;
    world.pass(days(85));
    EXPECT_EQ(world.outlet.published.size(), 1U);
    EXPECT_GT(world.state().failures, 10U);
    EXPECT_LT(world.state().failures, 200U);
    EXPECT_TRUE(world.state().has_certificate);
    world.ca.is_down = false;
    ASSERT_TRUE(world.until([&] { return world.outlet.published.size() == 2; }));
    EXPECT_LT(world.now(), world.outlet.published.front().leaf.not_after);
    EXPECT_EQ(world.state().failures, 0U);
}

TEST(Certifier, TriesTheOtherChallengeAfterAFailure) {
    World world;
    world.ca.failing_kinds = {"http-01"};
    world.certifier->keep({{"a.example"}});
    ASSERT_TRUE(world.until([&] { return world.certifier->figures().failed.value() == 1; }));
    EXPECT_EQ(world.state().last_failure, "a.example: unauthorized: I saw something else");
    ASSERT_TRUE(world.until([&] { return !world.outlet.published.empty(); }));
    EXPECT_THAT(world.ca.kinds, ElementsAre("http-01", "tls-alpn-01"));
}

TEST(Certifier, WaitsAsLongAsARateLimitSaysEvenOverARestart) {
    World world;
    world.ca.refuses_orders_with =
        R"({"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many",
            "subproblems":[{"type":"x","identifier":{"value":"a.example"}}]})";
    world.ca.order_fields = "Retry-After: 172800";
    world.certifier->keep({{"a.example"}});
    ASSERT_TRUE(world.until([&] { return world.certifier->figures().failed.value() == 1; }));
    EXPECT_EQ(world.state().last_failure, "rateLimited: too many (a.example: x)");
    world.pass(47h);
    EXPECT_EQ(world.ca.orders, 1U);
    world.restart();
    world.certifier->keep({{"a.example"}});
    world.ca.refuses_orders_with.clear();
    world.pass(30min);
    EXPECT_EQ(world.ca.orders, 1U);
    ASSERT_TRUE(world.until([&] { return !world.outlet.published.empty(); }));
}

TEST(Certifier, RenewsInTheWindowThatTheCaSuggests) {
    World world;
    world.ca.window = RenewalWindow{.start = world.now() + days(10), .end = world.now() + days(11), .explanation_url = {}};
    world.certifier->keep({{"a.example"}});
    ASSERT_TRUE(world.until([&] { return world.outlet.published.size() == 1; }));
    const auto first = world.outlet.published.front().leaf;
    ASSERT_TRUE(world.until([&] { return world.outlet.published.size() == 2; }));
    EXPECT_GE(world.now(), world.ca.window->start);
    EXPECT_LE(world.now(), world.ca.window->end + 1h);
    EXPECT_THAT(world.ca.replaced, ElementsAre(first.ari_id));
    EXPECT_GT(world.ca.windows, 100U);
}

TEST(Certifier, RenewsAtOnceWhenTheWindowMovesToThePast) {
    World world;
    world.ca.window = RenewalWindow{.start = world.now() + days(60), .end = world.now() + days(61), .explanation_url = {}};
    world.certifier->keep({{"a.example"}});
    ASSERT_TRUE(world.until([&] { return world.outlet.published.size() == 1; }));
    world.pass(days(5));
    EXPECT_EQ(world.ca.orders, 1U);
    world.ca.knows_replaces = false;
    world.ca.window = RenewalWindow{.start = world.now() - days(2), .end = world.now() - days(1), .explanation_url = {}};
    world.pass(2h);
    // The first of the two orders says what it replaces, which this CA refuses.
    EXPECT_GE(world.outlet.published.size(), 2U);
}

TEST(Certifier, BindsAnExternalAccount) {
    World world;
    world.ca.demands_external_account = true;
    world.certifier->keep({{"a.example"}});
    ASSERT_TRUE(world.until([&] { return world.certifier->figures().failed.value() == 1; }));
    EXPECT_THAT(world.state().last_failure, HasSubstr("wants an external account"));
    world.said.external_account = {.key_id = "kid-1", .hmac_key = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"};
    world.said.email = "me@a.example";
    world.restart();
    world.certifier->keep({{"a.example"}});
    ASSERT_TRUE(world.until([&] { return !world.outlet.published.empty(); }));
    EXPECT_THAT(world.ca.last_account, HasSubstr(R"("externalAccountBinding":{"protected":)"));
    EXPECT_THAT(world.ca.last_account, HasSubstr("mailto:me@a.example"));
}

TEST(Certifier, FollowsWhatIsWanted) {
    World world;
    world.certifier->keep({{"a.example"}, {"b.example"}});
    ASSERT_TRUE(world.until([&] { return world.outlet.published.size() == 2; }));
    world.certifier->keep({{"b.example"}});
    EXPECT_THAT(world.outlet.retracted, ElementsAre(NameSet{"a.example"}));
    world.pass(days(1));
    ASSERT_EQ(world.certifier->states().size(), 1U);
    world.certifier->keep({{"a.example"}, {"b.example"}});
    EXPECT_EQ(world.outlet.published.size(), 3U) << "it is on disk still";
    EXPECT_EQ(world.ca.orders, 2U);
}

TEST(Certifier, RenewsNowWhenToldTo) {
    World world;
    world.certifier->keep({{"a.example"}});
    ASSERT_TRUE(world.until([&] { return world.outlet.published.size() == 1; }));
    EXPECT_FALSE(world.certifier->renew_now("b.example"));
    EXPECT_TRUE(world.certifier->renew_now("a.example"));
    ASSERT_TRUE(world.until([&] { return world.outlet.published.size() == 2; }));
}

TEST(Certifier, FetchesOnDemandWhatTheAskUrlAllows) {
    World world;
    world.said.on_demand.ask_url = std::string(kCa) + "/ask";
    world.restart();
    world.certifier->demand("c.example");
    world.certifier->demand("c.example");
    ASSERT_TRUE(world.until([&] { return !world.outlet.published.empty(); }));
    EXPECT_THAT(world.ca.asked_names, ElementsAre("c.example"));
    world.ca.ask_status = 404;
    world.certifier->demand("d.example");
    ASSERT_TRUE(world.until([&] { return !world.outlet.refused.empty(); }));
    world.certifier->demand("d.example");
    EXPECT_THAT(world.ca.asked_names, ElementsAre("c.example", "d.example")) << "a denial is remembered for a while";
    EXPECT_EQ(world.ca.orders, 1U);
    world.certifier->demand("no dots");
    EXPECT_EQ(world.outlet.refused.back(), "no dots");
    world.restart();
    world.certifier->demand("c.example");
    EXPECT_EQ(world.outlet.published.size(), 1U) << "from before the restart";
}

TEST(Certifier, BoundsOrdersOnDemandByTheHour) {
    World world;
    world.said.on_demand.ask_url = std::string(kCa) + "/ask";
    world.said.on_demand.per_hour_max = 3;
    world.restart();
    for (int i = 0; i < 10; ++i) world.certifier->demand("n" + std::to_string(i) + ".example");
    EXPECT_EQ(world.outlet.refused.size(), 7U);
    ASSERT_TRUE(world.until([&] { return world.outlet.published.size() == 3; }));
    world.pass(61min);
    world.certifier->demand("n9.example");
    ASSERT_TRUE(world.until([&] { return world.outlet.published.size() == 4; }));
}

TEST(Certifier, EndsInTheMiddleOfAnOrder) {
    World world;
    world.ca.polls_until_done = 100'000;
    world.certifier->keep({{"a.example"}});
    ASSERT_TRUE(world.until([&] { return !world.outlet.shown.empty(); }));
    world.end();
    EXPECT_THAT(world.outlet.shown, IsEmpty());
}

TEST(Certifier, DoesNotOrderWhatItCannotKeep) {
    World world;
    std::filesystem::permissions(world.folder.path(), std::filesystem::perms::none);
    std::filesystem::remove_all(world.folder.path());
    { const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(world.folder.path().c_str(), "w"), std::fclose); }
    world.certifier->keep({{"a.example"}});
    ASSERT_TRUE(world.until([&] { return world.certifier->figures().failed.value() == 1; }));
    EXPECT_THAT(world.state().last_failure, HasSubstr("can't make the folder"));
    EXPECT_EQ(world.ca.accounts, 0U);
}

TEST(Certifier, SurvivesFaultsOfTheNetwork) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        World world;
        world.sim.sim().set_faults({.segment_max = 700, .short_write = 0.3, .reset = 0.002, .refuse = 0.1});
        world.certifier->keep({{"a.example", "b.example"}});
        EXPECT_TRUE(world.until([&] { return !world.outlet.published.empty(); })) << seed;
    }
}

}  // namespace
}  // namespace weir::acme
