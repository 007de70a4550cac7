// Certificate: a chain and its private key, checked to belong together. Immutable and counted: handshakes on any worker use it while its
// successor is already there. Thread: any.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ref.h"

struct ssl_st;
struct x509_st;

namespace weir::tls {

enum class KeyKind : std::uint8_t { ecdsa, rsa, ed25519, other };

class Certificate : public Counted {
public:
    ~Certificate();

    // PEM texts. The error is for a person: what is wrong (no certificate in it, key of another one, expired, too weak) and where.
    static std::expected<Ref<const Certificate>, std::string> parse(std::string_view chain_pem, std::string_view key_pem);
    // The same from files; the error names them.
    static std::expected<Ref<const Certificate>, std::string> load(const std::string& chain_file, const std::string& key_file);

    KeyKind key_kind() const;
    const std::vector<std::string>& names() const;  // DNS names and IP addresses of subjectAltName, lower case, wildcards as they are
    WallTime not_before() const;
    WallTime not_after() const;
    std::string_view issuer() const;           // common name or organisation
    std::string_view serial() const;           // hex
    std::string_view fingerprint() const;      // SHA-256, hex
    bool covers(std::string_view host) const;  // RFC 6125 6.4.3: a wildcard is the whole leftmost label
    // What a stapled answer is asked with; empty when the certificate names no responder.
    std::string_view ocsp_url() const;
    std::string ocsp_request() const;  // DER
    // Why a responder's answer may not be stapled, for a person; empty: it may, until `next_update`.
    std::string_view fault_of_ocsp(std::string_view der, WallTime now, WallTime& next_update) const;
    bool is_ocsp_good(std::string_view der, WallTime now, WallTime& next_update) const {
        return fault_of_ocsp(der, now, next_update).empty();
    }
    std::string chain_pem() const;
    // RFC 9773 4.1: base64url(authority key id) "." base64url(serial); empty when it has no such id.
    std::string ari_id() const;
    // For an endpoint: makes a handshake use it. False when the library refuses.
    bool use_in(ssl_st* ssl) const;
    bool is_in_use(const x509_st* certificate) const;  // whether this is what the handshake took

private:
    struct Parts;
    explicit Certificate(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace weir::tls
