// Addresses as values: an IP address, a network (CIDR), a place to connect to or listen on. Text in, text out; no resolving here.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct sockaddr;
struct sockaddr_storage;

namespace weir::net {

enum class Family : std::uint8_t { none, ipv4, ipv6, local };

// Family::local stands for the other end of a Unix socket, which has no number; its text is "unix:".
struct Ip {
    Family family = Family::none;
    std::array<std::uint8_t, 16> octets{};  // ipv4: the first four

    static std::optional<Ip> parse(std::string_view text);  // "10.0.0.1", "::1"; no brackets, no zone
    std::string text() const;                               // the canonical form of RFC 5952
    std::size_t write(char* out) const;                     // at most kIpTextMax octets, no terminator
    // IPv4-mapped IPv6 ("::ffff:10.0.0.1") as the IPv4 it means: every comparison sees one form.
    Ip unmapped() const;
    auto operator<=>(const Ip&) const = default;
};
inline constexpr std::size_t kIpTextMax = 45;

struct Network {
    Ip ip;
    std::uint8_t prefix_bits = 0;

    static std::optional<Network> parse(std::string_view text);  // "10.0.0.0/8", "10.0.0.1" (one host); host bits must be zero
    bool contains(const Ip& other) const;                        // compares unmapped; "::/0" holds no IPv4 address
    Ip masked() const;                                           // with the host bits at zero
    std::string text() const;
    auto operator<=>(const Network&) const = default;
};
bool is_in(const Ip& ip, std::span<const Network> networks);

struct Address {
    Ip ip;
    std::uint16_t port = 0;
    std::string path;  // Family::local: of a Unix socket; '@' first means the abstract name space

    Family family() const { return path.empty() ? ip.family : Family::local; }
    static std::optional<Address> parse(std::string_view text);  // "10.0.0.1:80", "[::1]:80", "unix:/run/app.sock"
    std::string text() const;                                    // the same forms
    auto operator<=>(const Address&) const = default;

    // IPv4-mapped addresses, as dual-stack sockets report them, come out as IPv4.
    static Address from(const sockaddr* system, std::uint32_t octets);
    // Returns the length; 0 when it can't be expressed (a path over 107 octets).
    std::uint32_t to(sockaddr_storage& out) const;
};

// A server as written: a name or an address, and a port ("app:3000", "10.0.0.1", "[::1]:80", "unix:/run/app.sock"). An IPv6 address
// is written in brackets. A name is lower case; a trailing dot (no search list) is kept.
struct HostPort {
    std::string host;  // name, IPv4, or IPv6 without brackets; empty for a Unix socket
    std::uint16_t port = 0;
    std::string path;  // of a Unix socket
    static std::optional<HostPort> parse(std::string_view text, std::uint16_t default_port);
    std::optional<Address> literal() const;  // when no name has to be resolved
    std::string text() const;
    auto operator<=>(const HostPort&) const = default;
};

}  // namespace weir::net
