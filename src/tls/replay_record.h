// ReplayRecord: the early data of the last seconds, so that none of it is taken twice (RFC 8446 8.2, ClientHello recording). Whoever copies
// a client's first flight can send it again; the copy has the same random, which the binder protects. What can't be told is refused, and
// the client says its request again after the handshake.
// Owner: counted; one for the process, as long as its ticket keys may open old tickets. Thread: any, without locks.
// Limits: kPlaces of them within kWindow.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "base/clock.h"
#include "base/ref.h"

namespace weir::tls {

class ReplayRecord : public Counted {
public:
    static constexpr std::size_t kPlaces = 32 * 1024;
    // Longer than OpenSSL takes a ClientHello for fresh: ten seconds, and one of rounding.
    static constexpr Duration kWindow = std::chrono::seconds(15);

    // `closed_until`: before that nothing is taken, because tickets from before the start may still come (RFC 8446 8.2).
    explicit ReplayRecord(TimePoint closed_until = TimePoint::min());
    ~ReplayRecord();

    // True once for each random, then not again within kWindow; not when there is no place left either.
    bool is_first(std::span<const unsigned char, 32> random, TimePoint now) const;

private:
    static constexpr std::size_t kWays = 8;
    // A line of the cache: each place holds 48 bits of a random and the second when it came; 0 is free.
    struct alignas(64) Shelf {
        std::array<std::atomic<std::uint64_t>, kWays> places{};
    };

    TimePoint closed_until_;
    std::unique_ptr<Shelf[]> shelves_;
};

}  // namespace weir::tls
