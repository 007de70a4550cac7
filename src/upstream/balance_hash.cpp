#include "upstream/balance_hash.h"

#include <cmath>
#include <cstring>

namespace weir::upstream {
namespace {

// The finisher of MurmurHash3: every bit of the input reaches every bit of the output.
std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 33U)) * 0xff51afd7ed558ccdU;
    x = (x ^ (x >> 33U)) * 0xc4ceb9fe1a85ec53U;
    return x ^ (x >> 33U);
}

// Of all peers, one wins a slot with the probability of its weight in the total; a peer's score does not depend on the others
// (Schindelhauer, Schomaker 2005). The lowest wins.
double score(std::uint64_t slot, std::uint64_t peer_hash, std::uint16_t weight) {
    const auto bits = mix(peer_hash ^ mix(slot + 1)) >> 11U;
    const double drawn = (static_cast<double>(bits) + 0.5) * 0x1.0p-53;
    return -std::log(drawn) / weight;
}

}  // namespace

std::uint64_t hash_key(std::string_view key) {
    std::uint64_t hash = 0x9e3779b97f4a7c15U ^ key.size();
    while (!key.empty()) {
        const auto octets = key.size() < 8 ? key.size() : 8;
        std::uint64_t word = 0;
        std::memcpy(&word, key.data(), octets);
        hash = mix(hash ^ word);
        key.remove_prefix(octets);
    }
    return mix(hash);
}

HashTable::HashTable(const Tier& tier) : owners_(kSlots) {
    std::vector<double> best(kSlots);
    for (std::size_t i = 0; i < tier.size(); ++i) {
        const auto& peer = *tier.peers[i];
        const auto peer_hash = hash_key(peer.name);
        for (std::size_t slot = 0; slot < kSlots; ++slot) {
            const auto here = score(slot, peer_hash, peer.weight);
            if (i != 0 && here >= best[slot]) continue;
            best[slot] = here;
            owners_[slot] = static_cast<std::uint16_t>(i);
        }
    }
}

std::uint64_t Hash::next_probe(std::uint64_t hash) { return mix(hash + 0x9e3779b97f4a7c15U); }

}  // namespace weir::upstream
