// One block of octets at a time, inlined where most runs are too short to be worth a call: a name, a value, a target.
#pragma once

#include <bit>
#include <cstddef>
#include <string_view>

#include "http/h1/scan.h"
#include "http/octets.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#define WEIR_HAS_SSE2 1
#endif

namespace weir::http::h1 {

#ifdef WEIR_HAS_SSE2

// Which of 16 octets may not stand: one bit each.
struct Sse2 {
    using Block = __m128i;
    static constexpr std::size_t kOctets = sizeof(Block);
    static Block load(const char* at) { return _mm_loadu_si128(reinterpret_cast<const Block*>(at)); }
    static Block equal(Block octets, char c) { return _mm_cmpeq_epi8(octets, _mm_set1_epi8(c)); }
    static unsigned mask(Block bits) { return static_cast<unsigned>(_mm_movemask_epi8(bits)); }

    static unsigned not_value(Block octets) {
        const auto control = _mm_cmpeq_epi8(_mm_min_epu8(octets, _mm_set1_epi8(0x1f)), octets);
        return mask(_mm_or_si128(_mm_andnot_si128(equal(octets, '\t'), control), equal(octets, 0x7f)));
    }
    static unsigned not_target(Block octets) {
        // As signed numbers octets above 0x7f are negative, thus not above the space.
        const auto visible = _mm_cmpgt_epi8(octets, _mm_set1_epi8(0x20));
        const auto refused = _mm_or_si128(equal(octets, 0x7f), equal(octets, '#'));
        return mask(_mm_andnot_si128(refused, visible)) ^ 0xffffU;
    }
    static unsigned line_end(Block octets) { return mask(_mm_or_si128(equal(octets, '\r'), equal(octets, '\n'))); }
};

#endif

// The end of a field value that begins at `from`. Four of five are shorter than three blocks.
inline std::size_t value_end(std::string_view text, std::size_t from) {
#ifdef WEIR_HAS_SSE2
    for (int block = 0; block < 3 && from + Sse2::kOctets <= text.size(); ++block, from += Sse2::kOctets)
        if (const unsigned found = Sse2::not_value(Sse2::load(text.data() + from)); found != 0)
            return from + static_cast<unsigned>(std::countr_zero(found));
#endif
    return find_not_value(text, from);
}

inline std::size_t target_end(std::string_view text, std::size_t from) {
#ifdef WEIR_HAS_SSE2
    if (from + Sse2::kOctets <= text.size())
        if (const unsigned found = Sse2::not_target(Sse2::load(text.data() + from)); found != 0)
            return from + static_cast<unsigned>(std::countr_zero(found));
#endif
    return find_not_target(text, from);
}

inline std::size_t token_end(std::string_view text, std::size_t from) {
    while (from < text.size() && is_octet(text[from], kTokenOctet)) ++from;
    return from;
}

}  // namespace weir::http::h1
