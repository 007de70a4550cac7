// HTTP dates (RFC 9110 5.6.7): IMF-fixdate written, all three forms read, in any case (RFC 9111 4.2).
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace weir::http {

inline constexpr std::size_t kDateOctets = 29;  // "Sun, 06 Nov 1994 08:49:37 GMT"
void write_date(WallTime time, std::array<char, kDateOctets>& out);
std::optional<WallTime> parse_date(std::string_view text);

}  // namespace weir::http
