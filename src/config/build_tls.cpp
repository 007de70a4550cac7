// TLS: of a site, from its `tls`; of a listener, from its sites; what routes say of it.
#include <algorithm>

#include "config/builder.h"
#include "config/phrase.h"
#include "config/site_addresses.h"

namespace weir::config {

namespace {

using tls::CertificateSource;
using tls::ClientAuthOptions;
using tls::ServerOptions;
using tls::Version;

std::string list_of(const Item& item) {
    std::string out;
    for (const auto* word : item.all("TEXT")) out.append(out.empty() ? "" : ":").append(word->text);
    return out;
}

Version version_of(std::string_view word) { return word == "1.2" ? Version::tls12 : Version::tls13; }

void read_policy(Builder&, const Item& item, ServerOptions& into) {
    into.policy.version_min = item.says("modern") ? Version::tls13 : Version::tls12;
}

void read_versions(Builder& builder, const Item& item, ServerOptions& into) {
    into.policy.version_min = version_of(item.word(0));
    into.policy.version_max = item.word(1).empty() ? into.policy.version_min : version_of(item.word(1));
    if (into.policy.version_min > into.policy.version_max)
        builder.diagnostics.error(item.spot(), "the lowest version is higher than the highest", "expected 'versions 1.2 1.3'");
}

void read_ciphers(Builder&, const Item& item, ServerOptions& into) { into.policy.ciphers = list_of(item); }
void read_suites(Builder&, const Item& item, ServerOptions& into) { into.policy.suites = list_of(item); }
void read_groups(Builder&, const Item& item, ServerOptions& into) { into.policy.groups = list_of(item); }
void read_signatures(Builder&, const Item& item, ServerOptions& into) { into.policy.signatures = list_of(item); }
void read_staple(Builder&, const Item& item, ServerOptions& into) { into.staples = item.says("on"); }
void read_h2(Builder&, const Item& item, ServerOptions& into) { into.offers_h2 = item.says("on"); }

void read_client(Builder& builder, const Item& item, ServerOptions& into) {
    constexpr std::size_t kBundleMax = 16UL * 1024 * 1024;
    if (item.says("off")) return;
    const auto& ca = *item.find("FILE");
    auto& auth = into.client_auth;
    auth.kind = item.says("require") ? ClientAuthOptions::Kind::required : ClientAuthOptions::Kind::optional;
    auth.ca_file = builder.path(ca);
    builder.file(ca, ca.text, kBundleMax);
    const auto* crl = item.option("crl");
    if (crl == nullptr) return;
    auth.crl_file = builder.path(*crl);
    builder.file(*crl, crl->text, kBundleMax);
}

constexpr Reader<ServerOptions> kReaders[] = {
    {"policy", read_policy}, {"versions", read_versions},     {"ciphers", read_ciphers}, {"suites", read_suites},
    {"groups", read_groups}, {"signatures", read_signatures}, {"staple", read_staple},   {"h2", read_h2},
    {"client", read_client},
};

// "several.pem several.key" for each kind of key; each pair is read now, so that a wrong one is told before anything changes.
void read_pairs(Builder& builder, const Item& certificate, proxy::SitePlan& into) {
    const auto words = certificate.all("FILE");
    if (words.size() % 2 != 0) {
        const auto near = did_you_mean(words.back()->text, std::vector<std::string_view>{"auto", "internal", "acme", "off"});
        return builder.diagnostics.error(words.back()->spot, concat({"the certificate ", in_quotes(words.back()->text), " has no key"}),
                                         near.empty() || words.size() > 1 ? "expected 'tls FILE KEY'" : near);
    }
    for (std::size_t i = 0; i < words.size(); i += 2) {
        const CertificateSource::Pair pair{.certificate_file = builder.path(*words[i]), .key_file = builder.path(*words[i + 1])};
        into.tls->source.pairs.push_back(pair);
        auto loaded = tls::Certificate::load(pair.certificate_file, pair.key_file);
        if (!loaded) {
            builder.diagnostics.error(words[i]->spot, concat({"can't use the certificate ", in_quotes(words[i]->text)}), loaded.error());
            continue;
        }
        const auto is_same_kind = [&](const auto& other) { return other->key_kind() == (*loaded)->key_kind(); };
        if (std::ranges::any_of(into.certificates, is_same_kind))
            builder.diagnostics.error(words[i]->spot, "two certificates of one site have keys of the same kind",
                                      "a second pair is for RSA beside ECDSA");
        into.certificates.push_back(std::move(*loaded));
    }
}

void warn_of_uncovered(Builder& builder, const ResolvedSite& site, const proxy::SitePlan& plan) {
    for (const auto* word : site.site->all("SITE")) {
        const auto name = checked(read_site_name(word->text));
        const auto covers = [&](const auto& certificate) { return certificate->covers(name.host); };
        if (name.host.empty() || plan.certificates.empty() || !is_tls(site, name) || std::ranges::any_of(plan.certificates, covers))
            continue;
        const auto& names = plan.certificates.front()->names();
        builder.diagnostics.warning(word->spot, concat({"no certificate of this site names ", in_quotes(name.host)}),
                                    names.empty() ? "browsers will refuse it" : concat({"the first one names ", in_quotes(names.front())}));
    }
}

bool is_own_machine(std::string_view host) {
    return host == "localhost" || host.ends_with(".localhost") || net::Ip::parse(host).has_value();
}

// What fetches a certificate must know for which names.
void require_names(Builder& builder, const ResolvedSite& site) {
    const bool asks = !builder.snapshot.process.acme.on_demand.ask_url.empty();
    for (const auto* word : site.site->all("SITE")) {
        const auto name = checked(read_site_name(word->text));
        const auto refusal = name.host.empty() ? std::string("it names no host") : acme::refusal_of(name.host);
        if (refusal.empty() || asks || !(is_tls(site, name) || has_listen(site))) continue;
        builder.diagnostics.error(word->spot, concat({"no certificate can be fetched for ", in_quotes(word->text), ": ", refusal}),
                                  "say 'tls FILE KEY' or 'tls internal', or write 'http://' in front");
    }
}

// Sites with the same certificates share them.
std::string key_of(const CertificateSource& source) {
    auto key = std::to_string(static_cast<int>(source.kind));
    for (const auto& pair : source.pairs) key.append("\n").append(pair.certificate_file).append("\n").append(pair.key_file);
    if (source.kind == CertificateSource::Kind::files) return key;
    for (const auto& name : source.names) key.append("\n").append(name);
    return key;
}

CertificateSource::Kind kind_of(const ResolvedSite& site, const std::vector<std::string>& hosts) {
    using Kind = CertificateSource::Kind;
    const auto* certificate = certificate_of(site);
    if (certificate != nullptr && certificate->find("FILE") != nullptr) return Kind::files;
    if (certificate != nullptr && certificate->says("internal")) return Kind::internal;
    if (certificate != nullptr && certificate->says("acme")) return Kind::acme;
    return std::ranges::all_of(hosts, is_own_machine) ? Kind::internal : Kind::acme;
}

std::uint64_t number_of(const ClientAuthOptions& auth) {
    if (auth.kind == ClientAuthOptions::Kind::none) return 0;
    std::uint64_t value = 0xcbf29ce484222325ULL + static_cast<unsigned>(auth.kind);  // FNV-1a
    for (const auto* text : {&auth.ca_file, &auth.crl_file})
        for (const char c : *text + '\n') value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return value | 1U;
}

bool reads_fingerprints(const Sources& sources) {
    for (std::uint32_t i = 0; i < sources.size(); ++i)
        if (sources[i].text().contains("ja3") || sources[i].text().contains("ja4")) return true;
    return false;
}

void build_endpoint(Builder& builder, std::uint32_t index, bool takes_fingerprints) {
    auto& listener = builder.snapshot.listeners[index];
    std::vector<tls::SiteTls> sites;
    for (std::uint32_t i = 0; i < builder.specs.size(); ++i) {
        const auto& plan = builder.snapshot.sites[i];
        const auto& spec = builder.specs[i];
        if (!plan.tls || !has(spec.listeners, index)) continue;
        const bool is_any = has(spec.hosts, std::string_view{});
        sites.push_back({.hosts = is_any ? std::vector<std::string>{} : spec.hosts, .options = *plan.tls});
        listener.tls.sites.push_back(i);
    }
    auto endpoint = tls::Endpoint::make(sites, builder.snapshot.process.tickets, takes_fingerprints);
    if (endpoint) listener.tls.endpoint = std::move(*endpoint);
    else
        builder.diagnostics.error(builder.resolved.sites[listener.tls.sites.front()].site->spot(),
                                  concat({"TLS on ", listener.at.text(), " can't be made"}), endpoint.error());
}

}  // namespace

bool is_own_machine(const SiteName& name) { return name.bind.family != net::Family::none || is_own_machine(name.host); }

void build_site_tls(Builder& builder, const ResolvedSite& site, const std::vector<std::string>& hosts, proxy::SitePlan& into) {
    if (!speaks_tls(site)) {
        if (const auto* own = site.site->child("tls"); own != nullptr && !own->says("off"))
            builder.diagnostics.warning(own->spot(), "no address of this site speaks TLS",
                                        "write its name without 'http://', or 'listen ADDRESS tls'");
        return;
    }
    into.tls.emplace();
    if (const auto* tls = tls_of(site)) {
        if (const auto* policy = tls->child("policy")) read_policy(builder, *policy, *into.tls);  // the lists count more
        for (const auto& child : tls->children)
            if (child.name() != "policy") read_with(kReaders, builder, child, *into.tls);
    }
    auto& source = into.tls->source;
    source.kind = kind_of(site, hosts);
    source.names = hosts;
    if (source.kind == CertificateSource::Kind::files) read_pairs(builder, *certificate_of(site), into);
    if (source.kind == CertificateSource::Kind::acme) require_names(builder, site);
    source.key = key_of(source);
    into.client_auth = number_of(into.tls->client_auth);
    warn_of_uncovered(builder, site, into);
}

void build_endpoints(Builder& builder) {
    if (builder.diagnostics.has_errors()) return;
    const bool takes_fingerprints = reads_fingerprints(builder.sources);
    for (std::uint32_t i = 0; i < builder.snapshot.listeners.size(); ++i)
        if (builder.snapshot.listeners[i].speaks_tls) build_endpoint(builder, i, takes_fingerprints);
}

void read_early_data(Builder&, const Item& item, RouteDraft& into) { into.plan.allows_early_data = item.says("on"); }

void read_hsts(Builder&, const Item& item, RouteDraft& into) {
    auto& hsts = into.plan.hsts;
    hsts = {};
    if (item.says("off")) return;
    const auto age = item.says("auto") ? "365d" : item.option_text("max_age");
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration_of(age)).count();
    hsts.is_explicit = !item.says("auto");
    hsts.value = concat({"max-age=", std::to_string(seconds), item.has_option("include_subdomains") ? "; includeSubDomains" : "",
                         item.has_option("preload") ? "; preload" : ""});
}

}  // namespace weir::config
