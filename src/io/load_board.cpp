#include "io/load_board.h"

#include <stdexcept>

namespace weir::io {

LoadBoard::LoadBoard(std::uint32_t workers) : workers_(workers) {
    if (workers == 0 || workers > kWorkersMax) throw std::invalid_argument("a load board holds 1 to 256 workers");
}

std::uint32_t LoadBoard::least_loaded(std::uint32_t preferred) const {
    auto least = preferred % workers_;
    auto figure = load_of(least);
    for (std::uint32_t step = 1, worker = least; step < workers_; ++step) {
        worker = worker + 1 == workers_ ? 0 : worker + 1;
        if (load_of(worker) >= figure) continue;
        least = worker;
        figure = load_of(worker);
    }
    return least;
}

std::uint32_t LoadBoard::place(std::uint32_t own) {
    for (;;) {
        const auto least = least_loaded(own);
        auto figure = load_of(least);
        const auto mine = load_of(own);
        const bool keeps = mine - figure <= mine / kSlackShare;
        const auto chosen = keeps ? own : least;
        if (keeps) figure = mine;
        // When another worker has changed the figure since, choose again.
        if (figures_[chosen].load.compare_exchange_weak(figure, figure + 1, std::memory_order_relaxed)) return chosen;
    }
}

}  // namespace weir::io
