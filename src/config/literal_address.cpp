#include <algorithm>

#include "base/text.h"
#include "config/literal.h"
#include "config/phrase.h"

namespace weir::config {

namespace {

constexpr std::size_t kHostOctetsMax = 253;  // RFC 1035 2.3.4
constexpr std::size_t kLabelOctetsMax = 63;
constexpr std::size_t kSocketPathMax = 107;  // sockaddr_un

bool is_label(std::string_view label) {
    const auto is_fine = [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_'; };
    return !label.empty() && label.size() <= kLabelOctetsMax && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, is_fine);
}

bool is_host(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    if (host.empty() || host.size() > kHostOctetsMax) return false;
    while (true) {
        const auto dot = host.find('.');
        if (!is_label(host.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        host.remove_prefix(dot + 1);
    }
}

Slip host_slip(std::string_view host, std::size_t at) {
    const bool is_ascii = std::ranges::all_of(host, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (!is_ascii) return {"a host outside of ASCII", "expected its A-label, such as xn--bcher-kva.example", at, host.size()};
    if (host.contains('*')) return {"'*' stands only for the whole first label", "expected a name such as *.example.com", at, host.size()};
    return {"this is not a host name", "expected letters, digits, '-' and dots, such as shop.example.com", at, host.size()};
}

// host [":" port], the host perhaps an IPv6 address in brackets; `at` counts from the start of the whole word.
struct Parts {
    std::string_view host;
    std::string_view port;
    bool has_port = false;
    bool is_bracketed = false;
};

Parts split_port(std::string_view text) {
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        const auto rest = close == std::string_view::npos ? text : text.substr(close + 1);
        if (!rest.empty() && !rest.starts_with(':')) return {.host = text, .port = {}};
        return {.host = text.substr(1, close - 1),
                .port = rest.empty() ? rest : rest.substr(1),
                .has_port = !rest.empty(),
                .is_bracketed = true};
    }
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return {.host = text, .port = {}};
    return {.host = text.substr(0, colon), .port = text.substr(colon + 1), .has_port = true};
}

Literal<std::uint16_t> read_port(std::string_view port, std::size_t at) {
    const auto number = parse_decimal<std::uint16_t>(port);
    if (!number || *number == 0)
        return slip("this is not a port", "expected a number from 1 to 65535", at, std::max<std::size_t>(port.size(), 1));
    return *number;
}

Literal<std::string> read_socket_path(std::string_view text) {
    const auto path = text.substr(5);
    if (path.starts_with('/') || path.starts_with('@')) {
        if (path.size() <= kSocketPathMax) return std::string(path);
        return slip("the path of a Unix socket is too long", "at most 107 octets", 5, path.size());
    }
    return slip("the path of a Unix socket is not absolute", "expected unix:/path, or unix:@name for the abstract name space");
}

Slip scheme_slip(std::string_view text, std::string_view what) {
    const auto rest = text.substr(text.find("://") + 3);
    const auto scheme = text.substr(0, text.size() - rest.size());
    const auto authority = rest.substr(0, rest.find('/'));
    return {concat({what, " has no scheme"}), concat({"did you mean '", authority, split_port(authority).has_port ? "" : ":80", "'?"}), 0,
            scheme.size()};
}

Slip unbracketed_slip(std::string_view text, std::string_view port) {
    const auto parts = split_port(text);
    if (net::Ip::parse(parts.host) && parse_decimal<std::uint16_t>(parts.port))
        return {"an IPv6 address stands in brackets", concat({"did you mean '[", parts.host, "]:", parts.port, "'?"})};
    return {"an IPv6 address stands in brackets", concat({"expected [address]:port, such as [", text, "]:", port})};
}

bool is_unbracketed_ipv6(std::string_view text) { return !text.starts_with('[') && std::ranges::count(text, ':') > 1; }

}  // namespace

Literal<net::Network> read_network(std::string_view text) {
    if (const auto network = net::Network::parse(text)) return *network;
    const auto slash = text.find('/');
    const auto ip = net::Ip::parse(text.substr(0, slash));
    const auto bits = slash == std::string_view::npos ? std::nullopt : parse_decimal<std::uint8_t>(text.substr(slash + 1));
    if (!ip || slash == std::string_view::npos)
        return slip("this is not a network", "expected an address or a network, such as 10.0.0.1 or 10.0.0.0/8");
    const unsigned bits_max = ip->family == net::Family::ipv4 ? 32 : 128;
    if (!bits || *bits > bits_max)
        return slip("this is not the length of a prefix", concat({"expected a number from 0 to ", std::to_string(bits_max)}), slash + 1,
                    std::max<std::size_t>(text.size() - slash - 1, 1));
    auto masked = *ip;
    for (unsigned bit = *bits; bit < bits_max; ++bit) masked.octets[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
    return slip("a network with bits beyond its prefix", concat({"did you mean '", masked.text(), text.substr(slash), "'?"}));
}

Literal<net::Address> read_listen(std::string_view text) {
    if (text.starts_with("unix:")) {
        auto path = read_socket_path(text);
        if (!path) return std::unexpected(path.error());
        return net::Address{.ip = {}, .port = 0, .path = std::move(*path)};
    }
    if (text.contains("://")) return std::unexpected(scheme_slip(text, "an address to listen on"));
    if (is_unbracketed_ipv6(text)) return std::unexpected(unbracketed_slip(text, "8080"));
    const auto parts = split_port(text);
    if (!parts.has_port) {
        const bool is_port = parse_decimal<std::uint16_t>(text).has_value();
        return slip("an address without a port",
                    is_port ? concat({"did you mean ':", text, "'?"}) : "expected :8080, 127.0.0.1:8080 or [::1]:8080");
    }
    const auto port = read_port(parts.port, text.size() - parts.port.size());
    if (!port) return std::unexpected(port.error());
    const auto ip = net::Ip::parse(parts.host.empty() && !parts.is_bracketed ? "::" : parts.host);
    if (!ip || parts.is_bracketed != (parts.host.contains(':')))
        return slip("this is not an address to listen on",
                    "expected an address of this machine, such as :8080, 127.0.0.1:8080 or [::1]:8080", 0,
                    std::max<std::size_t>(parts.host.size(), 1));
    return net::Address{.ip = *ip, .port = *port, .path = {}};
}

bool speaks_tls(std::string_view server) { return server.starts_with("https://"); }

Literal<net::HostPort> read_server(std::string_view text) {
    if (text.starts_with("unix:")) {
        auto path = read_socket_path(text);
        if (!path) return std::unexpected(path.error());
        return net::HostPort{.host = {}, .port = 0, .path = std::move(*path)};
    }
    const bool is_https = speaks_tls(text);
    const auto at = is_https || text.starts_with("http://") ? text.find("//") + 2 : 0;
    if (at == 0 && text.contains("://")) return std::unexpected(scheme_slip(text, "the address of a server"));
    const auto slash = text.find('/', at);
    const auto authority = text.substr(at, slash - at);
    if (is_unbracketed_ipv6(authority)) return std::unexpected(unbracketed_slip(authority, "80"));
    const auto parts = split_port(authority);
    if (!parts.has_port && at == 0) return slip("an address without a port", concat({"did you mean '", authority, ":80'?"}));
    const auto port =
        parts.has_port ? read_port(parts.port, at + authority.size() - parts.port.size()) : Literal<std::uint16_t>(is_https ? 443 : 80);
    if (!port) return std::unexpected(port.error());
    if (slash != std::string_view::npos)
        return slip("the address of a server has no path", "use 'rewrite' to change the path", slash, text.size() - slash);
    const auto ip = net::Ip::parse(parts.host);
    const bool is_ipv6 = ip && ip->family == net::Family::ipv6;
    if (parts.is_bracketed != is_ipv6 || (!is_ipv6 && !is_host(parts.host)))
        return std::unexpected(host_slip(parts.host, at + (parts.is_bracketed ? 1 : 0)));
    return net::HostPort{.host = lower(parts.host), .port = *port, .path = {}};
}

Literal<net::HostPort> read_name_server(std::string_view text) {
    constexpr std::uint16_t kDnsPort = 53;
    if (const auto ip = net::Ip::parse(text)) return net::HostPort{.host = ip->text(), .port = kDnsPort, .path = {}};
    const auto server = read_server(text);
    if (server && server->path.empty() && net::Ip::parse(server->host)) return *server;
    return slip("this is not the address of a name server", "expected an IP address, perhaps with a port, such as 10.0.0.2 or [::1]:5353");
}

Literal<std::string> read_host(std::string_view text) {
    if (!is_host(text)) return std::unexpected(host_slip(text, 0));
    return lower(text.ends_with('.') ? text.substr(0, text.size() - 1) : text);
}

namespace {

// Behind the scheme.
Literal<SiteName> read_site_authority(std::string_view text, std::size_t at) {
    if (const auto slash = text.find('/'); slash != std::string_view::npos)
        return slip("the name of a site has no path", "write a 'route' for the path", at + slash, text.size() - slash);
    SiteName name;
    if (text == "*" || text == "default") return name;
    if (is_unbracketed_ipv6(text)) return std::unexpected(unbracketed_slip(text, "8080"));
    const auto parts = split_port(text);
    if (parts.has_port) {
        const auto port = read_port(parts.port, at + text.size() - parts.port.size());
        if (!port) return std::unexpected(port.error());
        name.port = *port;
    }
    const auto ip = net::Ip::parse(parts.host);
    if (ip || (parts.host.empty() && parts.has_port)) {
        if (ip) name.bind = *ip;
        name.is_address = true;
        return name;
    }
    if (parts.host == "*") return name;
    const auto plain = parts.host.starts_with("*.") ? parts.host.substr(2) : parts.host;
    if (parts.is_bracketed || !is_host(plain)) return std::unexpected(host_slip(parts.host, at));
    name.host = lower(parts.host.ends_with('.') ? parts.host.substr(0, parts.host.size() - 1) : parts.host);
    name.is_loopback = name.host == "localhost";
    return name;
}

}  // namespace

Literal<SiteName> read_site_name(std::string_view text) {
    const bool is_http = text.starts_with("http://");
    const bool is_https = text.starts_with("https://");
    const std::size_t at = is_http ? 7 : is_https ? 8 : 0;
    if (at == 0 && text.contains("://")) return slip("unknown scheme of a site", "expected http:// or https://", 0, text.find("://") + 3);
    auto name = read_site_authority(text.substr(at), at);
    if (name && is_http) name->is_http = true;
    if (name && is_https) name->is_https = true;
    return name;
}

}  // namespace weir::config
