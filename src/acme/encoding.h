// base64url without padding (RFC 4648 5, as RFC 7515 wants it), hashes, and times as ACME writes them. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace weir::acme {

std::string base64url(std::string_view octets);
// Nothing for a text that holds another character, padding, or bits that mean nothing.
std::optional<std::string> parse_base64url(std::string_view text);
bool is_base64url(std::string_view text);  // its characters; not empty

std::string sha256(std::string_view octets);
std::string hmac_sha256(std::string_view key, std::string_view octets);
std::string hex(std::string_view octets);

// "2026-01-02T03:04:05Z", fractions and offsets too (RFC 3339). Nothing for what no WallTime can hold.
std::optional<WallTime> parse_time(std::string_view text);
std::string time_text(WallTime time);  // whole seconds, UTC

}  // namespace weir::acme
