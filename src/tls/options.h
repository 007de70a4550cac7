// What the configuration says of TLS: plain data; equality tells a reload whether an endpoint stays as it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace weir::tls {

using namespace std::chrono_literals;

enum class Version : std::uint8_t { tls12, tls13 };

// modern: TLS 1.3 only. intermediate: 1.2 with forward secrecy and AEAD, and 1.3. Explicit lists win over the policy; they are OpenSSL's
// names, empty means the policy's.
struct Policy {
    Version version_min = Version::tls12;
    Version version_max = Version::tls13;
    std::string ciphers;     // TLS 1.2, "ECDHE-ECDSA-AES128-GCM-SHA256:…"
    std::string suites;      // TLS 1.3, "TLS_AES_128_GCM_SHA256:…"
    std::string groups;      // "X25519MLKEM768:X25519:P-256": what the library has not is left out
    std::string signatures;  // "ECDSA+SHA256:RSA-PSS+SHA256:…"
    bool operator==(const Policy&) const = default;
};

struct ClientAuthOptions {
    enum class Kind : std::uint8_t { none, optional, required };
    Kind kind = Kind::none;
    std::string ca_file;   // PEM bundle
    std::string crl_file;  // PEM; empty: none
    bool operator==(const ClientAuthOptions&) const = default;
};

// Where the certificate of a site comes from.
struct CertificateSource {
    enum class Kind : std::uint8_t { files, internal, acme };
    struct Pair {
        std::string certificate_file;  // PEM, the chain
        std::string key_file;
        bool operator==(const Pair&) const = default;
    };
    Kind kind = Kind::acme;
    std::vector<Pair> pairs;         // files: one or several, as ECDSA and RSA side by side
    std::vector<std::string> names;  // the hosts of the site: what the certificate must be good for
    std::string key;                 // of its certificates in Live::sources; equal for equal sources
    bool operator==(const CertificateSource&) const = default;
};

// TLS of one site.
struct ServerOptions {
    Policy policy;
    CertificateSource source;
    ClientAuthOptions client_auth;
    bool offers_h2 = true;
    bool allows_early_data = false;  // some route of the site takes it (RFC 8446 8, RFC 8470)
    bool staples = true;             // OCSP
    bool operator==(const ServerOptions&) const = default;
};

// TLS to an upstream.
struct ClientOptions {
    bool is_verified = true;                 // false only by a word in the configuration that says so
    std::string ca_file;                     // empty: the system's
    std::string server_name;                 // SNI and the name to verify; empty: the server's name as configured
    std::string spki_pin;                    // base64 of SHA-256 of the public key; empty: none. With a pin the chain is not looked at
    std::string certificate_file, key_file;  // the client's own; empty: none
    Policy policy;
    bool offers_h2 = false;  // ALPN h2 before http/1.1
    bool demands_h2 = false;
    bool operator==(const ClientOptions&) const = default;
};

struct TicketOptions {
    bool is_on = true;
    std::string file;  // 80 octets of key material a key, the first encrypts; shared by a fleet. Empty: made at start and rotated
    Duration rotation = 12h;
    Duration lifetime = 24h;
    bool operator==(const TicketOptions&) const = default;
};

}  // namespace weir::tls
