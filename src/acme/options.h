// What the configuration says of certificates that renew themselves: plain data; equality tells a reload whether an issuer stays as it is.
// Limits stand beside what they bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace weir::acme {

using namespace std::chrono_literals;

inline constexpr std::string_view kLetsEncrypt = "https://acme-v02.api.letsencrypt.org/directory";
inline constexpr std::string_view kLetsEncryptStaging = "https://acme-staging-v02.api.letsencrypt.org/directory";
inline constexpr std::size_t kNamesMax = 100;  // of one certificate, as Let's Encrypt has it
inline constexpr std::size_t kOnDemandNamesMax = 10'000;

// Of certificates. The account's key is always ECDSA P-256 (ES256).
enum class CertificateKey : std::uint8_t { ecdsa_p256, rsa2048 };
enum class ChallengeKind : std::uint8_t { http_01, tls_alpn_01 };

// External account binding (RFC 8555 7.3.4): both empty when the CA asks for none.
struct ExternalAccount {
    std::string key_id;
    std::string hmac_key;  // base64url, as CAs hand it out
    bool operator==(const ExternalAccount&) const = default;
};

// Names whose certificate is fetched when a client first asks for them.
struct OnDemandOptions {
    std::string ask_url;  // GET ask_url?domain=NAME answers 200 for a name that may have one; empty: nothing is fetched on demand
    std::string ask_ca_file;
    Duration ask_timeout = 5s;
    std::uint32_t concurrency_max = 4;  // orders on demand under way at once
    std::uint32_t per_hour_max = 60;    // orders on demand begun within an hour
    bool operator==(const OnDemandOptions&) const = default;
};

// One issuer: a CA, our account there, and how its certificates are to be.
struct Options {
    std::string directory_url{kLetsEncrypt};
    std::string ca_file;  // PEM, trusted for the CA's own HTTPS; empty: the system's
    std::string email;    // for the CA's warnings; may be empty
    ExternalAccount external_account;
    CertificateKey key = CertificateKey::ecdsa_p256;
    std::vector<ChallengeKind> challenges{ChallengeKind::http_01, ChallengeKind::tls_alpn_01};  // those allowed, the preferred first
    OnDemandOptions on_demand;
    std::string state_directory;  // accounts and certificates are kept below it, mode 0700
    bool operator==(const Options&) const = default;
};

// The names of one certificate, as the configuration has them: lower case, the first gives it its name on disk.
using NameSet = std::vector<std::string>;

// Why a name can't be certified by http-01 or tls-alpn-01; empty when it can be. For errors at load: wildcards need dns-01, an address and
// a name without a dot have no public CA.
std::string refusal_of(std::string_view name);

}  // namespace weir::acme
