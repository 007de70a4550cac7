// Timers of one worker: arming and cancelling cost a few instructions, whatever their number. Four wheels of 256 slots; a tick is 2^20 ns
// (about a millisecond). A timer fires at the first tick after its time, never before it. Thread: the worker's.
#pragma once

#include <array>
#include <cstdint>

#include "base/clock.h"

namespace weir::io {

struct TimerLink {
    TimerLink* before = nullptr;
    TimerLink* after = nullptr;
};

// A timer, embedded in what it times. Pinned in memory; cancels itself when destroyed.
class Timer : private TimerLink {
public:
    using Fire = void (*)(Timer& timer);
    explicit Timer(Fire fire) : fire_(fire) {}
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer() { cancel(); }

    bool is_armed() const { return before != nullptr; }
    void cancel() {
        if (before == nullptr) return;
        before->after = after;
        after->before = before;
        before = after = nullptr;
    }

private:
    friend class TimerWheel;
    Fire fire_;
    std::uint64_t tick_ = 0;
};

class TimerWheel {
public:
    explicit TimerWheel(TimePoint now);
    TimerWheel(const TimerWheel&) = delete;
    TimerWheel& operator=(const TimerWheel&) = delete;
    ~TimerWheel();  // timers that outlive it are disarmed

    // Arms anew when it is armed already. kNever is allowed and means: not at all.
    void arm(Timer& timer, TimePoint at);
    // Fires what is due. Callbacks may arm and cancel any timer.
    void advance(TimePoint now);
    // When advance() has to be called next at the latest; kNever when there is nothing to wait for. May be early, never late.
    TimePoint next() const { return soonest_ == kNoTick ? kNever : TimePoint(Duration(static_cast<std::int64_t>(soonest_ << kTickShift))); }

private:
    static constexpr unsigned kLevels = 4;
    static constexpr unsigned kSlotBits = 8;
    static constexpr unsigned kSlots = 1U << kSlotBits;
    static constexpr unsigned kTickShift = 20;
    static constexpr std::uint64_t kNoTick = ~std::uint64_t{0};

    struct Level {
        std::array<TimerLink, kSlots> slots;
        std::array<std::uint64_t, kSlots / 64> occupied{};  // may name a slot whose timers were all cancelled
    };

    static std::uint64_t tick_of(TimePoint at) { return static_cast<std::uint64_t>(at.time_since_epoch().count()) >> kTickShift; }
    void place(Timer& timer);
    void visit(std::uint64_t tick);
    void fire_slot(unsigned slot);
    void spread(unsigned level, unsigned slot);
    std::uint64_t next_occupied() const;

    std::uint64_t current_;
    std::uint64_t soonest_ = kNoTick;  // no occupied slot is visited before this tick
    std::array<Level, kLevels> levels_;
};

}  // namespace weir::io
