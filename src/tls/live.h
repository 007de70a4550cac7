// Live: what of TLS changes without a reload: certificates, ticket keys, stapled OCSP answers, answers to ACME challenges. Immutable and
// counted: the control thread makes a new one and posts it to every worker, whose handshakes use the one that the worker holds. Nothing is
// locked.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ref.h"
#include "tls/certificate.h"
#include "tls/options.h"
#include "tls/replay_record.h"

namespace weir::tls {

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
template <class Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

struct Stapled {
    Ref<const Certificate> certificate;
    std::string ocsp;  // DER; empty: none
};

// The certificates that can serve one name: at most one a kind of key; the handshake takes what the client can verify, ECDSA first.
using CertificateSet = std::vector<Stapled>;

struct TicketKey {
    std::array<std::uint8_t, 16> name;
    std::array<std::uint8_t, 32> cipher_key;  // AES-256-CBC
    std::array<std::uint8_t, 32> mac_key;     // HMAC-SHA256
};

struct Live : Counted {
    // Of sites, by CertificateSource::key: the handshake's name chooses the site, among those of the listener, and the site its
    // certificates.
    TextMap<CertificateSet> sources;
    // By host, before those of sites: fetched because a client asked. Looked up exactly, then with the first label replaced by "*".
    TextMap<CertificateSet> certificates;
    CertificateSet fallback;                          // where there is none of these; empty: the handshake fails
    std::vector<TicketKey> ticket_keys;               // the first encrypts, all decrypt
    Ref<const ReplayRecord> replay_record;            // none: early data is not taken
    TextMap<std::string> http_challenges;             // token → key authorization (RFC 8555 8.3)
    TextMap<Ref<const Certificate>> alpn_challenges;  // host → certificate for acme-tls/1 (RFC 8737)
    // Hosts, as a site has them ("*.example.com", "" for any), whose certificates are fetched when a client first asks for one.
    std::vector<std::string> demandable;

    // nullptr when there is none and no fallback.
    const CertificateSet* find(const CertificateSource& source, std::string_view host) const;
    // Is there one for this host of a site, or can be fetched when it is asked for?
    bool has(const CertificateSource& source, std::string_view host) const;
    // May a certificate be fetched for this host, which has none?
    bool lacks(std::string_view host) const;

private:
    const CertificateSet* find_own(std::string_view host) const;
};

// Is the host meant by the pattern: itself, any name below "*.example.com", anything for ""?
bool is_meant(std::string_view pattern, std::string_view host);

}  // namespace weir::tls
