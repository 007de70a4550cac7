// Random numbers that a simulation can repeat from its seed. Not for secrets: those come from secret_octets().
#pragma once

#include <cstdint>
#include <span>

namespace weir {

// xoshiro256** by Blackman and Vigna: small, fast, good enough to balance load and to jitter.
class Random {
public:
    using result_type = std::uint64_t;
    explicit Random(std::uint64_t seed);
    std::uint64_t next();
    std::uint64_t below(std::uint64_t bound);  // 0 … bound-1, bound > 0
    bool chance(double probability);
    static constexpr std::uint64_t min() { return 0; }
    static constexpr std::uint64_t max() { return ~std::uint64_t{0}; }
    std::uint64_t operator()() { return next(); }

private:
    std::uint64_t state_[4];
};

// From the operating system; aborts when it has none.
void secret_octets(std::span<std::uint8_t> out);
std::uint64_t secret_seed();

}  // namespace weir
