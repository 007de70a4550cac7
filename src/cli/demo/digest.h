// SHA-1 (RFC 3174) and base64 (RFC 4648), for the WebSocket handshake only: nothing secret depends on them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace weir::cli {

std::array<std::uint8_t, 20> sha1(std::string_view text);
std::string base64(std::span<const std::uint8_t> octets);

}  // namespace weir::cli
