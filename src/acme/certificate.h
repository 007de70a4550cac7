// Making and reading certificates as far as ACME needs it: the request to sign, the answer to tls-alpn-01, and what an issued one says.
// Pure functions but for keys.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "acme/key.h"

namespace weir::acme {

inline constexpr std::size_t kChainOctetsMax = 128 * 1024;

// A certificate's chain and its private key, PEM.
struct Pair {
    std::string chain_pem;
    std::string key_pem;
    bool operator==(const Pair&) const = default;
};

// PKCS #10, DER: all names in subjectAltName, no subject (RFC 8555 7.4).
Outcome<std::string> make_request(const Key& key, const NameSet& names);

// RFC 8737 3: self-signed, for `host` alone, with the digest of the key authorization in a critical acmeIdentifier extension.
Outcome<Pair> make_challenge_certificate(const std::string& host, std::string_view key_authorization, WallTime now);

// What the first certificate of a chain says of itself.
struct Leaf {
    NameSet names;  // DNS names, lower case, sorted
    WallTime not_before{}, not_after{};
    std::string serial;  // hex
    std::string issuer;  // common name, or organisation
    std::string ari_id;  // RFC 9773 4.1; empty without an authority key identifier
    bool operator==(const Leaf&) const = default;
};
// Fails for what is no chain or belongs to another key.
Outcome<Leaf> read_leaf(const Pair& pair);

}  // namespace weir::acme
