#include "cli/demo/digest.h"

#include <bit>
#include <cstddef>

namespace weir::cli {

namespace {

using Words = std::array<std::uint32_t, 5>;

void absorb(Words& state, std::string_view block) {
    std::array<std::uint32_t, 80> w;
    for (std::size_t i = 0; i < 16; ++i) {
        w[i] = 0;
        for (std::size_t k = 0; k < 4; ++k) w[i] = w[i] << 8U | static_cast<unsigned char>(block[4 * i + k]);
    }
    for (std::size_t i = 16; i < 80; ++i) w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    auto [a, b, c, d, e] = state;
    for (std::size_t i = 0; i < 80; ++i) {
        const auto f = i < 20 ? (b & c) | (~b & d) : i >= 40 && i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
        constexpr std::uint32_t kRound[] = {0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6};
        const auto next = std::rotl(a, 5) + f + e + kRound[i / 20] + w[i];
        e = d, d = c, c = std::rotl(b, 30), b = a, a = next;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

}  // namespace

std::array<std::uint8_t, 20> sha1(std::string_view text) {
    std::string padded(text);
    padded += '\x80';
    while (padded.size() % 64 != 56) padded += '\0';
    for (unsigned shift = 64; shift != 0; shift -= 8) padded += static_cast<char>(std::uint64_t{text.size()} * 8 >> (shift - 8));
    Words state{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    for (std::size_t at = 0; at < padded.size(); at += 64) absorb(state, std::string_view(padded).substr(at, 64));
    std::array<std::uint8_t, 20> digest;
    for (std::size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<std::uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
    return digest;
}

std::string base64(std::span<const std::uint8_t> octets) {
    constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t at = 0; at < octets.size(); at += 3) {
        std::uint32_t three = 0;
        const auto count = std::min<std::size_t>(3, octets.size() - at);
        for (std::size_t i = 0; i < 3; ++i) three = three << 8U | (i < count ? octets[at + i] : 0U);
        for (std::size_t i = 0; i < 4; ++i) out += i <= count ? kLetters[three >> (18 - 6 * i) & 63U] : '=';
    }
    return out;
}

}  // namespace weir::cli
