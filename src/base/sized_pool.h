// A SizedPool keeps what a thread gives back until it takes something of that size again: a few instructions each, and who takes gets
// what has just been touched. Sizes are rounded up to kStep, each rounded size is a row, last in first out. Any thread takes, any thread
// gives. Limits: above Limits::kPooledMax octets it is the allocator's, and so is what would exceed Limits::kRowMax octets waiting in a row
// or kWaitingMax in all, of one thread. Under AddressSanitizer nothing waits, so that use after free is seen.
#pragma once

#include <array>
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "base/sanitizers.h"

namespace weir {

template <class Limits>
class SizedPool {
public:
    static constexpr std::size_t kStep = 64;

    static void* take(std::size_t octets) {
        if (octets > Limits::kPooledMax) [[unlikely]]
            return take_slowly(octets);
        auto& row = tls_waiting_.rows[row_of(octets)];
        if (row.first == nullptr) [[unlikely]]
            return take_slowly(octets);
        tls_waiting_.octets -= rounded(octets);
        if constexpr (kRowsAreLimited) row.octets -= rounded(octets);
        return std::exchange(row.first, row.first->next);
    }
    // `octets`: as it was taken.
    static void give(void* memory, std::size_t octets) noexcept {
        if (octets > Limits::kPooledMax || tls_waiting_.octets + rounded(octets) > tls_waiting_.octets_max) [[unlikely]]
            return give_back(memory);
        auto& row = tls_waiting_.rows[row_of(octets)];
        if constexpr (kRowsAreLimited) {
            if (row.octets + rounded(octets) > Limits::kRowMax) [[unlikely]]
                return give_back(memory);
            row.octets += rounded(octets);
        }
        tls_waiting_.octets += rounded(octets);
        row.first = new (memory) Waiting{row.first};
    }
    // Where take() would find the next ones; nullptr: with the allocator.
    static const void* next(std::size_t octets) { return octets > Limits::kPooledMax ? nullptr : tls_waiting_.rows[row_of(octets)].first; }
    // What is asked of the allocator for so many octets.
    static constexpr std::size_t allocated_for(std::size_t octets) { return octets > Limits::kPooledMax ? octets : rounded(octets); }
    // Of this thread.
    static std::size_t waiting_octets() { return tls_waiting_.octets; }

private:
    static constexpr bool kRowsAreLimited = Limits::kRowMax < Limits::kWaitingMax;

    struct Waiting {
        Waiting* next;
    };
    struct LimitedRow {
        Waiting* first = nullptr;
        std::size_t octets = 0;
    };
    struct BareRow {
        Waiting* first = nullptr;
    };
    struct Rows {
        std::array<std::conditional_t<kRowsAreLimited, LimitedRow, BareRow>, Limits::kPooledMax / kStep> rows{};
        std::size_t octets = 0;
        std::size_t octets_max = 0;  // zero before the first is taken and after the thread's end
    };

    // Lets things wait as long as the thread lives; what is given after that goes straight to the allocator.
    class Reaper {
    public:
        Reaper() { tls_waiting_.octets_max = kHasAddressSanitizer ? 0 : Limits::kWaitingMax; }
        Reaper(const Reaper&) = delete;
        Reaper& operator=(const Reaper&) = delete;
        ~Reaper() {
            tls_waiting_.octets = tls_waiting_.octets_max = 0;
            for (auto& row : tls_waiting_.rows)
                while (row.first != nullptr) ::operator delete(std::exchange(row.first, row.first->next));
            tls_waiting_.rows = {};
        }
        void touch() {}
    };

    static constexpr std::size_t row_of(std::size_t octets) { return (octets - 1) / kStep; }
    static constexpr std::size_t rounded(std::size_t octets) { return (row_of(octets) + 1) * kStep; }
    [[gnu::noinline]] static void* take_slowly(std::size_t octets) {
        thread_local Reaper reaper;
        reaper.touch();
        return ::operator new(allocated_for(octets));
    }
    [[gnu::noinline]] static void give_back(void* memory) noexcept { ::operator delete(memory); }

    // Without a constructor or destructor to run, so that reaching it is one instruction.
    static inline constinit thread_local Rows tls_waiting_{};
};

}  // namespace weir
