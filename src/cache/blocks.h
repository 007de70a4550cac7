// Blocks: the memory of what a zone stores. What goes on a thread waits there, sorted by its size, for what is stored next: who makes room
// has just touched it, whereas the allocator would look for a page with a free place, and find one that nobody has touched for long.
// Any thread takes, any thread gives. Limits: kRowMax octets of each size a thread, kWaitingMax of all, which are on no zone's account;
// blocks of more than kPooledMax octets are the allocator's. Under AddressSanitizer none waits, so that use after free is seen.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "cache/account.h"

namespace weir::cache {

struct WaitingBlock {
    WaitingBlock* next;
};

struct WaitingBlocks {
    static constexpr std::size_t kStep = 64;
    static constexpr std::size_t kPooledMax = 8 * 1024;
    struct Row {
        WaitingBlock* first = nullptr;
        std::size_t octets = 0;
    };
    std::array<Row, kPooledMax / kStep> rows{};
    std::size_t octets = 0;
    std::size_t octets_max = 0;  // zero before the first block and after the thread's end
};

class Blocks {
public:
    static constexpr std::size_t kPooledMax = WaitingBlocks::kPooledMax;
    // As many as the connections of a turn may take before their answers come and make room.
    static constexpr std::size_t kRowMax = 256 * 1024;
    static constexpr std::size_t kWaitingMax = 2 * 1024 * 1024;

    static void* take(std::size_t octets) {
        if (octets > kPooledMax) [[unlikely]]
            return take_slowly(octets);
        auto& waiting = tls_waiting_;
        auto& row = waiting.rows[row_of(octets)];
        if (row.first == nullptr) [[unlikely]]
            return take_slowly(octets);
        row.octets -= rounded(octets);
        waiting.octets -= rounded(octets);
        return std::exchange(row.first, row.first->next);
    }
    // `octets`: as it was taken.
    static void give(void* memory, std::size_t octets) noexcept {
        auto& waiting = tls_waiting_;
        if (octets > kPooledMax || waiting.octets + rounded(octets) > waiting.octets_max) [[unlikely]]
            return give_back(memory);
        auto& row = waiting.rows[row_of(octets)];
        if (row.octets + rounded(octets) > kRowMax) [[unlikely]]
            return give_back(memory);
        row.octets += rounded(octets);
        waiting.octets += rounded(octets);
        row.first = new (memory) WaitingBlock{row.first};
    }
    // What one of so many octets really takes.
    static constexpr std::size_t footprint_of(std::size_t octets) { return footprint(octets > kPooledMax ? octets : rounded(octets)); }

private:
    friend class BlockReaper;
    static constexpr std::size_t row_of(std::size_t octets) { return (octets - 1) / WaitingBlocks::kStep; }
    static constexpr std::size_t rounded(std::size_t octets) { return (row_of(octets) + 1) * WaitingBlocks::kStep; }
    static void* take_slowly(std::size_t octets);
    static void give_back(void* memory) noexcept;

    // Without a constructor or destructor to run, so that reaching it is one instruction; blocks.cpp empties it at the thread's end.
    static inline constinit thread_local WaitingBlocks tls_waiting_{};
};

}  // namespace weir::cache
