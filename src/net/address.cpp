#include "net/address.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "base/text.h"

namespace weir::net {
namespace {

constexpr std::size_t kNameOctetsMax = 253;  // RFC 1035 2.3.4, without the trailing dot
constexpr std::size_t kLabelOctetsMax = 63;
constexpr std::size_t kUnixPathOctetsMax = 107;  // sun_path holds 108 with its terminator

// A host and what follows it: "name:80", "[::1]:80", "name".
struct HostAndPort {
    std::string_view host;
    std::string_view port;
    bool has_port = false;
    bool is_bracketed = false;
};

std::optional<HostAndPort> split_port(std::string_view text) {
    HostAndPort parts;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        parts = {.host = text.substr(1, close - 1), .port = {}, .is_bracketed = true};
        text.remove_prefix(close + 1);
        if (text.empty()) return parts;
        if (text.front() != ':') return std::nullopt;
        parts.port = text.substr(1);
        parts.has_port = true;
        return parts;
    }
    const auto colon = text.find(':');
    parts.host = text.substr(0, colon);
    if (colon == std::string_view::npos) return parts;
    parts.port = text.substr(colon + 1);
    parts.has_port = true;
    return parts;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    if (text.size() > 1 && text.front() == '0') return std::nullopt;
    return parse_decimal<std::uint16_t>(text);
}

std::optional<std::string> parse_unix_path(std::string_view text) {
    if (!text.starts_with("unix:")) return std::nullopt;
    text.remove_prefix(5);
    if (text.size() < 2 || (text.front() != '/' && text.front() != '@')) return std::nullopt;
    if (text.size() > kUnixPathOctetsMax + (text.front() == '@' ? 1 : 0) || text.contains('\0')) return std::nullopt;
    return std::string(text);
}

bool is_name_octet(char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_'; }

// A host name as resolvers take it: labels of letters, digits, '-' and '_'. One whose last label is a number is a mistyped IPv4
// address, which some resolvers would read in their own way.
bool is_name(std::string_view text) {
    if (text.ends_with('.')) text.remove_suffix(1);
    if (text.empty() || text.size() > kNameOctetsMax) return false;
    std::string_view label;
    while (true) {
        const auto dot = text.find('.');
        label = text.substr(0, dot);
        if (label.empty() || label.size() > kLabelOctetsMax || label.front() == '-' || label.back() == '-') return false;
        if (!std::ranges::all_of(label, is_name_octet)) return false;
        if (dot == std::string_view::npos) break;
        text.remove_prefix(dot + 1);
    }
    return !std::ranges::all_of(label, is_digit);
}

std::uint32_t to_unix(const std::string& path, sockaddr_un& out) {
    const bool is_abstract = path.starts_with('@');
    if (path.empty() || path.size() > kUnixPathOctetsMax + (is_abstract ? 1 : 0)) return 0;
    out.sun_family = AF_UNIX;
    std::memcpy(out.sun_path, path.data(), path.size());
    if (is_abstract) out.sun_path[0] = '\0';
    return static_cast<std::uint32_t>(offsetof(sockaddr_un, sun_path) + path.size() + (is_abstract ? 0 : 1));
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
    if (auto path = parse_unix_path(text)) return Address{.ip = {}, .path = std::move(*path)};
    const auto parts = split_port(text);
    if (!parts || !parts->has_port) return std::nullopt;
    const auto ip = Ip::parse(parts->host);
    const auto port = parse_port(parts->port);
    if (!ip || !port || (ip->family == Family::ipv6) != parts->is_bracketed) return std::nullopt;
    return Address{.ip = *ip, .port = *port, .path = {}};
}

std::string Address::text() const {
    if (family() == Family::local) return "unix:" + path;
    if (family() == Family::none) return {};
    const auto number = std::to_string(port);
    return ip.family == Family::ipv6 ? "[" + ip.text() + "]:" + number : ip.text() + ":" + number;
}

Address Address::from(const sockaddr* system, std::uint32_t octets) {
    Address out;
    if (system == nullptr || octets < sizeof(sa_family_t)) return out;
    if (system->sa_family == AF_INET && octets >= sizeof(sockaddr_in)) {
        sockaddr_in in{};
        std::memcpy(&in, system, sizeof in);
        out.ip.family = Family::ipv4;
        std::memcpy(out.ip.octets.data(), &in.sin_addr, 4);
        out.port = ntohs(in.sin_port);
    } else if (system->sa_family == AF_INET6 && octets >= sizeof(sockaddr_in6)) {
        sockaddr_in6 in{};
        std::memcpy(&in, system, sizeof in);
        out.ip.family = Family::ipv6;
        std::memcpy(out.ip.octets.data(), &in.sin6_addr, 16);
        out.ip = out.ip.unmapped();
        out.port = ntohs(in.sin6_port);
    } else if (system->sa_family == AF_UNIX) {
        out.ip.family = Family::local;
        sockaddr_un in{};
        const auto length = std::min<std::size_t>(octets, sizeof in);
        std::memcpy(&in, system, length);
        const auto path_octets = length - offsetof(sockaddr_un, sun_path);
        if (length <= offsetof(sockaddr_un, sun_path)) return out;  // a socket without a name
        if (in.sun_path[0] == '\0') out.path = "@" + std::string(in.sun_path + 1, path_octets - 1);
        else out.path.assign(in.sun_path, ::strnlen(in.sun_path, path_octets));
    }
    return out;
}

std::uint32_t Address::to(sockaddr_storage& out) const {
    std::memset(&out, 0, sizeof out);
    switch (family()) {
        case Family::none: return 0;
        case Family::local: return to_unix(path, reinterpret_cast<sockaddr_un&>(out));
        case Family::ipv4: {
            auto& in = reinterpret_cast<sockaddr_in&>(out);
            in.sin_family = AF_INET;
            in.sin_port = htons(port);
            std::memcpy(&in.sin_addr, ip.octets.data(), 4);
            return sizeof in;
        }
        case Family::ipv6: {
            auto& in = reinterpret_cast<sockaddr_in6&>(out);
            in.sin6_family = AF_INET6;
            in.sin6_port = htons(port);
            std::memcpy(&in.sin6_addr, ip.octets.data(), 16);
            return sizeof in;
        }
    }
    return 0;
}

std::optional<HostPort> HostPort::parse(std::string_view text, std::uint16_t default_port) {
    if (auto path = parse_unix_path(text)) return HostPort{.host = {}, .port = 0, .path = std::move(*path)};
    const auto parts = split_port(text);
    if (!parts) return std::nullopt;
    HostPort out{.host = {}, .port = default_port, .path = {}};
    if (parts->has_port) {
        const auto port = parse_port(parts->port);
        if (!port || *port == 0) return std::nullopt;
        out.port = *port;
    }
    if (const auto ip = Ip::parse(parts->host)) {
        if ((ip->family == Family::ipv6) != parts->is_bracketed) return std::nullopt;
        out.host = ip->text();
        return out;
    }
    if (parts->is_bracketed || !is_name(parts->host)) return std::nullopt;
    out.host = lower(parts->host);
    return out;
}

std::optional<Address> HostPort::literal() const {
    if (!path.empty()) return Address{.ip = {}, .path = path};
    const auto ip = Ip::parse(host);
    if (!ip) return std::nullopt;
    return Address{.ip = *ip, .port = port, .path = {}};
}

std::string HostPort::text() const {
    if (!path.empty()) return "unix:" + path;
    const auto number = std::to_string(port);
    return host.contains(':') ? "[" + host + "]:" + number : host + ":" + number;
}

}  // namespace weir::net
