#include "cli/admin_target.h"

#include "http/octets.h"

namespace weir::cli {
namespace {

// All but unreserved octets as %XX (RFC 3986 2.1).
std::string percent_encoded(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (http::is_octet(c, http::kUnreservedOctet)) {
            out += c;
        } else {
            const auto octet = static_cast<unsigned char>(c);
            out += {'%', kHex[octet >> 4U], kHex[octet & 15U]};
        }
    }
    return out;
}

}  // namespace

std::string explain_target(const Explain& explain) {
    auto target = "/explain?url=" + percent_encoded(explain.url) + "&method=" + percent_encoded(explain.method) +
                  "&client=" + percent_encoded(explain.client);
    if (!explain.client_cert.empty()) target += "&client_cert=" + percent_encoded(explain.client_cert);
    if (!explain.ja4.empty()) target += "&ja4=" + percent_encoded(explain.ja4);
    for (const auto& header : explain.headers) target += "&header=" + percent_encoded(header);
    return target;
}

std::string purge_target(const Purge& purge) {
    std::string target = "/cache/purge?";
    if (purge.is_all) target += "all";
    else if (!purge.tag.empty()) target += "tag=" + percent_encoded(purge.tag);
    else if (!purge.host.empty()) target += "host=" + percent_encoded(purge.host);
    else if (!purge.prefix.empty()) target += "prefix=" + percent_encoded(purge.prefix);
    else target += "url=" + percent_encoded(purge.url);
    return purge.is_soft ? target + "&soft" : target;
}

std::string cache_show_target(const CacheShow& show) { return "/cache/show?url=" + percent_encoded(show.url); }

std::string renew_target(std::string_view name) { return "/certs/renew?name=" + percent_encoded(name); }

AdminRequest admin_request(Steer::Word word) {
    switch (word) {
        case Steer::Word::reload: return {"POST", "/reload"};
        case Steer::Word::metrics: return {"GET", "/metrics"};
        case Steer::Word::drain: return {"POST", "/drain"};
        case Steer::Word::reopen: return {"POST", "/reopen"};
        case Steer::Word::status: break;
    }
    return {"GET", "/status"};
}

}  // namespace weir::cli
