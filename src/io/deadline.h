// Stop and Deadline: the two ways a wait ends before what it waits for has come. Both complete the pending operation with an error;
// the coroutine runs to its end and cleans up itself.
#pragma once

#include <algorithm>

#include "base/clock.h"
#include "base/result.h"

namespace weir::io {

struct StopLink {
    StopLink* before = nullptr;
    StopLink* after = nullptr;
};

// Something that wants to know of a Stop: pending waits, and Stops below another Stop.
class StopWatcher : private StopLink {
public:
    using Fire = void (*)(StopWatcher& watcher, ErrorCode why);
    explicit StopWatcher(Fire fire) : fire_(fire) {}
    StopWatcher(const StopWatcher&) = delete;
    StopWatcher& operator=(const StopWatcher&) = delete;
    ~StopWatcher() { leave(); }
    void leave() {
        if (before == nullptr) return;
        before->after = after;
        after->before = before;
        before = after = nullptr;
    }

private:
    friend class Stop;
    Fire fire_;
};

// A request to end, made once, seen by everything below it. Thread: the worker's.
class Stop : private StopWatcher {
public:
    Stop();
    explicit Stop(Stop* above);  // stops when `above` stops, too
    Stop(const Stop&) = delete;
    Stop& operator=(const Stop&) = delete;
    ~Stop();

    void request(ErrorCode why = ErrorCode::cancelled);
    bool is_requested() const { return is_requested_; }
    ErrorCode why() const { return why_; }
    void watch(StopWatcher& watcher);

private:
    StopLink watchers_;
    bool is_requested_ = false;
    ErrorCode why_ = ErrorCode::cancelled;
};

// Until when to wait, and on whose word to give up. A value; composes by taking the sooner one.
struct Deadline {
    TimePoint at = kNever;
    Stop* stop = nullptr;

    Deadline sooner(TimePoint other) const { return {std::min(at, other), stop}; }
};

}  // namespace weir::io
