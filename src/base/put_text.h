// Text written where there is room for it. Names, values and parts of keys are mostly under 32 octets: two moves that may overlap take less
// than a call does.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir {

namespace put_text_detail {
struct Octets16 {
    std::uint64_t low, high;
};
template <class Word>
[[gnu::always_inline]] inline void put_ends(char* to, std::string_view text) {
    Word first, last;
    std::memcpy(&first, text.data(), sizeof first);
    std::memcpy(&last, text.data() + text.size() - sizeof last, sizeof last);
    std::memcpy(to, &first, sizeof first);
    std::memcpy(to + text.size() - sizeof last, &last, sizeof last);
}
}  // namespace put_text_detail

// Where the next octet goes.
[[gnu::always_inline]] inline char* put_text(char* to, std::string_view text) {
    using namespace put_text_detail;
    const auto size = text.size();
    if (size > 32) std::memcpy(to, text.data(), size);
    else if (size >= 16) put_ends<Octets16>(to, text);
    else if (size >= 8) put_ends<std::uint64_t>(to, text);
    else if (size >= 4) put_ends<std::uint32_t>(to, text);
    else
        for (std::size_t i = 0; i < size; ++i) to[i] = text[i];
    return to + size;
}

}  // namespace weir
