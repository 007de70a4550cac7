#include "tls/client_hello.h"

#include <algorithm>

#include "tls/hello_view.h"

namespace weir::tls {
namespace {

std::vector<std::uint16_t> entries_of(std::string_view list) {
    std::vector<std::uint16_t> entries;
    entries.reserve(list.size() / 2);
    for (; list.size() >= 2; list.remove_prefix(2))
        if (const auto entry = two_octets(list); !is_grease(entry)) entries.push_back(entry);
    return entries;
}

}  // namespace

std::optional<ClientHello> parse_client_hello(std::string_view message) {
    const auto view = view_client_hello(message);
    if (!view) return std::nullopt;
    ClientHello hello;
    hello.version = hello.version_highest = view->version;
    if (const auto versions = entries_of(view->versions); !versions.empty()) hello.version_highest = *std::ranges::max_element(versions);
    hello.ciphers = entries_of(view->ciphers);
    for_each_extension(view->extensions, [&](std::uint16_t kind, std::string_view) {
        if (!is_grease(kind)) hello.extensions.push_back(kind);
    });
    hello.groups = entries_of(view->groups);
    hello.signatures = entries_of(view->signatures);
    for (const char format : view->point_formats) hello.point_formats.push_back(static_cast<std::uint8_t>(format));
    for (auto rest = view->protocols; !rest.empty();) {
        const auto octets = static_cast<std::size_t>(static_cast<unsigned char>(rest[0]));
        const auto protocol = rest.substr(1, octets);
        rest.remove_prefix(1 + octets);
        // GREASE of protocols: two equal octets, each ending in 0xA (RFC 8701 3.1).
        if (protocol.size() != 2 || !is_grease(two_octets(protocol))) hello.protocols.push_back(protocol);
    }
    hello.server_name = view->server_name;
    return hello;
}

}  // namespace weir::tls
