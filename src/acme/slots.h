// Slots: so many may be at something at once; others wait in turn. Thread: one worker's.
#pragma once

#include <algorithm>
#include <deque>

#include "io/event.h"
#include "io/task.h"

namespace weir::acme {

class Slots {
public:
    explicit Slots(std::size_t count) : free_(count) {}
    Slots(const Slots&) = delete;
    Slots& operator=(const Slots&) = delete;

    // An error when the deadline passed or a Stop came first; then nothing was taken.
    io::Task<Result<>> take(io::Deadline deadline) {
        if (free_ > 0 && waiting_.empty()) {
            --free_;
            co_return Result<>{};
        }
        Turn turn;
        waiting_.push_back(&turn);
        auto waited = co_await turn.called.wait(deadline);
        if (!waited && turn.is_called) give();  // it was called and ended in the same moment
        else if (!waited) std::erase(waiting_, &turn);
        co_return std::move(waited);
    }
    void give() {
        if (waiting_.empty()) {
            ++free_;
            return;
        }
        auto* next = waiting_.front();
        waiting_.pop_front();
        next->is_called = true;
        next->called.notify();
    }

private:
    struct Turn {
        io::Event called;
        bool is_called = false;
    };
    std::size_t free_;
    std::deque<Turn*> waiting_;
};

}  // namespace weir::acme
