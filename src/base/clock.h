// Time as the program sees it. A worker reads the clock once a turn; tests and the simulator set it.
#pragma once

#include <chrono>

namespace weir {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;  // for deadlines and timings
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;   // for logs and Date

inline constexpr TimePoint kNever = TimePoint::max();

}  // namespace weir
