#include "io/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace weir::io {
namespace {

void link_last(TimerLink& list, TimerLink& link) {
    link.before = list.before;
    link.after = &list;
    list.before->after = &link;
    list.before = &link;
}

bool is_empty(const TimerLink& list) { return list.after == &list; }

// Moves all of a list behind another head, so that callbacks can change the slot while it is worked on.
void move_all(TimerLink& from, TimerLink& to) {
    to.before = to.after = &to;
    if (is_empty(from)) return;
    to = from;
    to.before->after = &to;
    to.after->before = &to;
    from.before = from.after = &from;
}

// How many slots ahead of `from` the next occupied one is: 1 … 256; 0 when none is.
unsigned distance_to_next(const std::array<std::uint64_t, 4>& occupied, unsigned from) {
    for (unsigned step = 1; step <= 256;) {
        const unsigned slot = (from + step) & 255U;
        const auto word = occupied[slot / 64] >> (slot % 64);
        if (word != 0) {
            const auto distance = step + static_cast<unsigned>(std::countr_zero(word));
            return distance <= 256 ? distance : 0;
        }
        step += 64 - slot % 64;
    }
    return 0;
}

}  // namespace

TimerWheel::TimerWheel(TimePoint now) : current_(tick_of(now)) {
    for (auto& level : levels_)
        for (auto& slot : level.slots) slot.before = slot.after = &slot;
}

TimerWheel::~TimerWheel() {
    for (auto& level : levels_)
        for (auto& slot : level.slots)
            while (!is_empty(slot)) static_cast<Timer&>(*slot.after).cancel();
}

void TimerWheel::arm(Timer& timer, TimePoint at) {
    timer.cancel();
    if (at == kNever) return;
    timer.tick_ = std::max(at.time_since_epoch().count() < 0 ? 0 : tick_of(at) + 1, current_ + 1);
    place(timer);
}

void TimerWheel::place(Timer& timer) {
    const auto delta = timer.tick_ - current_;
    const auto level = std::min(kLevels - 1, static_cast<unsigned>(std::bit_width(delta) - 1) / kSlotBits);
    // What lies beyond the last wheel waits in its furthest slot and is placed again from there.
    const auto reach = current_ + (std::uint64_t{1} << (kSlotBits * kLevels)) - (std::uint64_t{1} << (kSlotBits * (kLevels - 1)));
    const auto tick = std::min(timer.tick_, reach);
    const auto shift = kSlotBits * level;
    const auto slot = static_cast<unsigned>(tick >> shift) & (kSlots - 1);
    soonest_ = std::min(soonest_, tick >> shift << shift);
    link_last(levels_[level].slots[slot], timer);
    levels_[level].occupied[slot / 64] |= std::uint64_t{1} << (slot % 64);
}

std::uint64_t TimerWheel::next_occupied() const {
    auto next = kNoTick;
    for (unsigned level = 0; level < kLevels; ++level) {
        const unsigned shift = kSlotBits * level;
        const auto distance = distance_to_next(levels_[level].occupied, static_cast<unsigned>(current_ >> shift) & (kSlots - 1));
        if (distance != 0) next = std::min(next, ((current_ >> shift) + distance) << shift);
    }
    return next;
}

void TimerWheel::advance(TimePoint now) {
    const auto target = tick_of(now);
    while (soonest_ <= target) {
        visit(soonest_);
        soonest_ = next_occupied();
    }
    current_ = std::max(current_, target);
}

void TimerWheel::visit(std::uint64_t tick) {
    current_ = tick;
    for (unsigned level = kLevels - 1; level > 0; --level) {
        const unsigned shift = kSlotBits * level;
        if ((tick & ((std::uint64_t{1} << shift) - 1)) == 0) spread(level, static_cast<unsigned>(tick >> shift) & (kSlots - 1));
    }
    fire_slot(static_cast<unsigned>(tick) & (kSlots - 1));
}

void TimerWheel::spread(unsigned level, unsigned slot) {
    levels_[level].occupied[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
    TimerLink list;
    move_all(levels_[level].slots[slot], list);
    while (!is_empty(list)) {
        auto& timer = static_cast<Timer&>(*list.after);
        timer.cancel();
        if (timer.tick_ <= current_) {
            // Due now: slot of the present tick, which is fired right after.
            const auto now_slot = static_cast<unsigned>(current_) & (kSlots - 1);
            link_last(levels_[0].slots[now_slot], timer);
        } else {
            place(timer);
        }
    }
}

void TimerWheel::fire_slot(unsigned slot) {
    levels_[0].occupied[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
    TimerLink list;
    move_all(levels_[0].slots[slot], list);
    while (!is_empty(list)) {
        auto& timer = static_cast<Timer&>(*list.after);
        timer.cancel();
        timer.fire_(timer);
    }
}

}  // namespace weir::io
