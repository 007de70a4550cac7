// What a Certificate holds, for its own sources.
#pragma once

#include <optional>

#include "tls/certificate.h"
#include "tls/owned.h"

struct asn1_string_st;

namespace weir::tls {

struct Certificate::Parts {
    Owned<x509_st> leaf;
    Owned<stack_st_X509> chain;  // without the leaf
    Owned<evp_pkey_st> key;
    KeyKind key_kind = KeyKind::other;
    std::vector<std::string> names;
    WallTime not_before{};
    WallTime not_after{};
    std::string issuer;
    std::string serial;
    std::string fingerprint;
    std::string ocsp_url;
    std::string ari_id;
};

WallTime wall_time_of(const asn1_string_st* time);
std::string serial_of(const x509_st* certificate);       // hex
std::string fingerprint_of(const x509_st* certificate);  // SHA-256, hex

}  // namespace weir::tls
