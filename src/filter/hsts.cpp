#include "filter/hsts.h"

namespace weir::filter {

void apply(const Hsts& hsts, const http::Facts& facts, http::Fields& fields) {
    // RFC 6797 7.2: never in an answer that is not by HTTPS.
    if (hsts.value.empty() || facts.scheme != http::Scheme::https) return;
    constexpr auto kId = http::FieldId::strict_transport_security;
    if (!hsts.is_explicit && fields.has(kId)) return;
    fields.set(kId, hsts.value);
}

}  // namespace weir::filter
