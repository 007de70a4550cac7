// Refusals: what was not stored. A count by reason, of each worker its own; and the last reason of an URL, for a person who asks
// (`weir cache show`): a fixed table of atomics that a keyed hash leads to, in which a note gives way to a newer one of its cell. Written
// only when an answer was not stored. Counting and noting: threads of workers; reading: any.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/counter.h"
#include "cache/refusal.h"

namespace weir::cache {

class Refusals {
public:
    static constexpr std::size_t kCells = std::size_t{1} << 13U;

    explicit Refusals(std::uint32_t workers) : workers_(workers), counts_(std::make_unique<Counts[]>(workers)) {}

    // On a worker: an answer passed by the store.
    void count(Refusal why);
    // The same, and it was fetched for all.
    void note(std::uint64_t hash, Refusal why, TimePoint now);

    struct Last {
        Refusal why = Refusal::none;
        std::chrono::milliseconds ago{};
    };
    std::optional<Last> last(std::uint64_t hash, TimePoint now) const;
    std::uint64_t counted(Refusal why) const;
    std::size_t counts_octets() const { return workers_ * sizeof(Counts); }

private:
    struct alignas(64) Counts {
        std::array<Counter, static_cast<std::size_t>(Refusal::count_)> of;
    };
    // Mark of the URL, the millisecond, the reason.
    static constexpr std::uint64_t kMark = 0xfffff00000000000U;
    static constexpr unsigned kTimeShift = 8;
    static constexpr std::uint64_t kTime = 0xfffffffffU;
    static constexpr std::uint64_t kReason = 0xffU;

    std::uint32_t workers_;
    std::unique_ptr<Counts[]> counts_;
    std::array<std::atomic<std::uint64_t>, kCells> cells_{};
};

}  // namespace weir::cache
