#include "acme/encoding.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"

namespace weir::acme {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int value_of(char c) {
    const auto at = kAlphabet.find(c);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
    if (at + count > text.size()) return std::nullopt;
    return parse_decimal<int>(text.substr(at, count));
}

// "Z", "+01:00": minutes east of UTC.
std::optional<int> offset_of(std::string_view zone) {
    if (zone == "Z" || zone == "z") return 0;
    if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
    const auto hours = digits(zone, 1, 2);
    const auto minutes = digits(zone, 4, 2);
    if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    return (*hours * 60 + *minutes) * (zone[0] == '-' ? -1 : 1);
}

}  // namespace

std::string base64url(std::string_view octets) {
    std::string out;
    out.reserve((octets.size() * 4 + 2) / 3);
    std::uint32_t held = 0;
    int bits = 0;
    for (const char c : octets) {
        held = held << 8U | static_cast<unsigned char>(c);
        for (bits += 8; bits >= 6; bits -= 6) out += kAlphabet[held >> (bits - 6) & 63U];
    }
    if (bits > 0) out += kAlphabet[held << (6 - bits) & 63U];
    return out;
}

std::optional<std::string> parse_base64url(std::string_view text) {
    std::string out;
    std::uint32_t held = 0;
    int bits = 0;
    for (const char c : text) {
        const int value = value_of(c);
        if (value < 0) return std::nullopt;
        held = held << 6U | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        out += static_cast<char>(held >> bits & 0xffU);
    }
    if (bits == 6 || (held & ((1U << bits) - 1)) != 0) return std::nullopt;
    return out;
}

bool is_base64url(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return value_of(c) >= 0; });
}

std::string sha256(std::string_view octets) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
    SHA256(reinterpret_cast<const unsigned char*>(octets.data()), octets.size(), digest.data());
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string hmac_sha256(std::string_view key, std::string_view octets) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
    unsigned size = digest.size();
    const auto* from = reinterpret_cast<const unsigned char*>(octets.data());
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), from, octets.size(), digest.data(), &size) == nullptr) std::abort();
    return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string hex(std::string_view octets) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const char c : octets) {
        const auto value = static_cast<unsigned char>(c);
        out += kDigits[value >> 4U];
        out += kDigits[value & 15U];
    }
    return out;
}

std::optional<WallTime> parse_time(std::string_view text) {
    if (text.size() < 20 || text[4] != '-' || text[7] != '-' || (text[10] | 0x20) != 't' || text[13] != ':' || text[16] != ':')
        return std::nullopt;
    const auto year = digits(text, 0, 4);
    const auto month = digits(text, 5, 2);
    const auto day = digits(text, 8, 2);
    const auto hour = digits(text, 11, 2);
    const auto minute = digits(text, 14, 2);
    const auto second = digits(text, 17, 2);
    if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
    auto zone = text.substr(19);
    if (zone.front() == '.') {
        zone.remove_prefix(1);
        if (zone.empty() || !is_digit(zone.front())) return std::nullopt;
        while (!zone.empty() && is_digit(zone.front())) zone.remove_prefix(1);
    }
    const auto offset = offset_of(zone);
    using std::chrono::hours, std::chrono::minutes, std::chrono::seconds;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!offset || !date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    if (*year < 1970 || *year > 2200) return std::nullopt;  // nanoseconds in 64 bits end in 2262
    return std::chrono::sys_days(date) + hours(*hour) + minutes(*minute - *offset) + seconds(*second);
}

std::string time_text(WallTime time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const auto rest = std::chrono::duration_cast<std::chrono::seconds>(time - day).count();
    std::array<char, 40> out;
    const auto size = std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(rest / 3600),
                                    static_cast<int>(rest / 60 % 60), static_cast<int>(rest % 60));
    return {out.data(), static_cast<std::size_t>(size)};
}

}  // namespace weir::acme
