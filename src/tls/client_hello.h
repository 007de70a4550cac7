// The ClientHello (RFC 8446 4.1.2) as far as fingerprints need it. A parser without state: pure, bounded by the message, fuzzed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::tls {

struct ClientHello {
    std::uint16_t version = 0;           // legacy_version
    std::uint16_t version_highest = 0;   // of supported_versions, GREASE left out; legacy_version without that extension
    std::vector<std::uint16_t> ciphers;  // in the order that came, GREASE (RFC 8701) left out everywhere
    std::vector<std::uint16_t> extensions;
    std::vector<std::uint16_t> groups;
    std::vector<std::uint16_t> signatures;
    std::vector<std::uint8_t> point_formats;
    std::vector<std::string_view> protocols;  // ALPN
    std::string_view server_name;
};

// `message`: the handshake message with its four octets of head. Nothing when it is malformed.
std::optional<ClientHello> parse_client_hello(std::string_view message);
std::string ja3(const ClientHello& hello);       // the MD5, hex
std::string ja3_text(const ClientHello& hello);  // what is hashed
std::string ja4(const ClientHello& hello);       // "t13d1516h2_8daaf6152771_e5627efa2ab1"

}  // namespace weir::tls
