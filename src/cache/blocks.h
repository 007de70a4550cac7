// Blocks: the memory of what a zone stores. What goes on a thread waits there, sorted by its size, for what is stored next: who makes room
// has just touched it, whereas the allocator would look for a page with a free place, and find one that nobody has touched for long.
// Any thread takes, any thread gives. What waits is on no zone's account; blocks of more than kPooledMax octets are the allocator's.
#pragma once

#include <cstddef>

#include "base/sized_pool.h"
#include "cache/account.h"

namespace weir::cache {

struct BlockLimits {
    static constexpr std::size_t kPooledMax = 8 * 1024;
    // As many as the connections of a turn may take before their answers come and make room.
    static constexpr std::size_t kRowMax = 256 * 1024;
    static constexpr std::size_t kWaitingMax = 2 * 1024 * 1024;
};

struct Blocks : SizedPool<BlockLimits> {
    static constexpr std::size_t kPooledMax = BlockLimits::kPooledMax;

    // What one of so many octets really takes.
    static constexpr std::size_t footprint_of(std::size_t octets) { return footprint(allocated_for(octets)); }
};

}  // namespace weir::cache
