// ContextShelf: OpenSSL's contexts with certificates in them, of one worker. When a certificate is put into a single connection, OpenSSL
// checks each time that its key belongs to it; a connection that begins with such a context is spared that.
// Owner: the thread. Limits: kPlaces. A site whose place is taken goes without; after kPatience times it gets the place.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "tls/endpoint_parts.h"

namespace weir::tls {

class ContextShelf {
public:
    static constexpr std::size_t kPlaces = 64;
    static constexpr std::uint32_t kPatience = 16;

    // What a site of the endpoint has without certificates.
    struct Origin {
        const Ref<const Endpoint>& endpoint;
        const ssl_ctx_st* base;
        const ServerOptions& options;
        const TicketOptions& tickets;
    };
    // nullptr: the certificates have to be put into the connection.
    ssl_ctx_st* find(const Origin& origin, const CertificateSet& certificates);

private:
    struct Place {
        Ref<const Endpoint> endpoint;  // as long as it is held, no other one has its address
        const ssl_ctx_st* base = nullptr;
        std::vector<Ref<const Certificate>> certificates;
        Owned<ssl_ctx_st> ctx;
        std::uint32_t misses = 0;

        bool is_of(const ssl_ctx_st* wanted, const CertificateSet& set) const;
    };
    std::array<Place, kPlaces> places_;
};

}  // namespace weir::tls
