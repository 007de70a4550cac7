// Where a site is reached: the addresses that its names and its `listen` lines say.
#include <algorithm>

#include "config/builder.h"
#include "config/phrase.h"

namespace weir::config {

namespace {

constexpr std::uint16_t kHttpPort = 80;

std::uint32_t listener_at(Builder& builder, const net::Address& at, const Item& item) {
    auto& listeners = builder.snapshot.listeners;
    const auto found = std::ranges::find(listeners, at, &proxy::ListenerPlan::at);
    if (found != listeners.end()) return static_cast<std::uint32_t>(found - listeners.begin());
    listeners.push_back({.at = at, .accepts_proxy_protocol = false, .limits = builder.limits, .place = builder.place(item)});
    return static_cast<std::uint32_t>(listeners.size() - 1);
}

void add(std::vector<std::uint32_t>& into, std::uint32_t listener) {
    if (std::ranges::find(into, listener) == into.end()) into.push_back(listener);
}

net::Address address_of(const SiteName& name) {
    const auto any = net::Ip::parse("::");  // dual-stack: IPv4 arrives there, too
    const auto loopback = net::Ip::parse("127.0.0.1");
    const auto ip = name.bind.family != net::Family::none ? name.bind : name.is_loopback ? *loopback : *any;
    return {.ip = ip, .port = name.port != 0 ? name.port : kHttpPort, .path = {}};
}

// HTTPS needs certificates, which this version has not: nothing is served in the clear that was meant to be encrypted.
void refuse_https(Builder& builder, const Word& word, const SiteName& name) {
    const auto rest = name.is_https ? std::string_view(word.text).substr(8) : std::string_view(word.text);
    builder.diagnostics.error(word.spot, concat({quoted(word.text), " means HTTPS, which this version has not"}),
                              concat({"did you mean 'http://", rest, "'? or give the site a 'listen' address"}));
}

void listen(Builder& builder, const Item& item, std::vector<std::uint32_t>& into) {
    const bool takes_proxy_protocol = item.has_option("proxy_protocol");
    for (const auto* word : item.all("ADDRESS")) {
        const auto before = builder.snapshot.listeners.size();
        const auto index = listener_at(builder, checked(read_listen(word->text)), item);
        auto& listener = builder.snapshot.listeners[index];
        const bool is_new = index >= before;
        if (is_new) listener.accepts_proxy_protocol = takes_proxy_protocol;
        if (listener.accepts_proxy_protocol != takes_proxy_protocol)
            builder.diagnostics.error(word->spot, concat({quoted(word->text), " is given with and without proxy_protocol"}),
                                      concat({"the other is at ", listener.place.text()}));
        if (takes_proxy_protocol && builder.snapshot.trusted_proxies.empty())
            builder.diagnostics.error(word->spot, "proxy_protocol without 'trusted_proxies'",
                                      "say who may send it: 'trusted_proxies CIDR...' at the top level");
        add(into, index);
    }
}

}  // namespace

std::vector<std::uint32_t> build_listeners(Builder& builder, const Item& site) {
    std::vector<std::uint32_t> out;
    for (const auto& child : site.children)
        if (child.name() == "listen") listen(builder, child, out);
    const bool has_listen = !out.empty();
    for (const auto* word : site.all("SITE")) {
        const auto name = checked(read_site_name(word->text));
        if (name.is_plain) add(out, listener_at(builder, address_of(name), site));
        else if (name.is_https || name.port != 0 || !has_listen) refuse_https(builder, *word, name);
    }
    return out;
}

}  // namespace weir::config
