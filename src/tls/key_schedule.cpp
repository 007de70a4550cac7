#include "tls/key_schedule.h"

// What replaces these functions searches for the digest, takes memory for it and locks on the way, at each of some hundred calls.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <cstring>

#include "base/text.h"

namespace weir::tls {
namespace {

struct Sha256 {
    static constexpr std::size_t kBlock = SHA256_CBLOCK;
    static constexpr std::size_t kOctets = SHA256_DIGEST_LENGTH;
    SHA256_CTX state;
    Sha256() { SHA256_Init(&state); }
    void add(Octets octets) { SHA256_Update(&state, octets.data(), octets.size()); }
    void end(std::uint8_t* out) { SHA256_Final(out, &state); }
};

struct Sha384 {
    static constexpr std::size_t kBlock = SHA512_CBLOCK;
    static constexpr std::size_t kOctets = SHA384_DIGEST_LENGTH;
    SHA512_CTX state;
    Sha384() { SHA384_Init(&state); }
    void add(Octets octets) { SHA384_Update(&state, octets.data(), octets.size()); }
    void end(std::uint8_t* out) { SHA384_Final(out, &state); }
};

template <class Hash>
void hmac_with(Octets key, std::span<const Octets> parts, std::uint8_t* out) {
    std::array<std::uint8_t, Hash::kBlock> pad{};
    if (!key.empty()) std::memcpy(pad.data(), key.data(), key.size());
    for (auto& octet : pad) octet ^= 0x36;
    std::array<std::uint8_t, Hash::kOctets> inner_digest;
    Hash inner;
    inner.add(pad);
    for (const auto& part : parts) inner.add(part);
    inner.end(inner_digest.data());
    for (auto& octet : pad) octet ^= 0x36 ^ 0x5c;
    Hash outer;
    outer.add(pad);
    outer.add(inner_digest);
    outer.end(out);
    OPENSSL_cleanse(pad.data(), pad.size());
    OPENSSL_cleanse(inner_digest.data(), inner_digest.size());
    OPENSSL_cleanse(&inner.state, sizeof inner.state);
    OPENSSL_cleanse(&outer.state, sizeof outer.state);
}

Octets octets_of_text(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

}  // namespace

std::optional<SuiteDigest> digest_of_name(std::string_view name) {
    for (const auto* known : {"SHA2-256", "SHA256", "SHA-256"})
        if (equal_ignoring_case(name, known)) return SuiteDigest::sha256;
    for (const auto* known : {"SHA2-384", "SHA384", "SHA-384"})
        if (equal_ignoring_case(name, known)) return SuiteDigest::sha384;
    return std::nullopt;
}

void hmac(SuiteDigest digest, Octets key, std::span<const Octets> parts, std::uint8_t* out) {
    if (digest == SuiteDigest::sha256) hmac_with<Sha256>(key, parts, out);
    else hmac_with<Sha384>(key, parts, out);
}

void digest_of(SuiteDigest digest, Octets octets, std::uint8_t* out) {
    if (digest == SuiteDigest::sha256) SHA256(octets.data(), octets.size(), out);
    else SHA384(octets.data(), octets.size(), out);
}

bool expand_label(SuiteDigest digest, Octets secret, std::string_view prefix, std::string_view label, Octets content,
                  std::span<std::uint8_t> out) {
    constexpr std::size_t kOctetMax = 255;
    if (prefix.size() + label.size() > kOctetMax || content.size() > kOctetMax || out.size() > kOctetMax * octets_of(digest)) return false;
    const std::uint8_t lengths[] = {static_cast<std::uint8_t>(out.size() >> 8), static_cast<std::uint8_t>(out.size()),
                                    static_cast<std::uint8_t>(prefix.size() + label.size())};
    const std::uint8_t content_length = static_cast<std::uint8_t>(content.size());
    // RFC 5869 2.3: T(n) = HMAC(secret, T(n-1) | info | n).
    Secret block{};
    std::size_t block_octets = 0;
    for (std::uint8_t counter = 1; !out.empty(); ++counter) {
        const Octets parts[] = {{block.data(), block_octets}, lengths, octets_of_text(prefix), octets_of_text(label),
                                {&content_length, 1},         content, {&counter, 1}};
        hmac(digest, secret, parts, block.data());
        block_octets = octets_of(digest);
        const auto taken = std::min(out.size(), block_octets);
        std::memcpy(out.data(), block.data(), taken);
        out = out.subspan(taken);
    }
    OPENSSL_cleanse(block.data(), block.size());
    return true;
}

}  // namespace weir::tls
