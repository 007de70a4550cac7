// Numbers and words put straight into a line, without bounds checks: the caller has reserved room for the whole line.
// Every function returns the end of what it wrote.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/clock.h"

namespace weir::observe {

inline constexpr std::size_t kNumberOctetsMax = 20;
inline constexpr std::size_t kMillisecondsOctetsMax = 24;

inline constexpr struct DigitPairs {
    char text[200];
    constexpr DigitPairs() : text() {
        for (int i = 0; i < 100; ++i) {
            text[2 * i] = static_cast<char>('0' + i / 10);
            text[2 * i + 1] = static_cast<char>('0' + i % 10);
        }
    }
} kDigitPairs;

inline char* put(char* out, std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

inline char* put_two_digits(char* out, std::uint32_t value) {
    std::memcpy(out, kDigitPairs.text + 2 * value, 2);
    return out + 2;
}

inline char* put_three_digits(char* out, std::uint32_t value) {
    *out = static_cast<char>('0' + value / 100);
    return put_two_digits(out + 1, value % 100);
}

inline char* put_number(char* out, std::uint64_t value) {
    char text[kNumberOctetsMax];
    char* at = text + sizeof text;
    for (; value >= 100; value /= 100) put_two_digits(at -= 2, static_cast<std::uint32_t>(value % 100));
    if (value >= 10) put_two_digits(at -= 2, static_cast<std::uint32_t>(value));
    else *--at = static_cast<char>('0' + value);
    return put(out, {at, static_cast<std::size_t>(text + sizeof text - at)});
}

// Milliseconds with three decimals: "12.345". What is negative counts as zero.
inline char* put_milliseconds(char* out, Duration time) {
    const auto nanoseconds = time.count() < 0 ? 0U : static_cast<std::uint64_t>(time.count());
    const auto microseconds = nanoseconds / 1000;
    out = put_number(out, microseconds / 1000);
    *out++ = '.';
    return put_three_digits(out, static_cast<std::uint32_t>(microseconds % 1000));
}

}  // namespace weir::observe
