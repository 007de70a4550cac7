#include "tls/context_shelf.h"

#include <algorithm>
#include <functional>

namespace weir::tls {

bool ContextShelf::Place::is_of(const ssl_ctx_st* wanted, const CertificateSet& set) const {
    return base == wanted &&
           std::ranges::equal(certificates, set, [](const auto& held, const auto& one) { return held == one.certificate; });
}

ssl_ctx_st* ContextShelf::find(const Origin& origin, const CertificateSet& certificates) {
    // With CAs for clients a context reads files, which a worker must not.
    if (certificates.empty() || origin.options.client_auth.kind != ClientAuthOptions::Kind::none) return nullptr;
    const auto hash = std::hash<const void*>{}(origin.base) ^ std::hash<const void*>{}(certificates.front().certificate.raw());
    auto& place = places_[(hash >> 4 ^ hash >> 12) % kPlaces];
    if (place.is_of(origin.base, certificates)) {
        place.misses = 0;
        return place.ctx.get();
    }
    if (place.base != nullptr && ++place.misses < kPatience) return nullptr;
    auto made = make_server_ctx(origin.options, origin.tickets);
    if (!made) return nullptr;
    Place fresh{.endpoint = origin.endpoint, .base = origin.base, .certificates = {}, .ctx = std::move(*made)};
    for (const auto& one : certificates) {
        if (!one.certificate->use_in(fresh.ctx.get())) return nullptr;
        fresh.certificates.push_back(one.certificate);
    }
    place = std::move(fresh);
    return place.ctx.get();
}

}  // namespace weir::tls
