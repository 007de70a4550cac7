#include "acme/schedule.h"

#include <algorithm>
#include <cmath>

#include "acme/encoding.h"

namespace weir::acme {
namespace {

Duration part_of(Duration whole, double part) { return Duration(static_cast<std::int64_t>(static_cast<double>(whole.count()) * part)); }

std::string counted(std::int64_t count, std::string_view unit) {
    return std::to_string(count) + " " + std::string(unit) + (count == 1 ? "" : "s");
}

}  // namespace

double draw_of(std::string_view seed) {
    const auto digest = sha256(seed);
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 8; ++i) bits = bits << 8U | static_cast<unsigned char>(digest[i]);
    return static_cast<double>(bits >> 11U) * 0x1p-53;
}

WallTime renewal_time(const Leaf& leaf, const std::optional<RenewalWindow>& window, double draw) {
    const auto life = leaf.not_after - leaf.not_before;
    if (!window) return leaf.not_before + part_of(life, 2.0 / 3) + part_of(life, draw / 30);
    const auto chosen = window->start + part_of(window->end - window->start, draw);
    return std::min(chosen, leaf.not_after - part_of(life, 0.05));
}

Duration back_off(std::uint32_t failures, std::optional<Duration> retry_after, Duration left, double chance) {
    const auto doublings = std::min<std::uint32_t>(failures == 0 ? 0 : failures - 1, 20);
    auto wait = std::min(part_of(kBackOffFirst, std::ldexp(1.0, static_cast<int>(doublings))), kBackOffMax);
    if (left > Duration::zero()) wait = std::max(std::min(wait, left / 6), kBackOffFirst);
    wait = part_of(wait, 0.875 + chance / 4);
    return std::max(wait, retry_after.value_or(Duration::zero()));
}

Duration ask_window_again(std::optional<Duration> retry_after) {
    return std::clamp(retry_after.value_or(kAskWindowDefault), kAskWindowMin, kAskWindowMax);
}

std::string time_left_text(Duration left) {
    using namespace std::chrono;
    if (left <= Duration::zero()) return "no time";
    if (left >= hours(48)) return counted(duration_cast<days>(left).count(), "day");
    if (left >= hours(2)) return counted(duration_cast<hours>(left).count(), "hour");
    if (left >= minutes(2)) return counted(duration_cast<minutes>(left).count(), "minute");
    return counted(duration_cast<seconds>(left).count(), "second");
}

}  // namespace weir::acme
