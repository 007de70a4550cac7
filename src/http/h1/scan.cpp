#include "http/h1/scan.h"

#include <bit>

#include "http/h1/scan_block.h"
#include "http/octets.h"

#ifdef WEIR_HAS_SSE2
#include <immintrin.h>
#endif

namespace weir::http::h1 {

namespace {

using Scan = std::size_t (*)(std::string_view text, std::size_t from);

template <OctetClass wanted>
std::size_t plain(std::string_view text, std::size_t from) {
    while (from < text.size() && is_octet(text[from], wanted)) ++from;
    return from;
}

std::size_t plain_line_end(std::string_view text, std::size_t from) {
    while (from < text.size() && text[from] != '\r' && text[from] != '\n') ++from;
    return from;
}

#ifdef WEIR_HAS_SSE2

#define WEIR_AVX2 __attribute__((target("avx2")))

struct Avx2 {
    using Block = __m256i;
    static constexpr std::size_t kOctets = sizeof(Block);
    WEIR_AVX2 static Block load(const char* at) { return _mm256_loadu_si256(reinterpret_cast<const Block*>(at)); }
    WEIR_AVX2 static Block equal(Block octets, char c) { return _mm256_cmpeq_epi8(octets, _mm256_set1_epi8(c)); }
    WEIR_AVX2 static unsigned mask(Block bits) { return static_cast<unsigned>(_mm256_movemask_epi8(bits)); }

    WEIR_AVX2 static unsigned not_value(Block octets) {
        const auto control = _mm256_cmpeq_epi8(_mm256_min_epu8(octets, _mm256_set1_epi8(0x1f)), octets);
        return mask(_mm256_or_si256(_mm256_andnot_si256(equal(octets, '\t'), control), equal(octets, 0x7f)));
    }
    WEIR_AVX2 static unsigned not_target(Block octets) {
        const auto visible = _mm256_cmpgt_epi8(octets, _mm256_set1_epi8(0x20));
        const auto refused = _mm256_or_si256(equal(octets, 0x7f), equal(octets, '#'));
        return ~mask(_mm256_andnot_si256(refused, visible));
    }
    WEIR_AVX2 static unsigned line_end(Block octets) { return mask(_mm256_or_si256(equal(octets, '\r'), equal(octets, '\n'))); }
};

// A macro, since only a function with the target attribute of its own may inline what needs AVX2.
#define WEIR_BLOCK_SCAN(name, target, Version, test, rest)                                           \
    target std::size_t name(std::string_view text, std::size_t from) {                               \
        for (; from + Version::kOctets <= text.size(); from += Version::kOctets)                     \
            if (const unsigned found = Version::test(Version::load(text.data() + from)); found != 0) \
                return from + static_cast<unsigned>(std::countr_zero(found));                        \
        return rest(text, from);                                                                     \
    }

WEIR_BLOCK_SCAN(sse2_value, , Sse2, not_value, plain<kValueOctet>)
WEIR_BLOCK_SCAN(sse2_target, , Sse2, not_target, plain<kTargetOctet>)
WEIR_BLOCK_SCAN(sse2_line_end, , Sse2, line_end, plain_line_end)
WEIR_BLOCK_SCAN(avx2_value, WEIR_AVX2, Avx2, not_value, sse2_value)
WEIR_BLOCK_SCAN(avx2_target, WEIR_AVX2, Avx2, not_target, sse2_target)
WEIR_BLOCK_SCAN(avx2_line_end, WEIR_AVX2, Avx2, line_end, sse2_line_end)

#endif

struct Scans {
    Scan value, target, line_end;
};

Scans scans_of(ScanVersion version) {
#ifdef WEIR_HAS_SSE2
    if (version == ScanVersion::avx2) return {.value = avx2_value, .target = avx2_target, .line_end = avx2_line_end};
    if (version == ScanVersion::sse2) return {.value = sse2_value, .target = sse2_target, .line_end = sse2_line_end};
#else
    (void)version;
#endif
    return {.value = plain<kValueOctet>, .target = plain<kTargetOctet>, .line_end = plain_line_end};
}

constinit Scans chosen{.value = plain<kValueOctet>, .target = plain<kTargetOctet>, .line_end = plain_line_end};

// Before main() begins; constant while traffic flows.
[[maybe_unused]] const bool is_chosen = (choose_scan(best_scan()), true);

}  // namespace

ScanVersion best_scan() {
#ifdef WEIR_HAS_SSE2
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") ? ScanVersion::avx2 : ScanVersion::sse2;
#else
    return ScanVersion::plain;
#endif
}

void choose_scan(ScanVersion version) { chosen = scans_of(version); }

std::size_t find_not_value(std::string_view text, std::size_t from) { return chosen.value(text, from); }
std::size_t find_not_target(std::string_view text, std::size_t from) { return chosen.target(text, from); }
std::size_t find_line_end(std::string_view text, std::size_t from) { return chosen.line_end(text, from); }
// Tokens are short, 4 to 16 octets: a table is as fast as a vector.
std::size_t find_not_token(std::string_view text, std::size_t from) { return plain<kTokenOctet>(text, from); }

bool is_token(std::string_view text) { return !text.empty() && find_not_token(text, 0) == text.size(); }
bool is_field_value(std::string_view text) { return find_not_value(text, 0) == text.size(); }

}  // namespace weir::http::h1
