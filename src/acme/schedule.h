// When to renew, and when to try again: pure functions of what is known, so that a table can test them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "acme/answers.h"
#include "acme/certificate.h"
#include "base/clock.h"

namespace weir::acme {

inline constexpr Duration kBackOffFirst = std::chrono::minutes(2);
inline constexpr Duration kBackOffMax = std::chrono::hours(6);
inline constexpr Duration kAskWindowMin = std::chrono::minutes(1);  // between two looks at the CA's suggestion (RFC 9773 4.3.2) …
inline constexpr Duration kAskWindowDefault = std::chrono::hours(6);
inline constexpr Duration kAskWindowMax = std::chrono::hours(24);
// A program that is started again and again must not order again and again; one that an operator starts after mending something should
// not wait for long. A wait that the CA asked for holds anyway.
inline constexpr Duration kRestartWaitMax = std::chrono::minutes(5);

// 0 ≤ draw < 1, the same for the same certificate: a restart does not draw again.
double draw_of(std::string_view seed);

// Without a suggestion: two thirds of the life, and up to a thirtieth of it later, so that certificates made together don't renew together.
// With one: a random point inside the window (RFC 9773 4.2), but never so late that a twentieth of the life is not left.
WallTime renewal_time(const Leaf& leaf, const std::optional<RenewalWindow>& window, double draw);

// After so many failures in a row (≥ 1): two minutes, doubled each time, at most six hours, a quarter of it by chance. Never sooner than
// the CA asked for (RFC 8555 6.6). When little of the life is left (`left`), at most a sixth of that: the last hours see several tries.
Duration back_off(std::uint32_t failures, std::optional<Duration> retry_after, Duration left, double chance);

// How long to wait until the CA is asked for its suggestion again.
Duration ask_window_again(std::optional<Duration> retry_after);

// "12 days", "5 hours", "3 minutes": for the warning that counts down.
std::string time_left_text(Duration left);

}  // namespace weir::acme
