#include "tls/live.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace weir::tls {

const CertificateSet* Live::find_own(std::string_view host) const {
    if (host.empty()) return nullptr;
    if (const auto exact = certificates.find(host); exact != certificates.end()) return &exact->second;
    // RFC 6125 6.4.3: a wildcard stands for one whole label, the leftmost.
    const auto dot = host.find('.');
    std::array<char, 256> name;
    if (dot == std::string_view::npos || host.size() - dot >= name.size()) return nullptr;
    name[0] = '*';
    std::memcpy(name.data() + 1, host.data() + dot, host.size() - dot);
    const auto wildcard = certificates.find(std::string_view(name.data(), host.size() - dot + 1));
    return wildcard == certificates.end() ? nullptr : &wildcard->second;
}

const CertificateSet* Live::find(const CertificateSource& source, std::string_view host) const {
    if (const auto* own = find_own(host); own != nullptr) return own;
    if (const auto found = sources.find(source.key); found != sources.end()) return &found->second;
    return fallback.empty() ? nullptr : &fallback;
}

bool Live::has(const CertificateSource& source, std::string_view host) const {
    return sources.contains(source.key) || find_own(host) != nullptr || lacks(host);
}

bool Live::lacks(std::string_view host) const {
    if (demandable.empty() || host.empty() || find_own(host) != nullptr) return false;
    return std::ranges::any_of(demandable, [host](const std::string& pattern) { return is_meant(pattern, host); });
}

bool is_meant(std::string_view pattern, std::string_view host) {
    if (pattern.empty() || pattern == host) return true;
    return pattern.starts_with("*.") && host.size() >= pattern.size() && host.ends_with(pattern.substr(1));
}

}  // namespace weir::tls
