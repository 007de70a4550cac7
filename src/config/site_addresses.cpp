#include "config/site_addresses.h"

#include <algorithm>

namespace weir::config {

const Item* tls_of(const ResolvedSite& site) {
    const auto found = std::ranges::find(site.own_items, "tls", &Item::name);
    return found == site.own_items.end() ? nullptr : *found;
}

const Item* certificate_of(const ResolvedSite& site) {
    const auto* tls = tls_of(site);
    return tls == nullptr ? nullptr : tls->child("certificate");
}

bool has_listen(const ResolvedSite& site) { return site.site->child("listen") != nullptr; }

bool is_listened_on(const ResolvedSite& site, const SiteName& name) {
    return name.is_address || name.is_http || name.is_https || name.port != 0 || !has_listen(site);
}

bool is_tls(const ResolvedSite& site, const SiteName& name) {
    if (name.is_https) return true;
    const auto* certificate = certificate_of(site);
    if (name.is_http || (certificate != nullptr && certificate->says("off"))) return false;
    return !name.is_address || site.says_tls;
}

bool speaks_tls(const ResolvedSite& site) {
    const auto by_name = [&](const Word* word) {
        const auto name = read_site_name(word->text);
        return name && is_listened_on(site, *name) && is_tls(site, *name);
    };
    const auto by_listen = [](const Item& child) { return child.name() == "listen" && child.has_option("tls"); };
    return std::ranges::any_of(site.site->all("SITE"), by_name) || std::ranges::any_of(site.site->children, by_listen);
}

}  // namespace weir::config
