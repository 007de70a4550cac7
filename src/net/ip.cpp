// Ip and Network: the text and the bits of addresses.
#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"
#include "net/address.h"

namespace weir::net {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// Four decimal numbers without leading zeros: "010.0.0.1" is octal to some readers, so it is nothing to us.
std::optional<std::array<std::uint8_t, 4>> parse_ipv4(std::string_view text) {
    std::array<std::uint8_t, 4> octets{};
    for (std::size_t i = 0; i < octets.size(); ++i) {
        const auto dot = i < 3 ? text.find('.') : text.size();
        if (dot == std::string_view::npos || dot == 0 || dot > 3) return std::nullopt;
        const auto number = text.substr(0, dot);
        const auto value = parse_decimal<std::uint8_t>(number);
        if (!value || (number.size() > 1 && number.front() == '0')) return std::nullopt;
        octets[i] = *value;
        text.remove_prefix(std::min(dot + 1, text.size()));
    }
    return octets;
}

std::optional<std::uint16_t> parse_group(std::string_view text) {
    if (text.empty() || text.size() > 4) return std::nullopt;
    unsigned value = 0;
    for (char c : text) {
        if (hex_value(c) < 0) return std::nullopt;
        value = value << 4U | static_cast<unsigned>(hex_value(c));
    }
    return static_cast<std::uint16_t>(value);
}

// One side of "::", or a whole address without it: groups divided by ':', the last of which may be an IPv4 address.
// Returns how many octets it wrote.
std::optional<std::size_t> parse_groups(std::string_view text, std::span<std::uint8_t> out, bool may_end_in_ipv4) {
    std::size_t written = 0;
    while (!text.empty()) {
        const auto colon = text.find(':');
        const auto group = text.substr(0, colon);
        if (colon == std::string_view::npos && may_end_in_ipv4 && group.find('.') != std::string_view::npos) {
            const auto tail = parse_ipv4(group);
            if (!tail || written + 4 > out.size()) return std::nullopt;
            std::ranges::copy(*tail, out.begin() + static_cast<std::ptrdiff_t>(written));
            return written + 4;
        }
        const auto value = parse_group(group);
        if (!value || written + 2 > out.size()) return std::nullopt;
        out[written++] = static_cast<std::uint8_t>(*value >> 8U);
        out[written++] = static_cast<std::uint8_t>(*value);
        if (colon == std::string_view::npos) break;
        text.remove_prefix(colon + 1);
        if (text.empty()) return std::nullopt;
    }
    return written;
}

std::optional<std::array<std::uint8_t, 16>> parse_ipv6(std::string_view text) {
    std::array<std::uint8_t, 16> octets{};
    if (text.size() > kIpTextMax || text.find(':') == std::string_view::npos) return std::nullopt;
    const auto gap = text.find("::");
    const auto head = parse_groups(text.substr(0, gap), octets, gap == std::string_view::npos);
    if (!head) return std::nullopt;
    if (gap == std::string_view::npos) return *head == octets.size() ? std::optional(octets) : std::nullopt;
    std::array<std::uint8_t, 16> rest{};
    const auto tail = parse_groups(text.substr(gap + 2), rest, true);
    if (!tail || *head + *tail > octets.size() - 2) return std::nullopt;  // "::" stands for at least one group
    std::copy_n(rest.begin(), *tail, octets.end() - static_cast<std::ptrdiff_t>(*tail));
    return octets;
}

// Each request tells of its client: a number is one copy, with its dot.
struct Decimal {
    std::array<char, 4> text{};
    std::uint8_t size = 0;
};
constexpr auto kDecimals = [] {
    std::array<Decimal, 256> all{};
    for (int number = 0; number < 256; ++number) {
        auto& [text, size] = all[static_cast<std::size_t>(number)];
        for (int unit = number > 99 ? 100 : number > 9 ? 10 : 1; unit != 0; unit /= 10)
            text[size++] = static_cast<char>('0' + number / unit % 10);
        text[size] = '.';
    }
    return all;
}();

// Takes room for 16 octets, however short it is.
char* write_ipv4(const std::uint8_t* octets, char* out) {
    for (int i = 0; i < 4; ++i) {
        const auto& [text, size] = kDecimals[octets[i]];
        std::memcpy(out, text.data(), text.size());
        out += size + 1;
    }
    return out - 1;
}

struct Run {
    int first = -1;
    int length = 0;
};

// The longest run of zero groups, the first of equals; one group alone is not shortened (RFC 5952 4.2).
Run longest_zeros(const std::array<std::uint16_t, 8>& groups) {
    Run best;
    for (int i = 0; i < 8;) {
        int end = i;
        while (end < 8 && groups[static_cast<std::size_t>(end)] == 0) ++end;
        if (end - i > best.length) best = {.first = i, .length = end - i};
        i = std::max(end, i + 1);
    }
    return best.length < 2 ? Run{} : best;
}

char* write_ipv6(const std::array<std::uint8_t, 16>& octets, char* out) {
    if (std::equal(kMapped.begin(), kMapped.end(), octets.begin())) {  // RFC 5952 5
        std::memcpy(out, "::ffff:", 7);
        return write_ipv4(octets.data() + 12, out + 7);
    }
    std::array<std::uint16_t, 8> groups{};
    for (std::size_t i = 0; i < 8; ++i) groups[i] = static_cast<std::uint16_t>(octets[2 * i] << 8U | octets[2 * i + 1]);
    const auto zeros = longest_zeros(groups);
    for (int i = 0; i < 8; ++i) {
        if (i == zeros.first) {
            *out++ = ':';
            if (i == 0) *out++ = ':';
            i += zeros.length - 1;
            continue;
        }
        out = std::to_chars(out, out + 4, groups[static_cast<std::size_t>(i)], 16).ptr;
        if (i != 7) *out++ = ':';
    }
    return out;
}

}  // namespace

