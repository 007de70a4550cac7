#include "observe/log_clock.h"

#include <chrono>

#include "observe/line_writer.h"

namespace weir::observe {
namespace {

constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

char* put_four_digits(char* out, int value) {
    const auto bounded = static_cast<std::uint32_t>(value < 0 ? 0 : value > 9999 ? 9999 : value);
    return put_two_digits(put_two_digits(out, bounded / 100), bounded % 100);
}

}  // namespace

std::uint32_t LogClock::turn_to(WallTime time) {
    const auto second = std::chrono::floor<std::chrono::seconds>(time);
    const auto within = std::chrono::duration_cast<std::chrono::milliseconds>(time - second);
    if (second.time_since_epoch().count() == second_) [[likely]]
        return static_cast<std::uint32_t>(within.count());
    second_ = second.time_since_epoch().count();

    const auto day = std::chrono::floor<std::chrono::days>(second);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(second - day);
    const auto month = static_cast<unsigned>(date.month());
    const auto hours = static_cast<std::uint32_t>(clock.hours().count());
    const auto minutes = static_cast<std::uint32_t>(clock.minutes().count());
    const auto seconds = static_cast<std::uint32_t>(clock.seconds().count());
    const auto put_clock = [&](char* out) {
        out = put(put_two_digits(out, hours), ":");
        return put_two_digits(put(put_two_digits(out, minutes), ":"), seconds);
    };

    auto* out = put(put_two_digits(combined_, static_cast<unsigned>(date.day())), "/");
    out = put(put(out, kMonths.substr((month - 1) * 3, 3)), "/");
    out = put_clock(put(put_four_digits(out, static_cast<int>(date.year())), ":"));
    put(out, " +0000");

    out = put(put_four_digits(iso_, static_cast<int>(date.year())), "-");
    out = put(put_two_digits(out, month), "-");
    out = put(put_two_digits(out, static_cast<unsigned>(date.day())), "T");
    put(put_clock(out), ".000Z");
    return static_cast<std::uint32_t>(within.count());
}

char* LogClock::put_combined(char* out, WallTime time) {
    turn_to(time);
    return put(out, {combined_, kCombinedOctets});
}

char* LogClock::put_iso(char* out, WallTime time) {
    const auto milliseconds = turn_to(time);
    put(out, {iso_, kIsoOctets});
    put_three_digits(out + kIsoOctets - 4, milliseconds);
    return out + kIsoOctets;
}

}  // namespace weir::observe
