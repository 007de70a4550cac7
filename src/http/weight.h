// The weight of an element in Accept-Encoding, Accept-Language and their kin (RFC 9110 12.4.2). Strict: what breaks the grammar has none.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::http {

inline constexpr std::uint16_t kFullWeight = 1000;

// In thousandths: "0", "0.5", "1.000".
std::optional<std::uint16_t> parse_weight(std::string_view text);

// An element of such a list: what is weighed, and its weight (1000 where none is said). The name is not looked at.
struct Weighted {
    std::string_view name;
    std::uint16_t weight;
};
// None: the weight is faulty, or there is a parameter that is none.
std::optional<Weighted> read_weighted(std::string_view element);

}  // namespace weir::http
