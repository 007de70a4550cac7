// The key schedule of TLS 1.3 (RFC 8446 7.1): HKDF with its labels, over the digests of its suites. Pure; without a search for algorithms,
// without the heap. A handshake does this some fifteen times.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace weir::tls {

enum class SuiteDigest : std::uint8_t { sha256, sha384 };

inline constexpr std::size_t kDigestMax = 48;
constexpr std::size_t octets_of(SuiteDigest digest) { return digest == SuiteDigest::sha256 ? 32 : 48; }
// By the names that libraries have for it: "SHA2-256", "SHA256".
std::optional<SuiteDigest> digest_of_name(std::string_view name);

using Octets = std::span<const std::uint8_t>;
using Secret = std::array<std::uint8_t, kDigestMax>;

// RFC 2104, of the parts one after another. The key is no longer than a block of the digest.
void hmac(SuiteDigest digest, Octets key, std::span<const Octets> parts, std::uint8_t* out);
void digest_of(SuiteDigest digest, Octets octets, std::uint8_t* out);
// HKDF-Expand-Label; false when a part is longer than its length octet can say. `prefix` is "tls13 ".
bool expand_label(SuiteDigest digest, Octets secret, std::string_view prefix, std::string_view label, Octets content,
                  std::span<std::uint8_t> out);

}  // namespace weir::tls
