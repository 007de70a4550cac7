#include "net/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/text.h"

namespace weir::net {
namespace {

using namespace std::string_view_literals;

constexpr auto kSignature1 = "PROXY "sv;
constexpr auto kSignature2 = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t kFixed2 = 16;  // signature, version and command, family and transport, length
constexpr std::size_t kUnixPath = 108;
constexpr std::size_t kTlvHead = 3;

// Version 2 in the high half; the command in the low one.
constexpr std::uint8_t kLocal = 0x20;
constexpr std::uint8_t kProxy = 0x21;
// Family in the high half, transport (1: stream) in the low one.
constexpr std::uint8_t kUnspecified = 0x00;
constexpr std::uint8_t kTcp4 = 0x11;
constexpr std::uint8_t kTcp6 = 0x21;
constexpr std::uint8_t kUnixStream = 0x31;

ProxyStep bad(const char* reason) { return {.state = ProxyStep::State::bad, .reason = reason}; }
ProxyStep done(std::size_t octets) { return {.state = ProxyStep::State::done, .octets = octets}; }

// Is one the beginning of the other?
bool agrees(std::string_view buffer, std::string_view signature) {
    const auto common = std::min(buffer.size(), signature.size());
    return buffer.substr(0, common) == signature.substr(0, common);
}

std::string_view next_word(std::string_view& line) {
    const auto space = line.find(' ');
    const auto word = line.substr(0, space);
    line = space == std::string_view::npos ? std::string_view{} : line.substr(space + 1);
    return word;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    if (text.size() > 1 && text.front() == '0') return std::nullopt;
    return parse_decimal<std::uint16_t>(text);
}

// "TCP4 192.0.2.1 198.51.100.1 56324 443": single spaces, addresses of the family named, nothing behind.
bool parse_line(std::string_view line, Family family, ProxyHeader& header) {
    if (std::ranges::count(line, ' ') != 4) return false;
    next_word(line);
    const auto source = Ip::parse(next_word(line));
    const auto destination = Ip::parse(next_word(line));
    const auto source_port = parse_port(next_word(line));
    const auto destination_port = parse_port(line);
    if (!source || !destination || !source_port || !destination_port) return false;
    if (source->family != family || destination->family != family) return false;
    header.has_addresses = true;
    header.source = {.ip = source->unmapped(), .port = *source_port, .path = {}};
    header.destination = {.ip = destination->unmapped(), .port = *destination_port, .path = {}};
    return true;
}

ProxyStep parse_v1(std::string_view buffer, ProxyHeader& header) {
    const auto window = buffer.substr(0, kProxyV1OctetsMax);
    const auto end = window.find_first_of("\r\n");
    if (end == std::string_view::npos)
        return window.size() < kProxyV1OctetsMax ? ProxyStep{} : bad("the PROXY line is longer than 107 octets");
    if (window[end] == '\n') return bad("the PROXY line ends without CR");
    if (end + 1 == kProxyV1OctetsMax) return bad("the PROXY line is longer than 107 octets");
    if (end + 1 == window.size()) return {};
    if (window[end + 1] != '\n') return bad("a bare CR in the PROXY line");
    const auto line = window.substr(kSignature1.size(), end - kSignature1.size());
    // "PROXY UNKNOWN", and whatever follows on the line is to be ignored (2.1).
    if (line == "UNKNOWN" || line.starts_with("UNKNOWN ")) return done(end + 2);
    const bool is_good = (line.starts_with("TCP4 ") && parse_line(line, Family::ipv4, header)) ||
                         (line.starts_with("TCP6 ") && parse_line(line, Family::ipv6, header));
    return is_good ? done(end + 2) : bad("malformed PROXY line");
}

std::uint16_t read16(std::string_view octets) {
    return static_cast<std::uint16_t>(static_cast<std::uint8_t>(octets[0]) << 8U | static_cast<std::uint8_t>(octets[1]));
}

Ip read_ip(Family family, std::string_view octets) {
    Ip ip{.family = family};
    std::memcpy(ip.octets.data(), octets.data(), octets.size());
    return ip.unmapped();
}

void read_ips(Family family, std::string_view block, ProxyHeader& header) {
    const std::size_t size = family == Family::ipv4 ? 4 : 16;
    header.has_addresses = true;
    header.source = {.ip = read_ip(family, block.substr(0, size)), .port = read16(block.substr(2 * size)), .path = {}};
    header.destination = {.ip = read_ip(family, block.substr(size, size)), .port = read16(block.substr(2 * size + 2)), .path = {}};
}

// A path in 108 octets, ended by a NUL when shorter; one that begins with a NUL is abstract. A file whose name begins with the '@' by
// which Address marks an abstract one is named from its directory.
Address read_path(std::string_view octets) {
    Address address{.ip = {.family = Family::local}, .port = 0, .path = {}};
    const bool is_abstract = octets.front() == '\0';
    if (is_abstract) octets.remove_prefix(1);
    const auto path = octets.substr(0, octets.find('\0'));
    const auto* const mark = is_abstract ? "@" : path.starts_with('@') ? "./" : "";
    if (!path.empty()) address.path = mark + std::string(path);
    return address;
}

std::size_t block_size(std::uint8_t family) {
    switch (family) {
        case kTcp4: return 12;
        case kTcp6: return 36;
        case kUnixStream: return 2 * kUnixPath;
        default: return 0;
    }
}

// Type, length, value, one after another, to the very end (2.2).
bool are_tlvs_whole(std::string_view rest) {
    while (!rest.empty()) {
        if (rest.size() < kTlvHead) return false;
        const std::size_t size = kTlvHead + read16(rest.substr(1));
        if (size > rest.size()) return false;
        rest.remove_prefix(size);
    }
    return true;
}

ProxyStep parse_block(std::uint8_t family, std::string_view block, ProxyHeader& header) {
    const auto size = block_size(family);
    if (block.size() < size) return bad("the PROXY header is too short for its addresses");
    if (!are_tlvs_whole(block.substr(size))) return bad("a TLV goes beyond the PROXY header");
    if (family == kTcp4) read_ips(Family::ipv4, block, header);
    if (family == kTcp6) read_ips(Family::ipv6, block, header);
    if (family == kUnixStream) {
        header.has_addresses = true;
        header.source = read_path(block.substr(0, kUnixPath));
        header.destination = read_path(block.substr(kUnixPath, kUnixPath));
    }
    return done(kFixed2 + block.size());
}

ProxyStep parse_v2(std::string_view buffer, ProxyHeader& header) {
    if (buffer.size() <= kSignature2.size()) return {};
    const auto command = static_cast<std::uint8_t>(buffer[12]);
    if (command != kLocal && command != kProxy) return bad("unknown version or command in the PROXY header");
    if (buffer.size() < kFixed2 - 2) return {};
    const auto family = static_cast<std::uint8_t>(buffer[13]);
    if (command == kProxy && family != kUnspecified && block_size(family) == 0) return bad("unknown family in the PROXY header");
    if (buffer.size() < kFixed2) return {};
    const std::size_t octets = kFixed2 + read16(buffer.substr(14));
    if (octets > kProxyV2OctetsMax) return bad("the PROXY header is longer than 4096 octets");
    if (buffer.size() < octets) return {};
    // LOCAL: the address block is there to be skipped, whatever it is (2.2).
    if (command == kLocal) return done(octets);
    if (family == kUnspecified) return done(octets);
    return parse_block(family, buffer.substr(kFixed2, octets - kFixed2), header);
}

bool is_one_family(const ProxyHeader& header) {
    return header.has_addresses && header.source.family() == header.destination.family() && header.source.family() != Family::none;
}

char* put(std::string_view text, char* out) { return std::ranges::copy(text, out).out; }

char* put16(std::size_t value, char* out) {
    *out++ = static_cast<char>(value >> 8U & 0xffU);
    *out++ = static_cast<char>(value & 0xffU);
    return out;
}

char* put_number(std::uint16_t value, char* out) { return std::to_chars(out, out + 5, value).ptr; }

char* put_path(const Address& address, char* out) {
    std::memset(out, 0, kUnixPath);
    const bool is_abstract = address.path.starts_with('@');
    const auto path = std::string_view(address.path).substr(is_abstract ? 1 : 0, kUnixPath - 1);
    put(path, out + (is_abstract ? 1 : 0));
    return out + kUnixPath;
}

char* put_ips(const ProxyHeader& header, std::size_t size, char* out) {
    for (const auto* address : {&header.source, &header.destination}) {
        std::memcpy(out, address->ip.octets.data(), size);
        out += size;
    }
    return put16(header.destination.port, put16(header.source.port, out));
}

}  // namespace

ProxyStep parse_proxy_header(std::string_view buffer, ProxyHeader& header) {
    header = {};
    if (agrees(buffer, kSignature1)) return buffer.size() < kSignature1.size() ? ProxyStep{} : parse_v1(buffer, header);
    if (agrees(buffer, kSignature2)) return parse_v2(buffer, header);
    return bad("the connection does not begin with a PROXY header");
}

std::size_t write_proxy_v1(const ProxyHeader& header, char* out) {
    const auto family = header.source.family();
    if (!is_one_family(header) || family == Family::local) return static_cast<std::size_t>(put("PROXY UNKNOWN\r\n", out) - out);
    auto* at = put(family == Family::ipv4 ? "PROXY TCP4 " : "PROXY TCP6 ", out);
    for (const auto* address : {&header.source, &header.destination}) {
        at += address->ip.write(at);
        *at++ = ' ';
    }
    at = put_number(header.source.port, at);
    *at++ = ' ';
    at = put_number(header.destination.port, at);
    return static_cast<std::size_t>(put("\r\n", at) - out);
}

std::size_t write_proxy_v2(const ProxyHeader& header, char* out) {
    const auto family = is_one_family(header) ? header.source.family() : Family::none;
    const auto kind = family == Family::none ? kUnspecified : family == Family::ipv4 ? kTcp4 : family == Family::ipv6 ? kTcp6 : kUnixStream;
    auto* at = put(kSignature2, out);
    *at++ = static_cast<char>(header.has_addresses ? kProxy : kLocal);
    *at++ = static_cast<char>(kind);
    at = put16(block_size(kind), at);
    if (kind == kTcp4) at = put_ips(header, 4, at);
    if (kind == kTcp6) at = put_ips(header, 16, at);
    if (kind == kUnixStream) at = put_path(header.destination, put_path(header.source, at));
    return static_cast<std::size_t>(at - out);
}

}  // namespace weir::net
