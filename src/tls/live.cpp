#include "tls/live.h"

#include <array>
#include <cstring>

namespace weir::tls {

const CertificateSet* Live::find(std::string_view host) const {
    if (!host.empty()) {
        if (const auto exact = certificates.find(host); exact != certificates.end()) return &exact->second;
        // RFC 6125 6.4.3: a wildcard stands for one whole label, the leftmost.
        const auto dot = host.find('.');
        std::array<char, 256> name;
        if (dot != std::string_view::npos && host.size() - dot < name.size()) {
            name[0] = '*';
            std::memcpy(name.data() + 1, host.data() + dot, host.size() - dot);
            const auto wildcard = certificates.find(std::string_view(name.data(), host.size() - dot + 1));
            if (wildcard != certificates.end()) return &wildcard->second;
        }
    }
    return fallback.empty() ? nullptr : &fallback;
}

}  // namespace weir::tls
