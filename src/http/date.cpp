#include "http/date.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "base/text.h"

namespace weir::http {

namespace {

using Seconds = std::chrono::sys_seconds;

constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::array<std::string_view, 7> kLongDays{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

void put_two(char* out, unsigned value) {
    out[0] = static_cast<char>('0' + value / 10);
    out[1] = static_cast<char>('0' + value % 10);
}

// Of letters alone; other octets stand for themselves.
constexpr bool is_same(char came, char expected) {
    return came == expected || (is_alpha(expected) && to_lower(came) == to_lower(expected));
}

constexpr bool starts_with_any_case(std::string_view text, std::string_view with) {
    if (text.size() < with.size()) return false;
    for (std::size_t i = 0; i < with.size(); ++i)
        if (!is_same(text[i], with[i])) return false;
    return true;
}

// Three letters as one number, without their case. No octet but a letter becomes one.
constexpr std::uint32_t folded(std::string_view text) {
    constexpr unsigned kCaseBit = 0x20;
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 3; ++i) number = number << 8U | (static_cast<unsigned char>(text[i]) | kCaseBit);
    return number;
}

// Reads left to right; once something did not fit, everything after it fails too. Case does not matter (RFC 9111 4.2).
class Reader {
public:
    explicit Reader(std::string_view text) : left_(text) {}

    Reader& literal(std::string_view expected) {
        if (starts_with_any_case(left_, expected)) left_.remove_prefix(expected.size());
        else fails_ = true;
        return *this;
    }
    Reader& number(std::size_t digits, unsigned& out) {
        if (left_.size() < digits) return fail();
        out = 0;
        for (const char c : left_.substr(0, digits)) {
            if (!is_digit(c)) return fail();
            out = out * 10 + static_cast<unsigned>(c - '0');
        }
        left_.remove_prefix(digits);
        return *this;
    }
    // asctime's day: two digits, or a space and one.
    Reader& padded(unsigned& out) { return left_.starts_with(' ') ? literal(" ").number(1, out) : number(2, out); }
    Reader& day_name() {
        unsigned ignored = 0;
        return three(kDays, ignored);
    }
    Reader& long_day_name() {
        for (const auto name : kLongDays)
            if (starts_with_any_case(left_, name)) return literal(name);
        return fail();
    }
    Reader& month(unsigned& out) {
        three(kMonths, out);
        ++out;
        return *this;
    }
    bool is_done() const { return !fails_ && left_.empty(); }

private:
    Reader& fail() {
        fails_ = true;
        return *this;
    }
    Reader& three(std::string_view names, unsigned& out) {
        if (left_.size() < 3) return fail();
        const auto wanted = folded(left_);
        std::size_t at = 0;
        while (at < names.size() && folded(names.substr(at)) != wanted) at += 3;
        if (at == names.size()) return fail();
        out = static_cast<unsigned>(at / 3);
        left_.remove_prefix(3);
        return *this;
    }

