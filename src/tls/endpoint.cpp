#include "tls/endpoint.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <array>

#include "tls/endpoint_parts.h"
#include "tls/ssl_ctx.h"

namespace weir::tls {
namespace {

using Fault = std::unexpected<std::string>;

Fault refused(const std::string& file, const char* otherwise) { return Fault(file + ": " + take_library_reason(otherwise)); }

std::expected<void, std::string> demand_client_certificate(SSL_CTX* ctx, const ClientAuthOptions& options) {
    auto* names = SSL_load_client_CA_file(options.ca_file.c_str());
    if (names == nullptr) return refused(options.ca_file, "no CA certificate in it");
    SSL_CTX_set_client_CA_list(ctx, names);
    if (SSL_CTX_load_verify_file(ctx, options.ca_file.c_str()) != 1) return refused(options.ca_file, "no CA certificate in it");
    if (!options.crl_file.empty()) {
        auto* store = SSL_CTX_get_cert_store(ctx);
        auto* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
        if (X509_load_crl_file(lookup, options.crl_file.c_str(), X509_FILETYPE_PEM) <= 0) return refused(options.crl_file, "no CRL in it");
        X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    }
    const bool is_required = options.kind == ClientAuthOptions::Kind::required;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | (is_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
    return {};
}

// A ticket is good only where it was made: under the same demand for a client's certificate, CAs and revocations as they are now. Where
// one may be shown, a session without one is fine; where one must be, a ticket of it would be a way in.
// Equal configurations in a fleet have equal ids.
std::array<unsigned char, 32> ticket_scope(const ServerOptions& options) {
    using Kind = ClientAuthOptions::Kind;
    const auto kind = options.client_auth.kind;
    std::string text = kind == Kind::none ? "open" : kind == Kind::optional ? "client-auth" : "client-auth-required";
    if (kind != Kind::none) {
        std::string content;
        for (const auto* file : {&options.client_auth.ca_file, &options.client_auth.crl_file})
            if (!file->empty() && read_file(*file, content)) text += "|" + content;
    }
    std::array<unsigned char, 32> digest{};
    EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    return digest;
}

bool can_share(const ServerOptions& a, const ServerOptions& b) {
    return a.policy == b.policy && a.client_auth == b.client_auth && a.offers_h2 == b.offers_h2 &&
           a.allows_early_data == b.allows_early_data && a.staples == b.staples;
}

std::string name_of(const SiteTls& site) { return site.hosts.empty() ? "the site for any host" : site.hosts.front(); }

}  // namespace

std::expected<Owned<ssl_ctx_st>, std::string> make_server_ctx(const ServerOptions& options, const TicketOptions& tickets) {
    auto made = make_ssl_ctx(Role::server, options.policy);
    if (!made) return made;
    auto* ctx = made->get();
    if (options.client_auth.kind != ClientAuthOptions::Kind::none) {
        auto demanded = demand_client_certificate(ctx, options.client_auth);
        if (!demanded) return Fault(demanded.error());
    }
    const auto scope = ticket_scope(options);
    SSL_CTX_set_session_id_context(ctx, scope.data(), scope.size());
    // One is enough: each connection that resumes gets the next.
    SSL_CTX_set_num_tickets(ctx, tickets.is_on ? 1 : 0);
    if (!tickets.is_on) SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_timeout(ctx, static_cast<long>(std::chrono::duration_cast<std::chrono::seconds>(tickets.lifetime).count()));
    set_server_calls(ctx, options, tickets);
    return made;
}

Endpoint::Endpoint(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Endpoint::~Endpoint() = default;

std::expected<Ref<const Endpoint>, std::string> Endpoint::make(std::span<const SiteTls> sites, const TicketOptions& tickets,
                                                               bool takes_fingerprints) {
    if (sites.empty()) return Fault("an endpoint needs a site");
    auto parts = std::make_unique<Parts>();
    parts->tickets = tickets;
    parts->takes_fingerprints = takes_fingerprints;
    bool has_fallback = false;
    for (const auto& site : sites) {
        const auto index = parts->sites.size();
        Parts::Site own{.options = site.options};
        for (const auto& other : parts->sites)
            if (own.ctx == nullptr && can_share(other.options, site.options)) own.ctx = other.ctx;
        if (own.ctx == nullptr) {
            auto made = make_server_ctx(site.options, tickets);
            if (!made) return Fault(name_of(site) + ": " + made.error());
            own.ctx = made->get();
            parts->contexts.push_back(std::move(*made));
        }
        parts->sites.push_back(std::move(own));
        for (const auto& host : site.hosts) parts->hosts.try_emplace(host, index);
        if (site.hosts.empty() && !has_fallback) parts->fallback = index, has_fallback = true;
    }
    return Ref<const Endpoint>(new Endpoint(std::move(parts)));
}

// As requests find their site: exactly, then the longest wildcard, then the one for any host.
std::size_t Endpoint::site_of(std::string_view server_name) const {
    if (const auto exact = parts_->hosts.find(server_name); exact != parts_->hosts.end()) return exact->second;
    std::string wildcard;
    for (auto dot = server_name.find('.'); dot != std::string_view::npos; dot = server_name.find('.', dot + 1)) {
        wildcard.assign(1, '*').append(server_name.substr(dot));
        if (const auto found = parts_->hosts.find(wildcard); found != parts_->hosts.end()) return found->second;
    }
    return parts_->fallback;
}

bool Endpoint::takes_fingerprints() const { return parts_->takes_fingerprints; }

}  // namespace weir::tls
