#include "io/deadline.h"

namespace weir::io {

Stop::Stop() : Stop(nullptr) {}

Stop::Stop(Stop* above) : StopWatcher([](StopWatcher& self, ErrorCode why) { static_cast<Stop&>(self).request(why); }) {
    watchers_.before = watchers_.after = &watchers_;
    if (above != nullptr) above->watch(*this);
}

Stop::~Stop() {
    // Watchers that outlive the Stop are only unlinked: nobody can request it any more.
    while (watchers_.after != &watchers_) static_cast<StopWatcher*>(watchers_.after)->leave();
}

void Stop::watch(StopWatcher& watcher) {
    if (is_requested_) {
        watcher.fire_(watcher, why_);
        return;
    }
    StopLink& link = watcher;
    link.before = watchers_.before;
    link.after = &watchers_;
    watchers_.before->after = &link;
    watchers_.before = &link;
}

void Stop::request(ErrorCode why) {
    if (is_requested_) return;
    is_requested_ = true;
    why_ = why;
    while (watchers_.after != &watchers_) {
        auto& watcher = *static_cast<StopWatcher*>(watchers_.after);
        watcher.leave();
        watcher.fire_(watcher, why);
    }
}

}  // namespace weir::io
