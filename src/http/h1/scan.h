// Scanning octets, many at a time: the version that fits the processor (AVX2, SSE2 or plain) is chosen once at start.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir::http::h1 {

// First octet at or after `from` that may not stand in a field value (CTL but HTAB, DEL), CR and LF included; size() when none.
std::size_t find_not_value(std::string_view text, std::size_t from);
// First octet that may not stand in a token (RFC 9110 5.6.2).
std::size_t find_not_token(std::string_view text, std::size_t from);
// First octet that may not stand in a request target (CTL, space, '#', DEL, > 0x7e).
std::size_t find_not_target(std::string_view text, std::size_t from);
// First CR or LF.
std::size_t find_line_end(std::string_view text, std::size_t from);

bool is_token(std::string_view text);
bool is_field_value(std::string_view text);

// For tests and benchmarks: run a given version, which the processor must have. Not while another thread scans.
enum class ScanVersion : unsigned char { plain, sse2, avx2 };
void choose_scan(ScanVersion version);
ScanVersion best_scan();

}  // namespace weir::http::h1
