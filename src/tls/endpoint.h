// Endpoint: TLS of one listener: which options hold for which server name. Made by the control thread from the configuration, shared by the
// workers, immutable. Its certificates come from the worker's Live at each handshake.
// A handshake for a name that Live lacks a certificate for may be held while one is fetched (CertificateWait in stream.h).
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ref.h"
#include "tls/live.h"
#include "tls/options.h"

struct ssl_ctx_st;

namespace weir::tls {

struct SiteTls {
    std::vector<std::string> hosts;  // as route::SiteSpec: exact, "*.example.com"; empty: any
    ServerOptions options;
};

class Endpoint : public Counted {
public:
    // `takes_fingerprints`: JA3 and JA4 are computed, because something reads them.
    // The error is for a person: which option, of which site, the library refused.
    static std::expected<Ref<const Endpoint>, std::string> make(std::span<const SiteTls> sites, const TicketOptions& tickets,
                                                                bool takes_fingerprints);
    ~Endpoint();

    // The index into `sites` whose options a handshake with this server name uses: what a request's Host must agree with when the other
    // site demands more (421, RFC 9110 15.5.20).
    std::size_t site_of(std::string_view server_name) const;
    bool takes_fingerprints() const;

private:
    friend class ServerStream;
    struct Parts;
    explicit Endpoint(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace weir::tls
