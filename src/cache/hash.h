// A keyed hash of 64 bits for tables that clients fill: who does not know the key can't choose keys that meet (hash flooding). Not for
// secrets.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir::cache {

namespace hash_detail {
inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}
inline std::uint64_t word(const char* at, std::size_t octets) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, octets);
    return word;
}
}  // namespace hash_detail

// Multiply and fold, 16 octets a step (as wyhash does).
inline std::uint64_t hash_of(std::string_view text, std::uint64_t key) {
    using namespace hash_detail;
    constexpr std::uint64_t kOne = 0xa0761d6478bd642fU, kTwo = 0xe7037ed1a0b428dbU;
    auto state = key ^ fold(key ^ kOne, text.size() ^ kTwo);
    const auto* at = text.empty() ? "" : text.data();  // an empty view may be of nothing
    auto left = text.size();
    for (; left > 16; at += 16, left -= 16) state = fold(word(at, 8) ^ kOne, word(at + 8, 8) ^ state);
    const auto low = word(at, left < 8 ? left : 8);
    const auto high = left > 8 ? word(at + 8, left - 8) : 0;
    return fold(kTwo ^ key, fold(low ^ kOne, high ^ state));
}

}  // namespace weir::cache
