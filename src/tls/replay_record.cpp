#include "tls/replay_record.h"

#include <algorithm>
#include <cstring>

namespace weir::tls {
namespace {

constexpr std::uint64_t kSecondBits = 16;
constexpr std::uint64_t kSecondMask = (1U << kSecondBits) - 1;
constexpr std::uint64_t kTaken = std::uint64_t{1} << 63;  // 0 is a free place
constexpr std::uint64_t kWindowSeconds = std::chrono::duration_cast<std::chrono::seconds>(ReplayRecord::kWindow).count();

std::uint64_t seconds_of(TimePoint now) {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count()) & kSecondMask;
}

// Workers read their clocks at different moments: what was noted a little later than now lives, too.
bool is_living(std::uint64_t place, std::uint64_t second) {
    return place != 0 && ((second - place + kWindowSeconds) & kSecondMask) <= 2 * kWindowSeconds;
}

bool is_same(std::uint64_t a, std::uint64_t b) { return a >> kSecondBits == b >> kSecondBits; }

}  // namespace

ReplayRecord::ReplayRecord(TimePoint closed_until) : closed_until_(closed_until), shelves_(std::make_unique<Shelf[]>(kPlaces / kWays)) {}

ReplayRecord::~ReplayRecord() = default;

bool ReplayRecord::is_first(std::span<const unsigned char, 32> random, TimePoint now) const {
    if (now < closed_until_) return false;
    std::uint64_t which = 0;
    std::uint64_t mark = 0;
    std::memcpy(&which, random.data(), sizeof which);
    std::memcpy(&mark, random.data() + sizeof which, sizeof mark);
    const auto second = seconds_of(now);
    const auto own = (mark & ~kSecondMask) | kTaken | second;
    auto& places = shelves_[which % (kPlaces / kWays)].places;
    for (;;) {
        std::atomic<std::uint64_t>* free = nullptr;
        std::uint64_t was = 0;
        for (auto& place : places) {
            const auto there = place.load();
            const bool lives = is_living(there, second);
            if (lives && is_same(there, own)) return false;
            if (lives || free != nullptr) continue;
            free = &place;
            was = there;
        }
        if (free == nullptr) return false;
        if (!free->compare_exchange_strong(was, own)) continue;  // another worker was faster: look again
        // Two that came at once may have found different places: at least one of them sees the other here.
        return std::ranges::none_of(places, [&](const auto& place) { return &place != free && is_same(place.load(), own); });
    }
}

}  // namespace weir::tls
