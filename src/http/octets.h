// Classes of octets, one bit each: what RFC 9110 and RFC 3986 let stand in a token, a field value, a target, a host …
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace weir::http {

enum OctetClass : std::uint8_t {
    kTokenOctet = 1,       // tchar (RFC 9110 5.6.2)
    kValueOctet = 2,       // field-vchar, SP, HTAB (RFC 9110 5.5)
    kTargetOctet = 4,      // a visible ASCII character but '#' (RFC 9112 3.2)
    kUnreservedOctet = 8,  // RFC 3986 2.3
    kHostOctet = 16,       // a letter, a digit, '-', '_' or '.' of a registered name
    kUpperOctet = 64,      // a capital letter
    kPlainPathOctet = 32,  // means itself in a path: neither '/', '.', '%', '\', '?', '#' nor an octet no target holds
};

constexpr bool contains(std::string_view set, unsigned octet) { return set.find(static_cast<char>(octet)) != std::string_view::npos; }

consteval std::array<std::uint8_t, 256> octet_classes() {
    std::array<std::uint8_t, 256> classes{};
    for (unsigned i = 0; i < 256; ++i) {
        const unsigned folded = i | 0x20U;
        const bool is_letter = i < 0x80 && folded >= 'a' && folded <= 'z';
        const bool is_alphanumeric = is_letter || (i >= '0' && i <= '9');
        const bool is_target = i > 0x20 && i < 0x7f && i != '#';
        unsigned bits = 0;
        if (is_alphanumeric || (i != 0 && contains("!#$%&'*+-.^_`|~", i))) bits |= kTokenOctet;
        if (i == '\t' || (i >= 0x20 && i != 0x7f)) bits |= kValueOctet;
        if (is_target) bits |= kTargetOctet;
        if (is_alphanumeric || (i != 0 && contains("-._~", i))) bits |= kUnreservedOctet;
        if (is_alphanumeric || (i != 0 && contains("-_.", i))) bits |= kHostOctet;
        if (is_target && !contains("/.%\\?", i)) bits |= kPlainPathOctet;
        if (i >= 'A' && i <= 'Z') bits |= kUpperOctet;
        classes[i] = static_cast<std::uint8_t>(bits);
    }
    return classes;
}

inline constexpr std::array<std::uint8_t, 256> kOctetClasses = octet_classes();

constexpr bool is_octet(char c, OctetClass wanted) { return (kOctetClasses[static_cast<unsigned char>(c)] & wanted) != 0; }

}  // namespace weir::http
