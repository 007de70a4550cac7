// CRC32C (Castagnoli): what tells whether octets that come back from a disk are those that went there. Eight octets a step where the
// processor has the instruction, a table where it has not.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::cache {

// Of `octets` behind those that gave `before`.
std::uint32_t crc32c(std::string_view octets, std::uint32_t before = 0);
// By the table alone: what the other one must equal.
std::uint32_t crc32c_by_table(std::string_view octets, std::uint32_t before = 0);

}  // namespace weir::cache
