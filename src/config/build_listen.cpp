// Where a site is reached: the addresses that its names and its `listen` lines say, and the redirects that lead to HTTPS.
#include <algorithm>

#include "config/builder.h"
#include "config/phrase.h"
#include "config/site_addresses.h"

namespace weir::config {

namespace {

struct Manner {
    bool speaks_tls = false;
    std::optional<bool> takes_proxy_protocol;  // nothing: as the other says
};

std::string_view word_of_tls(bool speaks_tls) { return speaks_tls ? "TLS" : "plain HTTP"; }

// Two sites at one address must agree on what is spoken there.
std::uint32_t listener_at(Builder& builder, const net::Address& at, const Manner& manner, const Word& word) {
    auto& listeners = builder.snapshot.listeners;
    const auto found = std::ranges::find(listeners, at, &proxy::ListenerPlan::at);
    const auto index = static_cast<std::uint32_t>(found - listeners.begin());
    if (found == listeners.end()) {
        listeners.push_back({.at = at,
                             .speaks_tls = manner.speaks_tls,
                             .accepts_proxy_protocol = manner.takes_proxy_protocol.value_or(false),
                             .limits = builder.limits,
                             .place = builder.sources.place(word.spot),
                             .tls = {}});
        return index;
    }
    if (manner.takes_proxy_protocol && *manner.takes_proxy_protocol != found->accepts_proxy_protocol)
        builder.diagnostics.error(word.spot, concat({in_quotes(word.text), " is given with and without proxy_protocol"}),
                                  concat({"the other is at ", found->place.text()}));
    else if (found->speaks_tls != manner.speaks_tls)
        builder.diagnostics.error(word.spot,
                                  concat({in_quotes(word.text), " would speak ", word_of_tls(manner.speaks_tls), " on ", at.text()}),
                                  concat({"it speaks ", word_of_tls(found->speaks_tls), " by ", found->place.text()}));
    return index;
}

void add(std::vector<std::uint32_t>& into, std::uint32_t listener) {
    if (std::ranges::find(into, listener) == into.end()) into.push_back(listener);
}

net::Address address_of(const SiteName& name, std::uint16_t port) {
    const auto any = net::Ip::parse("::");  // dual-stack: IPv4 arrives there, too
    const auto loopback = net::Ip::parse("127.0.0.1");
    const auto ip = name.bind.family != net::Family::none ? name.bind : name.is_loopback ? *loopback : *any;
    return {.ip = ip, .port = port, .path = {}};
}

void listen(Builder& builder, const Item& item, std::vector<std::uint32_t>& into) {
    const Manner manner{.speaks_tls = item.has_option("tls"), .takes_proxy_protocol = item.has_option("proxy_protocol")};
    for (const auto* word : item.all("ADDRESS")) {
        if (*manner.takes_proxy_protocol && builder.snapshot.trusted_proxies.empty())
            builder.diagnostics.error(word->spot, "proxy_protocol without 'trusted_proxies'",
                                      "say who may send it: 'trusted_proxies CIDR...' at the top level");
        add(into, listener_at(builder, checked(read_listen(word->text)), manner, *word));
    }
}

bool fetches_certificate(const ResolvedSite& site, const SiteName& name) {
    const auto* certificate = certificate_of(site);
    if (certificate == nullptr || certificate->says("auto")) return !is_own_machine(name);
    return certificate->says("acme");
}

// The address in the clear beside one that speaks TLS: it redirects, and answers an authority that asks for a token (RFC 8555 8.3).
void add_redirect(Builder& builder, const ResolvedSite& site, const SiteName& name, const Word& word) {
    const auto* tls = tls_of(site);
    const auto* redirect = tls == nullptr ? nullptr : tls->child("redirect_http");
    const bool is_wanted = (redirect == nullptr || redirect->says("on")) && name.port == 0;
    if (!is_wanted && !fetches_certificate(site, name)) return;
    const auto listener = listener_at(builder, address_of(name, builder.http_port), {}, word);
    if (redirect != nullptr && redirect->says("off")) return;
    const filter::ToHttps to{.port = name.port != 0 ? name.port : builder.https_port, .is_usual = name.port == 0};
    builder.redirects.push_back({.site = builder.snapshot.sites.size(), .host = name.host, .listener = listener, .to = to});
    if (name.is_loopback)
        for (const auto* other : {"127.0.0.1", "::1"})
            builder.redirects.push_back({.site = builder.snapshot.sites.size(), .host = other, .listener = listener, .to = to});
}

void reach_by_name(Builder& builder, const ResolvedSite& site, const Word& word, std::vector<std::uint32_t>& into) {
    const auto name = checked(read_site_name(word.text));
    if (!is_listened_on(site, name)) return;
    const bool by_tls = is_tls(site, name);
    const auto usual = by_tls ? builder.https_port : builder.http_port;
    const auto at = address_of(name, name.port != 0 ? name.port : usual);
    add(into, listener_at(builder, at, {.speaks_tls = by_tls, .takes_proxy_protocol = {}}, word));
    if (by_tls) add_redirect(builder, site, name, word);
}

// Is the host served there by a site that means it?
bool is_taken(const Builder& builder, const Redirected& one) {
    return std::ranges::any_of(builder.specs,
                               [&](const route::SiteSpec& spec) { return has(spec.listeners, one.listener) && has(spec.hosts, one.host); });
}

void share(Builder& builder, std::uint32_t wide, std::uint32_t narrow) {
    for (auto& spec : builder.specs) {
        if (!has(spec.listeners, wide) || has(spec.listeners, narrow)) continue;
        const auto is_free = [&](const std::string& host) {
            return !is_taken(builder, {.site = 0, .host = host, .listener = narrow, .to = {}});
        };
        if (std::ranges::all_of(spec.hosts, is_free)) spec.listeners.push_back(narrow);
    }
}

}  // namespace

std::vector<std::uint32_t> build_listeners(Builder& builder, const ResolvedSite& site) {
    std::vector<std::uint32_t> out;
    for (const auto& child : site.site->children)
        if (child.name() == "listen") listen(builder, child, out);
    for (const auto* word : site.site->all("SITE")) reach_by_name(builder, site, *word, out);
    return out;
}

// Every address is also 127.0.0.1: where a site has a port of one address to itself, the kernel takes it from those that listen on all of
// them, and their names would be strangers there.
void share_wide_listeners(Builder& builder) {
    const auto& listeners = builder.snapshot.listeners;
    const auto is_wide = [](const net::Address& at) {
        return at.path.empty() && (at.ip == *net::Ip::parse("::") || at.ip == *net::Ip::parse("0.0.0.0"));
    };
    for (std::uint32_t narrow = 0; narrow < listeners.size(); ++narrow) {
        const auto& to = listeners[narrow];
        if (is_wide(to.at) || !to.at.path.empty()) continue;
        for (std::uint32_t wide = 0; wide < listeners.size(); ++wide) {
            const auto& from = listeners[wide];
            const bool is_same_manner = from.speaks_tls == to.speaks_tls && from.accepts_proxy_protocol == to.accepts_proxy_protocol;
            if (is_wide(from.at) && from.at.port == to.at.port && is_same_manner) share(builder, wide, narrow);
        }
    }
}

// Each is a site of its own behind all others: what somebody wrote for that address counts more.
void build_redirects(Builder& builder) {
    for (const auto& one : builder.redirects) {
        if (is_taken(builder, one)) continue;
        const auto& of = builder.snapshot.sites[one.site];
        proxy::SitePlan plan;
        plan.name = of.name;
        plan.place = of.place;
        plan.metrics_label = of.metrics_label;
        plan.to_https = one.to;
        plan.fallback = build_route(builder, builder.resolved.sites[one.site].items);
        plan.fallback.proxy.reset();
        plan.fallback.name = "https";
        plan.fallback.place = of.place;
        plan.digest = of.digest;
        plan.served_by = one.site;
        // Until its certificate is there the site is served in the clear, but for one that wants certificates of its clients.
        const bool waits = of.tls && of.tls->source.kind == tls::CertificateSource::Kind::acme && of.client_auth == 0;
        auto routes = waits ? builder.specs[one.site].routes : std::vector<route::RouteSpec>{};
        builder.specs.push_back(
            {.hosts = {one.host}, .listeners = {one.listener}, .routes = std::move(routes), .name = plan.name, .place = plan.place});
        builder.snapshot.sites.push_back(std::move(plan));
    }
}

}  // namespace weir::config
