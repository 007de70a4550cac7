// LogBell: what the log's writer sleeps on. Rung by workers only when much has come together, so that in the common case the data path
// makes no system call. Any thread may ring; one thread waits.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace weir::observe {

class LogBell {
public:
    // Wakes the writer; nothing but one atomic exchange when it has been rung already.
    void ring();
    // Until rung or until the time has passed. Rings that came before count.
    void wait(Duration at_most);

private:
    std::atomic<std::uint32_t> rung_{0};
};

}  // namespace weir::observe
