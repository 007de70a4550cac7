// LogLane: the lines of one worker on their way to one file: a queue of blocks, written by one worker, read by the log's writer.
// No lock, no system call (but a ring of the bell every kRingOctets); a line is visible to the writer once it is committed, so nobody
// has to hand over half-full blocks. Blocks go round: the writer gives them back, and a steady load touches the same few.
// Limit: octets_max held in blocks; beyond it lines are dropped and counted, the worker never waits.
#pragma once

#include <sys/uio.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/counter.h"

namespace weir::observe {

class LogBell;

class LogLane {
public:
    static constexpr std::size_t kOctetsMax = 16 * 1024 * 1024;
    static constexpr std::size_t kSmallBlock = 4 * 1024;   // of a lane with little traffic
    static constexpr std::size_t kLargeBlock = 64 * 1024;  // of a busy one
    static constexpr std::size_t kRingOctets = 4 * kLargeBlock;
    static constexpr std::uint32_t kSpareBlocksMax = 8;

    explicit LogLane(LogBell& bell, std::size_t octets_max = kOctetsMax) : bell_(bell), octets_max_(octets_max) {}
    LogLane(const LogLane&) = delete;
    LogLane& operator=(const LogLane&) = delete;
    ~LogLane();

    // Worker: room for a line of at most that many octets, or nullptr when the lane is full (then the line counts as dropped).
    char* reserve(std::size_t octets) {
        if (static_cast<std::size_t>(end_ - at_) >= octets) [[likely]]
            return at_;
        return reserve_slow(octets);
    }
    // Worker: the line that was written into the reserved room ends here.
    void commit(char* end);

    // Writer: the lines that were not written yet, oldest first; how many pieces. A full `out` may mean that there is more.
    std::size_t gather(std::span<iovec> out);
    // Writer: that many octets of what gather() gave are written.
    void consume(std::size_t octets);
    // Writer: gives memory back that an idle lane keeps.
    void release_spares();

    // Any thread.
    std::uint64_t lines() const { return lines_.value(); }
    std::uint64_t dropped() const { return dropped_.value(); }

private:
    struct Block;

    char* reserve_slow(std::size_t octets);
    std::size_t next_size(std::size_t octets) const;
    Block* take_spare(std::size_t capacity);
    void give_spares(Block* first, Block* last);
    void recycle(Block* block);

    // Worker's.
    alignas(64) char* at_ = nullptr;
    char* end_ = nullptr;
    Block* tail_ = nullptr;
    std::size_t taken_octets_ = 0;  // of all blocks ever put into the queue
    Counter lines_;
    Counter dropped_;
    LogBell& bell_;
    std::size_t octets_max_;

    // Writer's, read by the worker once a block.
    alignas(64) Block* head_ = nullptr;
    std::atomic<std::size_t> freed_octets_{0};  // of all blocks ever taken out of it

    // Both.
    alignas(64) std::atomic<Block*> first_{nullptr};
    std::atomic<Block*> spares_{nullptr};
    std::atomic<std::uint32_t> spare_count_{0};  // near enough
};

}  // namespace weir::observe
