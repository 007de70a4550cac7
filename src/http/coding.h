// Content codings that Weir makes (RFC 9110 8.4.1), by their registered names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::http {

enum class Coding : std::uint8_t { identity, gzip, br, zstd };
inline constexpr std::size_t kCodings = 4;

constexpr std::string_view name_of(Coding coding) {
    constexpr std::string_view kNames[kCodings] = {"identity", "gzip", "br", "zstd"};
    return kNames[static_cast<std::size_t>(coding)];
}

}  // namespace weir::http
