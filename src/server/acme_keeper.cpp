#include "server/acme_keeper.h"

#include <algorithm>

#include "base/log.h"
#include "observe/exposition.h"
#include "server/certificates.h"

namespace weir::server {
AcmeKeeper::AcmeKeeper(Certificates& certificates, net::Resolver& resolver, Barrier barrier, Refuse refuse)
    : certificates_(certificates), resolver_(resolver), barrier_(std::move(barrier)), refuse_(std::move(refuse)) {}

AcmeKeeper::~AcmeKeeper() = default;

std::expected<void, std::string> AcmeKeeper::prepare(const proxy::Snapshot& snapshot) {
    const auto& options = snapshot.process.acme;
    Plan plan;
    for (const auto& site : snapshot.sites) {
        if (!site.tls || site.tls->source.kind != tls::CertificateSource::Kind::acme) continue;
        const auto& all = site.tls->source.names;
        acme::NameSet names;
        std::ranges::copy_if(all, std::back_inserter(names), [](const auto& name) { return acme::refusal_of(name).empty(); });
        if (!names.empty()) plan.wanted.emplace(std::move(names), all);
    }
    plan.may_demand = !demandable_of(snapshot).empty();
    const bool is_needed = !plan.wanted.empty() || plan.may_demand;
    if (is_needed && !(present_.certifier && present_.certifier->options() == options)) {
        auto made = acme::Certifier::make(options, resolver_, *this);
        if (!made) return std::unexpected("'acme': " + made.error());
        plan.certifier = std::move(*made);
    }
    next_ = std::move(plan);
    return {};
}

void AcmeKeeper::begin() {
    if (next_.certifier && present_.certifier) ending_.spawn(end(std::move(present_.certifier)));
    if (!next_.certifier) next_.certifier = std::move(present_.certifier);
    present_ = std::exchange(next_, {});
    std::vector<acme::NameSet> sets;
    sets.reserve(present_.wanted.size());
    for (const auto& [names, all] : present_.wanted) sets.push_back(names);
    if (present_.certifier) present_.certifier->keep(sets);
}

io::Task<> AcmeKeeper::end(std::unique_ptr<acme::Certifier> certifier) { co_await certifier->stop(); }

io::Task<> AcmeKeeper::stop() {
    if (present_.certifier) co_await present_.certifier->stop();
    co_await ending_.join();
    present_.certifier.reset();
}

// Live has said that the name may be demanded; a reload may have changed that since.
void AcmeKeeper::demand(const std::string& name) {
    if (present_.certifier && present_.may_demand) present_.certifier->demand(name);
    else refuse_(name);
}

bool AcmeKeeper::renew_now(const std::string& name) { return present_.certifier && present_.certifier->renew_now(name); }

io::Task<> AcmeKeeper::show(const acme::ShownChallenge& challenge) {
    shown_.push_back(challenge);
    put_challenges();
    io::Event seen;
    barrier_([&seen] { seen.notify(); });
    co_await seen.wait();
}

void AcmeKeeper::withdraw(const acme::ShownChallenge& challenge) {
    std::erase_if(shown_, [&](const auto& one) { return one.token == challenge.token && one.name == challenge.name; });
    put_challenges();
}

void AcmeKeeper::put_challenges() {
    tls::TextMap<std::string> http;
    tls::TextMap<Ref<const tls::Certificate>> alpn;
    for (const auto& one : shown_) {
        if (one.kind == acme::ChallengeKind::http_01) {
            http[one.token] = one.key_authorization;
            continue;
        }
        auto certificate = tls::Certificate::parse(one.certificate.chain_pem, one.certificate.key_pem);
        if (certificate) alpn[one.name] = std::move(*certificate);
        else log::error("acme_challenge_unusable", certificate.error(), {{"name", one.name}});
    }
    certificates_.put_challenges(std::move(http), std::move(alpn));
}

void AcmeKeeper::publish(const acme::Issued& issued) {
    auto certificate = tls::Certificate::parse(issued.pair.chain_pem, issued.pair.key_pem);
    if (!certificate) {
        log::error("certificate_refused", certificate.error(), {{"name", issued.names.front()}});
        return;
    }
    if (issued.is_on_demand) certificates_.put_demanded(issued.names.front(), std::move(*certificate), issued.renewal);
    else if (const auto site = present_.wanted.find(issued.names); site != present_.wanted.end())
        certificates_.put(site->second, std::move(*certificate), issued.renewal);
}

// What the configuration does not want goes with it; what was demanded is ours to drop.
void AcmeKeeper::retract(const acme::NameSet& names) { certificates_.drop_demanded(names.front()); }

void AcmeKeeper::refuse(const std::string& name) {
    certificates_.drop_demanded(name);
    refuse_(name);
}

void AcmeKeeper::note(const acme::CertificateState& state) {
    if (state.is_on_demand) certificates_.note_demanded(state);
    else if (const auto site = present_.wanted.find(state.names); site != present_.wanted.end()) certificates_.note(site->second, state);
}

void AcmeKeeper::expose(observe::Exposition& out) const {
    if (!present_.certifier) return;
    using Type = observe::Exposition::Type;
    const auto& figures = present_.certifier->figures();
    out.family("weir_acme_orders_total", Type::counter, "Orders for certificates, by how they ended.");
    out.sample({{"outcome", "issued"}}, figures.issued.value());
    out.sample({{"outcome", "failed"}}, figures.failed.value());
    out.family("weir_acme_denied_total", Type::counter, "Names that clients demanded and that got no certificate.");
    out.sample({}, figures.denied.value());
    out.family("weir_acme_renewal_windows_total", Type::counter, "How often the CA was asked when to renew (RFC 9773).");
    out.sample({}, figures.windows.value());
}

}  // namespace weir::server
