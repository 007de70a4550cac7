// PaceClock: until when a body's reader waits for the next octet. Time that was not spent waiting for the sender does not count, and
// progress earns time: a floor on the rate, not on the total time.
#pragma once

#include <algorithm>

#include "http/body.h"

namespace weir::http {

class PaceClock {
public:
    void set(const Pace& pace) { pace_ = pace; }
    const Pace& pace() const { return pace_; }

    // `octets`: of the body so far.
    TimePoint wait_until(TimePoint now, std::uint64_t octets) const {
        const auto until = pace_.overall.at;
        if (octets == 0 && pace_.first != Duration::zero()) return sooner(until, now, pace_.first);
        auto soonest = sooner(until, now, pace_.stall);
        if (pace_.rate_min != 0) {
            const auto earned = Duration(static_cast<std::int64_t>(octets / pace_.rate_min * 1'000'000'000ULL));
            soonest = sooner(soonest, now, std::max(Duration::zero(), pace_.grace + earned - waited_));
        }
        return soonest;
    }
    void waited(Duration time, std::uint64_t octets) {
        if (octets != 0 || pace_.first == Duration::zero()) waited_ += time;
    }
    // What a wait that came to nothing means.
    Error error_of(ErrorCode code, Side side) const {
        const bool is_timeout = code == ErrorCode::timeout;
        const bool is_floor = is_timeout && side == Side::client && pace_.rate_min != 0;
        return {.code = is_floor ? ErrorCode::too_slow : code, .side = side, .detail = is_timeout ? "the body came too slowly" : "stopped"};
    }

private:
    // A bound that is as good as none must not wrap around into the past.
    static TimePoint sooner(TimePoint until, TimePoint now, Duration wait) { return wait >= until - now ? until : now + wait; }

    Pace pace_;
    Duration waited_{};
};

}  // namespace weir::http
