// Which certificates want an OCSP answer stapled, those that were fetched on demand with them, and what they have got.
#include "server/certificates.h"

namespace weir::server {
namespace {

constexpr std::string_view kDemanded = "demanded ";  // then the name

bool is_due(const HeldCertificate& held, WallTime now) {
    return held.staples && held.certificate && !held.certificate->ocsp_url().empty() && held.ocsp_renewal <= now;
}

}  // namespace

const HeldCertificate* Certificates::find(std::string_view key) const {
    const bool is_demanded = key.starts_with(kDemanded);
    const auto& all = is_demanded ? demanded_ : present_.held;
    const auto found = all.find(is_demanded ? key.substr(kDemanded.size()) : key);
    return found == all.end() ? nullptr : &found->second;
}

HeldCertificate* Certificates::held_of(std::string_view key) { return const_cast<HeldCertificate*>(find(key)); }

bool Certificates::is_demanded(std::string_view key) { return key.starts_with(kDemanded); }

// Those that a configuration names come first: names that strangers ask for must not keep them waiting.
std::string Certificates::next_to_staple(WallTime now, bool with_demanded) const {
    for (const auto& [key, held] : present_.held)
        if (is_due(held, now)) return key;
    if (!with_demanded) return {};
    for (const auto& [name, held] : demanded_)
        if (is_due(held, now)) return std::string(kDemanded) + name;
    return {};
}

void Certificates::put_staple(std::string_view key, std::string ocsp, WallTime until, WallTime renewal) {
    auto* held = held_of(key);
    if (held == nullptr) return;
    held->ocsp_renewal = renewal;
    held->ocsp_failures = ocsp.empty() ? held->ocsp_failures + 1 : 0;
    if (ocsp.empty()) return;
    held->ocsp_until = until;
    if (ocsp == held->ocsp) return;
    held->ocsp = std::move(ocsp);
    has_new_staples_ = true;
}

void Certificates::put_off_staple(std::string_view key, WallTime renewal) {
    if (auto* held = held_of(key)) held->ocsp_renewal = renewal;
}

// Clients take an answer that is out of date for an attack (RFC 6066 8), and none for nothing.
void Certificates::settle_staples(WallTime now) {
    for (auto* all : {&present_.held, &demanded_}) {
        for (auto& [key, held] : *all) {
            if (held.ocsp.empty() || held.ocsp_until > now) continue;
            held.ocsp.clear();
            has_new_staples_ = true;
        }
    }
    if (std::exchange(has_new_staples_, false)) publish();
}

}  // namespace weir::server
