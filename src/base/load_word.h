// Octets as one number, for hashes. In pieces that may overlap: a call that copies so few would cost more than all the rest.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir {

// Of at most 8 octets, with zeros behind them.
inline std::uint64_t load_word(std::string_view text) {
    std::uint64_t word = 0;
    if (text.size() == sizeof word) {
        std::memcpy(&word, text.data(), sizeof word);
    } else if (text.size() >= sizeof(std::uint32_t)) {
        std::uint32_t first = 0, last = 0;
        std::memcpy(&first, text.data(), sizeof first);
        std::memcpy(&last, text.data() + text.size() - sizeof last, sizeof last);
        word = first | std::uint64_t{last} << 8 * (text.size() - sizeof last);
    } else {
        for (std::size_t i = 0; i < text.size(); ++i) word |= std::uint64_t{static_cast<unsigned char>(text[i])} << 8 * i;
    }
    return word;
}

}  // namespace weir
