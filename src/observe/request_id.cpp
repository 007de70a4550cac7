#include "observe/request_id.h"

#include <array>
#include <cstring>

#include "base/text.h"

namespace weir::observe {
namespace {

struct HexPairs {
    char text[512];
    constexpr HexPairs() : text() {
        constexpr std::string_view kDigits = "0123456789abcdef";
        for (std::size_t i = 0; i < 256; ++i) {
            text[2 * i] = kDigits[i >> 4U];
            text[2 * i + 1] = kDigits[i & 15U];
        }
    }
};
constexpr HexPairs kHexPairs;

void write_hex(std::uint64_t word, char* out) {
    for (int i = 0; i < 8; ++i, word >>= 8U) std::memcpy(out + 2 * i, kHexPairs.text + 2 * (word & 0xffU), 2);
}

constexpr std::array<bool, 256> kAllowed = [] {
    std::array<bool, 256> allowed{};
    for (int c = 0; c < 256; ++c)
        allowed[static_cast<std::size_t>(c)] = c < 128 && (is_alpha(static_cast<char>(c)) || is_digit(static_cast<char>(c)));
    for (const char c : std::string_view("-_.:+/=@~")) allowed[static_cast<unsigned char>(c)] = true;
    return allowed;
}();

}  // namespace

std::string_view RequestIds::write(char* out) {
    write_hex(random_.next(), out);
    write_hex(random_.next(), out + 16);
    return {out, kRequestIdOctets};
}

bool is_wellformed_request_id(std::string_view text) {
    if (text.empty() || text.size() > kForeignIdOctetsMax) return false;
    for (const char c : text)
        if (!kAllowed[static_cast<unsigned char>(c)]) return false;
    return true;
}

}  // namespace weir::observe
