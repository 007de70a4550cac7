#include "base/escape.h"

#include <array>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>

#include <bit>
#endif

namespace weir {
namespace {

constexpr char kHexUpper[] = "0123456789ABCDEF";
constexpr char kHexLower[] = "0123456789abcdef";

#if defined(__SSE2__)

// A bit for each octet that is not clean.
unsigned dirty_octets(__m128i block) {
    // Signed comparison: octets from 0x80 are negative, so "below space" catches them too.
    const auto low = _mm_cmplt_epi8(block, _mm_set1_epi8(0x20));
    const auto marks = _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('"')), _mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
    const auto del = _mm_cmpeq_epi8(block, _mm_set1_epi8(0x7f));
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(low, marks), del)));
}

template <class Word>
Word load(const char* from) {
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
}

// Fewer than 16 octets, nothing beyond them is touched: two loads that overlap.
__m128i load_short(const char* from, std::size_t size) {
    std::uint64_t low = 0, high = 0;
    if (size >= 8) {
        low = load<std::uint64_t>(from);
        high = load<std::uint64_t>(from + size - 8) >> (8 * (15 - size)) >> 8U;
    } else if (size >= 4) {
        low = load<std::uint32_t>(from) | std::uint64_t{load<std::uint32_t>(from + size - 4)} << (8 * (size - 4));
    } else {
        for (std::size_t i = 0; i < size; ++i) low |= std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
    }
    return _mm_set_epi64x(static_cast<std::int64_t>(high), static_cast<std::int64_t>(low));
}

// Copies the clean octets at the front of text; returns how many. May store up to 15 octets beyond them.
std::size_t copy_clean(const char* from, std::size_t size, char* out) {
    std::size_t at = 0;
    for (; at + 16 <= size; at += 16) {
        const auto block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + at));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out + at), block);
        if (const auto dirty = dirty_octets(block); dirty != 0) return at + static_cast<std::size_t>(std::countr_zero(dirty));
    }
    if (at == size) return size;
    const auto block = load_short(from + at, size - at);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + at), block);
    const auto dirty = dirty_octets(block) | 1U << (size - at);
    return at + static_cast<std::size_t>(std::countr_zero(dirty));
}

#else

constexpr bool is_clean(unsigned char octet) { return octet >= 0x20 && octet < 0x7f && octet != '"' && octet != '\\'; }

std::size_t copy_clean(const char* from, std::size_t size, char* out) {
    std::size_t at = 0;
    for (; at < size && is_clean(static_cast<unsigned char>(from[at])); ++at) out[at] = from[at];
    return at;
}

#endif

struct Character {
    std::uint32_t code = 0;
    std::size_t octets = 0;  // 0: not valid UTF-8
};

constexpr bool is_continuation(char octet) { return (static_cast<unsigned char>(octet) & 0xc0U) == 0x80U; }

// One character of more than one octet (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
Character decode(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t octets = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < octets) return {};
    std::uint32_t code = lead & (0xffU >> (octets + 1));
    for (std::size_t i = 1; i < octets; ++i) {
        if (!is_continuation(text[i])) return {};
        code = code << 6U | (static_cast<unsigned char>(text[i]) & 0x3fU);
    }
    constexpr std::array<std::uint32_t, 5> kFirst{0, 0, 0x80, 0x800, 0x10000};
    const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
    if (code < kFirst[octets] || code > 0x10ffff || is_surrogate) return {};
    return {.code = code, .octets = octets};
}

// Characters that a terminal or an editor obeys: C1 controls, line separators, bidirectional overrides (Trojan Source).
constexpr bool is_obeyed(std::uint32_t code) {
    return code <= 0x9f || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

char* write_code(std::uint32_t code, char* out) {
    *out++ = '\\';
    *out++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4) *out++ = kHexLower[code >> static_cast<unsigned>(shift) & 0xfU];
    return out;
}

char* write_ascii_escape(char octet, char* out) {
    const auto two = [&](char letter) {
        *out++ = '\\';
        *out++ = letter;
        return out;
    };
    switch (octet) {
        case '"': return two('"');
        case '\\': return two('\\');
        case '\n': return two('n');
        case '\r': return two('r');
        case '\t': return two('t');
        default: return write_code(static_cast<unsigned char>(octet), out);
    }
}

// The octets at the front of text that copy_clean left; returns how many of them were consumed.
std::size_t write_unclean(std::string_view text, char*& out) {
    if (static_cast<unsigned char>(text[0]) < 0x80) {
        out = write_ascii_escape(text[0], out);
        return 1;
    }
    const auto character = decode(text);
    if (character.octets == 0) {
        out = write_code(0xfffd, out);
        return 1;
    }
    if (is_obeyed(character.code)) {
        out = write_code(character.code, out);
        return character.octets;
    }
    std::memcpy(out, text.data(), character.octets);
    out += character.octets;
    return character.octets;
}

template <class Write>
void append_with(Write write, std::size_t growth, std::string_view text, std::string& out) {
    const auto before = out.size();
    out.resize_and_overwrite(before + text.size() * growth + kEscapeSlack,
                             [&](char* data, std::size_t) { return static_cast<std::size_t>(write(text, data + before) - data); });
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto octets = static_cast<unsigned char>(text[0]) < 0x80 ? 1 : decode(text).octets;
        if (octets == 0) return false;
        text.remove_prefix(octets);
    }
    return true;
}

char* write_json_text(std::string_view text, char* out) {
    while (true) {
        const auto clean = copy_clean(text.data(), text.size(), out);
        out += clean;
        text.remove_prefix(clean);
        if (text.empty()) return out;
        text.remove_prefix(write_unclean(text, out));
    }
}

char* write_quoted_text(std::string_view text, char* out) {
    while (true) {
        const auto clean = copy_clean(text.data(), text.size(), out);
        out += clean;
        text.remove_prefix(clean);
        if (text.empty()) return out;
        const auto octet = static_cast<unsigned char>(text[0]);
        const char escaped[4] = {'\\', 'x', kHexUpper[octet >> 4U], kHexUpper[octet & 0xfU]};
        std::memcpy(out, escaped, sizeof escaped);
        out += sizeof escaped;
        text.remove_prefix(1);
    }
}

void append_json_text(std::string_view text, std::string& out) { append_with(write_json_text, kJsonGrowthMax, text, out); }

void append_quoted_text(std::string_view text, std::string& out) { append_with(write_quoted_text, kQuotedGrowthMax, text, out); }

void append_plain_text(std::string_view text, std::string& out) {
    while (!text.empty()) {
        const auto mark = text.find_first_of("\"\\");
        append_json_text(text.substr(0, mark), out);
        if (mark == std::string_view::npos) return;
        out += text[mark];
        text.remove_prefix(mark + 1);
    }
}

}  // namespace weir
