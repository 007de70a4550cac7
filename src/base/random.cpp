#include "base/random.h"

#include <sys/random.h>

#include <bit>
#include <cstdlib>

namespace weir {

Random::Random(std::uint64_t seed) {
    // splitmix64 spreads a small seed over the whole state.
    for (auto& word : state_) {
        seed += 0x9e3779b97f4a7c15U;
        auto z = seed;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        word = z ^ (z >> 31U);
    }
}

std::uint64_t Random::next() {
    const auto result = std::rotl(state_[1] * 5, 7) * 9;
    const auto shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

std::uint64_t Random::below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64U);
}

bool Random::chance(double probability) { return static_cast<double>(next() >> 11U) * 0x1.0p-53 < probability; }

void secret_octets(std::span<std::uint8_t> out) {
    while (!out.empty()) {
        const auto got = ::getrandom(out.data(), out.size(), 0);
        if (got <= 0) std::abort();
        out = out.subspan(static_cast<std::size_t>(got));
    }
}

std::uint64_t secret_seed() {
    std::uint64_t seed = 0;
    secret_octets({reinterpret_cast<std::uint8_t*>(&seed), sizeof seed});
    return seed;
}

}  // namespace weir