std::optional<Ip> Ip::parse(std::string_view text) {
    Ip ip;
    if (const auto four = parse_ipv4(text)) {
        ip.family = Family::ipv4;
        std::ranges::copy(*four, ip.octets.begin());
        return ip;
    }
    const auto six = parse_ipv6(text);
    if (!six) return std::nullopt;
    ip.family = Family::ipv6;
    ip.octets = *six;
    return ip;
}

std::size_t Ip::write(char* out) const {
    switch (family) {
        case Family::none: return 0;
        case Family::ipv4: return static_cast<std::size_t>(write_ipv4(octets.data(), out) - out);
        case Family::ipv6: return static_cast<std::size_t>(write_ipv6(octets, out) - out);
        case Family::local: std::memcpy(out, "unix:", 5); return 5;
    }
    return 0;
}

std::string Ip::text() const {
    char buffer[kIpTextMax];
    return {buffer, write(buffer)};
}

Ip Ip::unmapped() const {
    if (family != Family::ipv6 || !std::equal(kMapped.begin(), kMapped.end(), octets.begin())) return *this;
    Ip four{.family = Family::ipv4, .octets = {}};
    std::copy_n(octets.begin() + 12, 4, four.octets.begin());
    return four;
}

std::optional<Network> Network::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto ip = Ip::parse(text.substr(0, slash));
    if (!ip) return std::nullopt;
    const unsigned width = ip->family == Family::ipv4 ? 32 : 128;
    unsigned bits = width;
    if (slash != std::string_view::npos) {
        const auto number = text.substr(slash + 1);
        const auto value = parse_decimal<std::uint8_t>(number);
        if (!value || *value > width || (number.size() > 1 && number.front() == '0')) return std::nullopt;
        bits = *value;
    }
    Network network{.ip = *ip, .prefix_bits = static_cast<std::uint8_t>(bits)};
    if (!(network.masked() == *ip)) return std::nullopt;
    // "::ffff:10.0.0.0/104" means 10.0.0.0/8.
    const auto four = ip->unmapped();
    if (four.family != ip->family && bits >= 96) return Network{.ip = four, .prefix_bits = static_cast<std::uint8_t>(bits - 96)};
    return network;
}

Ip Network::masked() const {
    Ip out = ip;
    for (unsigned i = 0; i < out.octets.size(); ++i) {
        const auto kept = prefix_bits > i * 8 ? std::min(prefix_bits - i * 8, 8U) : 0U;
        out.octets[i] &= static_cast<std::uint8_t>(0xff00U >> kept);
    }
    return out;
}

bool is_in(const Ip& ip, std::span<const Network> networks) {
    return std::ranges::any_of(networks, [&ip](const Network& network) { return network.contains(ip); });
}

bool Network::contains(const Ip& other) const {
    const auto plain = other.unmapped();
    if (plain.family != ip.family) return false;
    const auto whole = prefix_bits / 8U;
    if (std::memcmp(ip.octets.data(), plain.octets.data(), whole) != 0) return false;
    const auto rest = prefix_bits % 8U;
    if (rest == 0) return true;
    return ((ip.octets[whole] ^ plain.octets[whole]) & static_cast<std::uint8_t>(0xff00U >> rest)) == 0;
}

std::string Network::text() const { return ip.text() + "/" + std::to_string(prefix_bits); }

}  // namespace weir::net
