// A CA of our own, for `tls internal` and for tests: its key and the certificates it signs, as PEM texts that the caller keeps. Signatures
// and keys are ECDSA P-256 unless told otherwise. Pure but for randomness. Thread: any, but the control thread in practice: a key costs
// time.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "tls/certificate.h"

namespace weir::tls {

struct PemPair {
    std::string certificate;
    std::string key;
};

// Valid from an hour before `now`: clocks differ.
std::expected<PemPair, std::string> make_ca(const std::string& common_name, WallTime now, Duration life);

struct LeafRequest {
    std::vector<std::string> names;  // DNS names, wildcards, IP addresses; the first is the common name
    WallTime not_before{};
    WallTime not_after{};
    KeyKind key_kind = KeyKind::ecdsa;
    bool is_for_client = false;  // a client's certificate: extendedKeyUsage clientAuth
    std::string ocsp_url;        // empty: none
    bool is_acme_challenge = false;
    std::string acme_digest;  // RFC 8737 3: SHA-256 of the key authorization, 32 octets
};

// The certificate is followed by the CA's, so that it is a chain as servers send it.
std::expected<PemPair, std::string> issue_leaf(const PemPair& ca, const LeafRequest& request);
// Signed by its own key: the answer to tls-alpn-01 (RFC 8737) is one.
std::expected<PemPair, std::string> make_self_signed(const LeafRequest& request);

}  // namespace weir::tls
