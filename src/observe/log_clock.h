// LogClock: the time of a line as text, in UTC (lines of several hosts compare, and no hour comes twice a year). The text of a second
// is made once: the next lines of the same second copy it. One a worker.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "base/clock.h"

namespace weir::observe {

class LogClock {
public:
    static constexpr std::size_t kCombinedOctets = 26;  // "10/Oct/2000:13:55:36 +0000"
    static constexpr std::size_t kIsoOctets = 24;       // "2000-10-10T13:55:36.123Z"

    char* put_combined(char* out, WallTime time);
    char* put_iso(char* out, WallTime time);

private:
    // Returns the milliseconds within the second.
    std::uint32_t turn_to(WallTime time);

    std::int64_t second_ = std::numeric_limits<std::int64_t>::min();
    char combined_[kCombinedOctets];
    char iso_[kIsoOctets];
};

}  // namespace weir::observe
