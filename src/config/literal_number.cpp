#include <algorithm>
#include <array>
#include <limits>
#include <span>

#include "base/text.h"
#include "config/literal.h"
#include "config/phrase.h"

namespace weir::config {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};
constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::array kTimeUnits{Unit{"ms", kSecond / 1000}, Unit{"s", kSecond}, Unit{"m", 60 * kSecond}, Unit{"h", 3600 * kSecond},
                                Unit{"d", 86400 * kSecond}};
constexpr std::array kSizeUnits{Unit{"B", 1}, Unit{"KiB", 1ULL << 10U}, Unit{"MiB", 1ULL << 20U}, Unit{"GiB", 1ULL << 30U}};
constexpr std::array kRateUnits{Unit{"/s", kSecond}, Unit{"/m", 60 * kSecond}, Unit{"/h", 3600 * kSecond}};
constexpr std::uint64_t kTimeMax = 3650ULL * 86400 * kSecond;
constexpr std::uint64_t kSizeMax = 1ULL << 50U;

// How units are often written elsewhere, and the one that is meant; "-" stands for no unit at all.
struct Alias {
    std::string_view written, meant;
};
constexpr std::array kTimeAliases{
    Alias{"-", "s"},    Alias{"sec", "s"},    Alias{"secs", "s"},    Alias{"second", "s"},  Alias{"seconds", "s"},      Alias{"min", "m"},
    Alias{"mins", "m"}, Alias{"minute", "m"}, Alias{"minutes", "m"}, Alias{"hour", "h"},    Alias{"hours", "h"},        Alias{"hr", "h"},
    Alias{"day", "d"},  Alias{"days", "d"},   Alias{"msec", "ms"},   Alias{"millis", "ms"}, Alias{"milliseconds", "ms"}};
constexpr std::array kSizeAliases{Alias{"k", "KiB"},   Alias{"kb", "KiB"},  Alias{"kib", "KiB"}, Alias{"m", "MiB"},
                                  Alias{"mb", "MiB"},  Alias{"mib", "MiB"}, Alias{"g", "GiB"},   Alias{"gb", "GiB"},
                                  Alias{"gib", "GiB"}, Alias{"b", "B"},     Alias{"bytes", "B"}};
constexpr std::array kRateAliases{Alias{"/sec", "/s"}, Alias{"/second", "/s"}, Alias{"rps", "/s"},   Alias{"r/s", "/s"}, Alias{"r/m", "/m"},
                                  Alias{"/min", "/m"}, Alias{"/minute", "/m"}, Alias{"/hour", "/h"}, Alias{"ps", "/s"}};

// What a quantity is called, and its units.
struct Quantity {
    std::string_view name;   // "a time"
    std::string_view units;  // "ms, s, m, h or d"
    std::span<const Unit> known;
    std::span<const Alias> aliases;
    std::string_view suffix;  // behind the unit: "/s" of a byte rate
    std::string_view example;
};
constexpr Quantity kTime{"a time", "ms, s, m, h or d", kTimeUnits, kTimeAliases, "", "10s"};
constexpr Quantity kSize{"a size", "B, KiB, MiB or GiB", kSizeUnits, kSizeAliases, "", "64KiB"};
constexpr Quantity kRate{"a rate", "/s, /m or /h", kRateUnits, kRateAliases, "", "20/s"};

struct Amount {
    std::uint64_t number = 0;
    std::uint64_t factor = 1;
};

Slip unit_slip(const Quantity& quantity, std::string_view digits, std::string_view unit) {
    auto hint = concat({"expected ", quantity.units});
    const auto wanted = unit.empty() ? "-" : unit;
    for (const auto& alias : quantity.aliases)
        if (equal_ignoring_case(alias.written, wanted)) hint += concat({"; did you mean '", digits, alias.meant, "'?"});
    if (unit.empty()) return {concat({quantity.name, " without a unit"}), std::move(hint), 0, digits.size()};
    return {concat({"unknown unit of ", quantity.name}), std::move(hint), digits.size(), unit.size()};
}

