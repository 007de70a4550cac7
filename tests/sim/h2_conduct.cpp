#include "sim/h2_conduct.h"

namespace weir::sim {
namespace {

constexpr std::uint64_t kShortPause = 100;  // milliseconds
constexpr std::uint64_t kLongPause = 8'000;

}  // namespace

Conduct Conduct::polite(Random& random) {
    static constexpr std::int64_t kWindows[] = {1000, 8000, kWindow, 1'000'000};
    Conduct conduct;
    conduct.first_window = kWindows[random.below(4)];
    conduct.at_once = 1 + random.below(6);
    return conduct;
}

Conduct Conduct::stalling(Random& random) {
    static constexpr std::int64_t kWindows[] = {0, 1000, 8000, kWindow, kWindowMax};
    static constexpr std::int64_t kConnectionWindows[] = {300'000, 600'000, 2'000'000, kWindow, kWindowMax};
    Conduct conduct;
    conduct.stalls = true;
    // Of its own window the connection makes a dam: what it lets go at last finds no room.
    const bool floods = random.chance(0.4);
    conduct.first_window = floods ? kWindowMax : kWindows[random.below(5)];
    conduct.window = kConnectionWindows[random.below(floods ? 3 : 5)];
    conduct.at_once = floods ? 100 : 1 + random.below(random.chance(0.5) ? 80 : 10);
    conduct.opens_late = floods || random.chance(0.3);
    conduct.is_patient = !conduct.opens_late && random.chance(0.7);
    return conduct;
}

Opening Conduct::opening(Random& random) const {
    if (!stalls || random.chance(0.6)) return Opening::at_once;
    return random.chance(0.5) ? Opening::late : Opening::never;
}

Duration Conduct::pause(Random& random) const {
    return std::chrono::milliseconds(1 + random.below(!is_patient && random.chance(0.3) ? kLongPause : kShortPause));
}

}  // namespace weir::sim