    std::string_view left_;
    bool fails_ = false;
};

// Rounded down, without the nanoseconds that floor<days>() would go through and overflow at the edges of time.
Seconds seconds_of(WallTime time) {
    constexpr std::int64_t kPerSecond = 1'000'000'000;
    const std::int64_t count = time.time_since_epoch().count();
    return Seconds(std::chrono::seconds(count / kPerSecond - (count % kPerSecond < 0 ? 1 : 0)));
}

struct Parts {
    unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

void read_time(Reader& reader, Parts& parts) {
    reader.number(2, parts.hour).literal(":").number(2, parts.minute).literal(":").number(2, parts.second);
}

bool read_imf(std::string_view text, Parts& parts) {
    Reader reader(text);
    reader.day_name().literal(", ").number(2, parts.day).literal(" ").month(parts.month).literal(" ").number(4, parts.year).literal(" ");
    read_time(reader, parts);
    return reader.literal(" GMT").is_done();
}

// The same as everybody writes it: each octet has its place and its case. Anything else is left to the reader above.
bool read_usual(std::string_view text, Parts& parts) {
    if (text.size() != kDateOctets) return false;
    const auto word = [&](std::size_t at) {
        std::uint32_t four = 0;
        std::memcpy(&four, text.data() + at, sizeof four);
        return four;
    };
    const auto name = [](std::string_view names, std::size_t index, char behind) {
        const char four[] = {names[index * 3], names[index * 3 + 1], names[index * 3 + 2], behind};
        return std::bit_cast<std::uint32_t>(four);
    };
    const bool is_punctuated = ((text[4] ^ ' ') | (text[7] ^ ' ') | (text[16] ^ ' ') | (text[19] ^ ':') | (text[22] ^ ':')) == 0;
    if (!is_punctuated || std::memcmp(text.data() + 25, " GMT", 4) != 0) return false;
    unsigned wrong = 0;
    const auto two = [&](std::size_t at) {
        const unsigned tens = static_cast<unsigned char>(text[at]) - unsigned{'0'};
        const unsigned ones = static_cast<unsigned char>(text[at + 1]) - unsigned{'0'};
        wrong |= static_cast<unsigned>(tens > 9) | static_cast<unsigned>(ones > 9);
        return tens * 10 + ones;
    };
    parts = {.year = two(12) * 100 + two(14), .month = 1, .day = two(5), .hour = two(17), .minute = two(20), .second = two(23)};
    std::size_t day = 0;
    while (day < 7 && name(kDays, day, ',') != word(0)) ++day;
    while (parts.month <= 12 && name(kMonths, parts.month - 1, ' ') != word(8)) ++parts.month;
    return wrong == 0 && day < 7 && parts.month <= 12;
}

bool read_rfc850(std::string_view text, Parts& parts) {
    Reader reader(text);
    reader.long_day_name()
        .literal(", ")
        .number(2, parts.day)
        .literal("-")
        .month(parts.month)
        .literal("-")
        .number(2, parts.year)
        .literal(" ");
    read_time(reader, parts);
    // Two digits mean the year that is not far in the future (RFC 9110 5.6.7); a fixed pivot keeps this a pure function.
    parts.year += parts.year < 70 ? 2000 : 1900;
    return reader.literal(" GMT").is_done();
}

bool read_asctime(std::string_view text, Parts& parts) {
    Reader reader(text);
    reader.day_name().literal(" ").month(parts.month).literal(" ").padded(parts.day).literal(" ");
    read_time(reader, parts);
    return reader.literal(" ").number(4, parts.year).is_done();
}

std::optional<WallTime> time_of(const Parts& parts) {
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(parts.year)), std::chrono::month(parts.month),
                                           std::chrono::day(parts.day)};
    // 60 is a leap second.
    if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60) return std::nullopt;
    const Seconds seconds = std::chrono::sys_days(date) + std::chrono::hours(parts.hour) + std::chrono::minutes(parts.minute) +
                            std::chrono::seconds(parts.second);
    // Nanoseconds of 64 bits reach from 1678 to 2262; "Expires: Fri, 31 Dec 9999 23:59:59 GMT" is common and means "never".
    constexpr auto kFirst = std::chrono::ceil<std::chrono::seconds>(WallTime::min());
    constexpr auto kLast = std::chrono::floor<std::chrono::seconds>(WallTime::max());
    return WallTime(std::clamp(seconds, Seconds(kFirst), Seconds(kLast)));
}

}  // namespace

void write_date(WallTime time, std::array<char, kDateOctets>& out) {
    const Seconds whole = seconds_of(time);
    const auto day = std::chrono::floor<std::chrono::days>(whole);
    const std::chrono::year_month_day date(day);
    const std::chrono::weekday weekday(day);
    const auto second = static_cast<unsigned>((whole - day).count());
    const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
    std::memcpy(out.data(), "Sun, 06 Nov 1994 08:49:37 GMT", kDateOctets);
    kDays.substr(std::size_t{weekday.c_encoding()} * 3).copy(out.data(), 3);
    put_two(&out[5], static_cast<unsigned>(date.day()));
    kMonths.substr((std::size_t{static_cast<unsigned>(date.month())} - 1) * 3).copy(&out[8], 3);
    put_two(&out[12], year / 100);
    put_two(&out[14], year % 100);
    put_two(&out[17], second / 3600);
    put_two(&out[20], second / 60 % 60);
    put_two(&out[23], second % 60);
}

std::optional<WallTime> parse_date(std::string_view text) {
    Parts parts;
    if (read_usual(text, parts) || read_imf(text, parts) || read_rfc850(text, parts) || read_asctime(text, parts)) return time_of(parts);
    return std::nullopt;
}

}  // namespace weir::http
