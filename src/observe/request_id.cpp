#include "observe/request_id.h"

#if defined(__SSSE3__)
#include <tmmintrin.h>
#endif

#include <array>

#include "base/text.h"

namespace weir::observe {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

void write_hex(std::uint64_t first, std::uint64_t second, char* out) {
#if defined(__SSSE3__)
    const auto digits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kDigits.data()));
    const auto octets = _mm_set_epi64x(static_cast<std::int64_t>(second), static_cast<std::int64_t>(first));
    const auto high = _mm_and_si128(_mm_srli_epi16(octets, 4), _mm_set1_epi8(0x0f));
    const auto low = _mm_and_si128(octets, _mm_set1_epi8(0x0f));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm_shuffle_epi8(digits, _mm_unpacklo_epi8(high, low)));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 16), _mm_shuffle_epi8(digits, _mm_unpackhi_epi8(high, low)));
#else
    for (auto word : {first, second}) {
        for (int i = 0; i < 8; ++i, word >>= 8U) {
            *out++ = kDigits[word >> 4U & 15U];
            *out++ = kDigits[word & 15U];
        }
    }
#endif
}

constexpr std::array<bool, 256> kAllowed = [] {
    std::array<bool, 256> allowed{};
    for (int c = 0; c < 256; ++c)
        allowed[static_cast<std::size_t>(c)] = c < 128 && (is_alpha(static_cast<char>(c)) || is_digit(static_cast<char>(c)));
    for (const char c : std::string_view("-_.:+/=@~")) allowed[static_cast<unsigned char>(c)] = true;
    return allowed;
}();

}  // namespace

std::string_view RequestIds::write(char* out) {
    const auto first = random_.next();
    write_hex(first, random_.next(), out);
    return {out, kRequestIdOctets};
}

bool is_wellformed_request_id(std::string_view text) {
    if (text.empty() || text.size() > kForeignIdOctetsMax) return false;
    for (const char c : text)
        if (!kAllowed[static_cast<unsigned char>(c)]) return false;
    return true;
}

}  // namespace weir::observe