Literal<Amount> read_amount(std::string_view text, const Quantity& quantity) {
    const auto digits = text.substr(0, std::ranges::find_if_not(text, is_digit) - text.begin());
    const auto unit = text.substr(digits.size());
    const auto expected = concat({"expected ", quantity.name, " such as ", quantity.example});
    if (digits.empty()) return slip(concat({"this is not ", quantity.name}), expected);
    if (unit.starts_with('.')) return slip(concat({quantity.name, " is a whole number of units"}), expected);
    const auto number = parse_decimal(digits);
    if (!number) return slip(concat({quantity.name, " is too large"}), expected);
    for (const auto& known : quantity.known)
        if (known.name == unit) return Amount{.number = *number, .factor = known.factor};
    return std::unexpected(unit_slip(quantity, digits, unit));
}

Literal<std::uint64_t> product(const Amount& amount, std::uint64_t max, const Quantity& quantity, std::string_view limit) {
    if (amount.number <= max / amount.factor) return amount.number * amount.factor;
    return slip(concat({quantity.name, " is too large"}), concat({"at most ", limit}));
}

}  // namespace

Literal<Duration> read_duration(std::string_view text) {
    const auto amount = read_amount(text, kTime);
    if (!amount) return std::unexpected(amount.error());
    const auto ns = product(*amount, kTimeMax, kTime, "3650d");
    if (!ns) return std::unexpected(ns.error());
    return Duration(static_cast<std::int64_t>(*ns));
}

Literal<std::uint64_t> read_size(std::string_view text) {
    const auto amount = read_amount(text, kSize);
    if (!amount) return std::unexpected(amount.error());
    return product(*amount, kSizeMax, kSize, "1048576GiB");
}

Literal<Rate> read_rate(std::string_view text) {
    const auto amount = read_amount(text, kRate);
    if (!amount) return std::unexpected(amount.error());
    return Rate{.count = amount->number, .each = Duration(static_cast<std::int64_t>(amount->factor))};
}

Literal<std::uint64_t> read_byte_rate(std::string_view text) {
    const auto hint = "expected a size a second, such as 240B/s or 64KiB/s";
    if (!text.ends_with("/s")) return slip("this is not a rate of octets", hint);
    return read_size(text.substr(0, text.size() - 2));
}

Literal<std::uint32_t> read_percent(std::string_view text) {
    constexpr auto kHint = "expected a share such as 5% or 0.25%";
    if (!text.ends_with('%')) {
        const bool is_number = parse_decimal(text).has_value();
        return slip("a share without '%'", is_number ? concat({"did you mean '", text, "%'?"}) : kHint);
    }
    const auto number = text.substr(0, text.size() - 1);
    const auto point = number.find('.');
    const auto whole = parse_decimal<std::uint32_t>(number.substr(0, point));
    auto decimals = std::string(point == std::string_view::npos ? "0" : number.substr(point + 1));
    const bool is_fine = whole && *whole <= 1000 && !decimals.empty() && decimals.size() <= 4 && std::ranges::all_of(decimals, is_digit);
    if (!is_fine) return slip("this is not a share", kHint);
    decimals.resize(4, '0');
    return *whole * 10'000 + *parse_decimal<std::uint32_t>(decimals);
}

Literal<std::uint64_t> read_integer(std::string_view text, const Bounds& bounds) {
    const auto range = bounds.high == ~std::uint64_t{0}
                           ? concat({"expected a whole number from ", std::to_string(bounds.low)})
                           : concat({"expected a whole number from ", std::to_string(bounds.low), " to ", std::to_string(bounds.high)});
    if (text.empty() || !std::ranges::all_of(text, is_digit)) return slip("this is not a number", range);
    const auto number = parse_decimal(text);
    if (!number || *number < bounds.low || *number > bounds.high) return slip("this number is out of range", range);
    return *number;
}

}  // namespace weir::config
