#include "cache/refusals.h"

#include "io/worker.h"

namespace weir::cache {
namespace {

std::uint64_t count_of(TimePoint at) {
    return static_cast<std::uint64_t>(std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count());
}

}  // namespace

void Refusals::count(Refusal why) { counts_[io::Worker::current().index()].of[static_cast<std::size_t>(why)].add(); }

void Refusals::note(std::uint64_t hash, Refusal why, TimePoint now) {
    count(why);
    const auto time = (count_of(now) & kTime) << kTimeShift;
    cells_[hash % kCells].store((hash & kMark) | time | static_cast<std::uint64_t>(why), std::memory_order_relaxed);
}

std::optional<Refusals::Last> Refusals::last(std::uint64_t hash, TimePoint now) const {
    const auto cell = cells_[hash % kCells].load(std::memory_order_relaxed);
    if ((cell & kReason) == 0 || ((cell ^ hash) & kMark) != 0) return std::nullopt;
    const auto since = (count_of(now) - (cell >> kTimeShift)) & kTime;  // the mark above falls away
    return Last{.why = static_cast<Refusal>(cell & kReason), .ago = std::chrono::milliseconds(since)};
}

std::uint64_t Refusals::counted(Refusal why) const {
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i < workers_; ++i) sum += counts_[i].of[static_cast<std::size_t>(why)].value();
    return sum;
}

}  // namespace weir::cache
