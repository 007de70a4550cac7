// DiskCounters: what a disk store has done and what has failed, for metrics and for a person. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::cache {

struct DiskCounters {
    using Count = std::atomic<std::uint64_t>;
    Count octets{0}, segments{0};
    Count hits{0}, misses{0};                                 // of what the index promised
    Count reads{0}, reads_waited{0}, read_errors{0}, bad{0};  // bad: checksums that did not fit
    Count written{0}, octets_written{0}, kept{0}, write_errors{0};
    Count dropped{0};    // the queue was full, or the disk is being left alone
    Count evicted{0};    // segments
    Count recovered{0};  // objects found at the start
    std::atomic<bool> is_recovering{false};

    static void add(Count& count, std::uint64_t by = 1) { count.fetch_add(by, std::memory_order_relaxed); }
    static std::uint64_t of(const Count& count) { return count.load(std::memory_order_relaxed); }
};

}  // namespace weir::cache
