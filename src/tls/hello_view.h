// HelloView: a ClientHello (RFC 8446 4.1.2) as views into its octets: what a handshake's first choices need, without allocating.
// Hostile input: every length is checked against what is there; the message's own length bounds everything.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::tls {

inline constexpr std::size_t kHandshakeHeadOctets = 4;
inline constexpr std::string_view kAcmeProtocol = "acme-tls/1";  // RFC 8737 4

constexpr std::uint16_t two_octets(std::string_view at) {
    return static_cast<std::uint16_t>(static_cast<unsigned char>(at[0]) << 8 | static_cast<unsigned char>(at[1]));
}
// RFC 8701: values that mean nothing, sent to keep servers tolerant.
constexpr bool is_grease(std::uint16_t value) { return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff); }

struct HelloView {
    std::uint16_t version = 0;
    // Lists as they came, without their lengths; two octets an entry, one for point_formats.
    std::string_view ciphers;
    std::string_view extensions;  // the whole block
    std::string_view versions;
    std::string_view groups;
    std::string_view signatures;
    std::string_view point_formats;
    std::string_view protocols;  // one octet of length before each
    std::string_view server_name;
    std::string_view key_modes;  // RFC 8446 4.2.9, one octet each
    bool has_early_data = false;

    bool offers_protocol(std::string_view name) const;
    bool has_signature(std::uint16_t scheme) const;
    bool offers_version(std::uint16_t wanted) const;
    // Whether it could use a ticket: with a key exchange of its own, as servers here want it.
    bool can_resume() const { return key_modes.find('\1') != std::string_view::npos; }
};

// `message`: with its head of four octets, whole. Nothing when it is malformed.
std::optional<HelloView> view_client_hello(std::string_view message);

// Calls `visit(kind, content)` for each extension; false when the block is malformed.
template <class Visit>
bool for_each_extension(std::string_view block, Visit&& visit) {
    while (!block.empty()) {
        if (block.size() < 4) return false;
        const auto octets = two_octets(block.substr(2));
        if (block.size() - 4 < octets) return false;
        visit(two_octets(block), block.substr(4, octets));
        block.remove_prefix(4U + octets);
    }
    return true;
}

}  // namespace weir::tls
