// A keyed hash of 64 bits for tables that clients fill: who does not know the key can't choose keys that meet (hash flooding). Not for
// secrets.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/load_word.h"

namespace weir::cache {

namespace hash_detail {
inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}
inline constexpr std::uint64_t kOne = 0xa0761d6478bd642fU, kTwo = 0xe7037ed1a0b428dbU;
}  // namespace hash_detail

// Multiply and fold, 16 octets a step (as wyhash does). What lies on disks was placed by these numbers: they stay as they are.
inline std::uint64_t hash_of(std::string_view text, std::uint64_t key) {
    using namespace hash_detail;
    auto state = key ^ fold(key ^ kOne, text.size() ^ kTwo);
    constexpr std::size_t kWord = 8, kStep = 2 * kWord;
    for (; text.size() > kStep; text.remove_prefix(kStep))
        state = fold(load_word(text.substr(0, kWord)) ^ kOne, load_word(text.substr(kWord, kWord)) ^ state);
    const auto low = load_word(text.substr(0, kWord));
    const auto high = text.size() > kWord ? load_word(text.substr(kWord)) : 0;
    return fold(kTwo ^ key, fold(low ^ kOne, high ^ state));
}

// Another number for what has one.
inline std::uint64_t other_hash_of(std::uint64_t hash) { return hash_detail::fold(hash ^ hash_detail::kOne, hash_detail::kTwo); }

}  // namespace weir::cache
