// One block of octets at a time, inlined where most runs are too short to be worth a call: a name, a value, a target.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <string_view>

#include "http/h1/scan.h"
#include "http/octets.h"

#if defined(__SSSE3__)
#include <tmmintrin.h>
#define WEIR_HAS_SSE2 1
#elif defined(__SSE2__)
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

#ifdef __SSSE3__
    // A token octet's bit stands in the row of its low half, at the place of its high half.
    static constexpr auto kTokenRows = [] {
        std::array<unsigned char, 16> rows{};
        for (unsigned octet = 0; octet < 0x80; ++octet)
            if (is_octet(static_cast<char>(octet), kTokenOctet)) rows[octet & 15U] |= static_cast<unsigned char>(1U << (octet >> 4U));
        return rows;
    }();
    static constexpr std::array<unsigned char, 16> kHighBits{1, 2, 4, 8, 16, 32, 64, 128};

    static Block table(const std::array<unsigned char, 16>& rows) { return load(reinterpret_cast<const char*>(rows.data())); }
    static unsigned not_token(Block octets) {
        const auto high = _mm_and_si128(_mm_srli_epi16(octets, 4), _mm_set1_epi8(15));
        const auto allowed = _mm_and_si128(_mm_shuffle_epi8(table(kTokenRows), octets), _mm_shuffle_epi8(table(kHighBits), high));
        return mask(_mm_cmpeq_epi8(allowed, _mm_setzero_si128()));
    }
#endif
};

// The first octet at or after `from` that does not pass, looking at no more than `blocks` blocks; `rest` looks at the others. The
// last block overlaps the one before, so that a short rest is one step too.
template <int blocks, class Test, class Rest>
inline std::size_t first_of(std::string_view text, std::size_t from, Test&& test, Rest&& rest) {
    for (int block = 0; block < blocks && from + Sse2::kOctets <= text.size(); ++block, from += Sse2::kOctets)
        if (const unsigned found = test(Sse2::load(text.data() + from)); found != 0)
            return from + static_cast<unsigned>(std::countr_zero(found));
    if (from + Sse2::kOctets <= text.size() || text.size() < Sse2::kOctets) return rest(text, from);
    const auto start = text.size() - Sse2::kOctets;
    const unsigned found = test(Sse2::load(text.data() + start)) >> (from - start);
    return found == 0 ? text.size() : from + static_cast<unsigned>(std::countr_zero(found));
}

#endif

// The end of a field value that begins at `from`. Four of five are shorter than three blocks.
inline std::size_t value_end(std::string_view text, std::size_t from) {
#ifdef WEIR_HAS_SSE2
    return first_of<3>(text, from, Sse2::not_value, find_not_value);
#else
    return find_not_value(text, from);
#endif
}

inline std::size_t target_end(std::string_view text, std::size_t from) {
#ifdef WEIR_HAS_SSE2
    return first_of<2>(text, from, Sse2::not_target, find_not_target);
#else
    return find_not_target(text, from);
#endif
}

inline std::size_t token_end(std::string_view text, std::size_t from) {
#ifdef __SSSE3__
    return first_of<2>(text, from, Sse2::not_token, find_not_token);
#else
    while (from < text.size() && is_octet(text[from], kTokenOctet)) ++from;
    return from;
#endif
}

}  // namespace weir::http::h1
