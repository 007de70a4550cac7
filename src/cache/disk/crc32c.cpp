#include "cache/disk/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace weir::cache {
namespace {

constexpr auto kTable = [] {
    constexpr std::uint32_t kPolynomial = 0x82f63b78U;
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        auto value = i;
        for (int bit = 0; bit < 8; ++bit) value = (value >> 1U) ^ ((value & 1U) != 0 ? kPolynomial : 0U);
        table[i] = value;
    }
    return table;
}();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::string_view octets, std::uint32_t before) {
    std::uint64_t state = ~before;
    const auto* at = octets.data();
    auto left = octets.size();
    for (; left >= 8; at += 8, left -= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof word);
        state = _mm_crc32_u64(state, word);
    }
    auto last = static_cast<std::uint32_t>(state);
    for (; left != 0; ++at, --left) last = _mm_crc32_u8(last, static_cast<unsigned char>(*at));
    return ~last;
}
#endif

}  // namespace

std::uint32_t crc32c_by_table(std::string_view octets, std::uint32_t before) {
    auto state = ~before;
    for (const char c : octets) state = kTable[(state ^ static_cast<unsigned char>(c)) & 0xffU] ^ (state >> 8U);
    return ~state;
}

std::uint32_t crc32c(std::string_view octets, std::uint32_t before) {
#if defined(__x86_64__)
    static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
    if (has_instruction) return by_instruction(octets, before);
#endif
    return crc32c_by_table(octets, before);
}

}  // namespace weir::cache
