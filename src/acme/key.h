// Key: a private key, of an account or of a certificate. Move-only. Its text never goes anywhere but into the store and to TLS.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "acme/options.h"
#include "acme/outcome.h"

struct evp_pkey_st;

namespace weir::acme {

class Key {
public:
    static Outcome<Key> generate(CertificateKey kind);
    static Outcome<Key> parse(std::string_view pem);

    std::string pem() const;  // PKCS #8, not encrypted
    evp_pkey_st* raw() const { return key_.get(); }

    // The rest is for ECDSA P-256 only, as accounts have it.
    // RFC 7517, its members in the order of RFC 7638 3.
    std::string jwk() const;
    std::string thumbprint() const;                       // RFC 7638
    std::string sign_es256(std::string_view text) const;  // RFC 7518 3.4: r and s, 32 octets each

private:
    struct Free {
        void operator()(evp_pkey_st* key) const;
    };
    explicit Key(evp_pkey_st* key) : key_(key) {}
    std::unique_ptr<evp_pkey_st, Free> key_;
};

}  // namespace weir::acme
