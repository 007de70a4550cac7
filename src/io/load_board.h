// LoadBoard: how busy each worker is, for the hand-over of new connections. A figure a worker in a cache line of its own; anybody reads
// all of them. Any thread, no locks: a figure read may be a moment old, what is counted is never lost. Limit: kWorkersMax workers.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace weir::io {

class LoadBoard {
public:
    static constexpr std::uint32_t kWorkersMax = 256;

    // Only the first `workers` take part. Throws std::invalid_argument for none or too many.
    explicit LoadBoard(std::uint32_t workers);
    LoadBoard(const LoadBoard&) = delete;
    LoadBoard& operator=(const LoadBoard&) = delete;

    // A connection came (+1) or went (-1).
    void add(std::uint32_t worker, std::int32_t change) { figures_[worker].load.fetch_add(change, std::memory_order_relaxed); }
    std::int32_t load_of(std::uint32_t worker) const { return figures_[worker].load.load(std::memory_order_relaxed); }
    std::uint32_t workers() const { return workers_; }

    // The first one, counted from `preferred` on, with the smallest figure.
    std::uint32_t least_loaded(std::uint32_t preferred = 0) const;

    // Chooses a worker for a new connection and counts it there, in one step: two workers that accept at the same time do not both give
    // to the same one. `own` keeps it unless another has less by more than 1/kSlackShare of its figure: handing over costs a wake-up.
    std::uint32_t place(std::uint32_t own);

private:
    static constexpr std::int32_t kSlackShare = 16;

    struct alignas(64) Figure {
        std::atomic<std::int32_t> load{0};
    };
    std::uint32_t workers_;
    std::array<Figure, kWorkersMax> figures_;
};

}  // namespace weir::io
