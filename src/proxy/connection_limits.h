// How many connections there are, in all and a client, over all workers. Lock-free: counts by client live in a fixed table of atomics that
// a keyed hash of the address leads to (an IPv6 client is its /64). Two clients that share a cell count together: with the default limits a
// cell is far from full by chance, and the key keeps anybody from making it so.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "net/address.h"

namespace weir::proxy {

class ConnectionLimits {
public:
    enum class Verdict : std::uint8_t { admitted, too_many, too_many_of_client };

    explicit ConnectionLimits(std::uint64_t key) : key_(key) {}
    // Counts the connection when it is admitted; then leave() is owed.
    Verdict enter(const net::Ip& client, std::uint32_t max, std::uint32_t max_of_client);
    void leave(const net::Ip& client);
    std::uint32_t connections() const { return total_.load(std::memory_order_relaxed); }

private:
    static constexpr std::size_t kCells = std::size_t{1} << 16U;
    std::atomic<std::uint32_t>& cell_of(const net::Ip& client);

    std::uint64_t key_;
    std::atomic<std::uint32_t> total_{0};
    std::array<std::atomic<std::uint32_t>, kCells> cells_{};
};

}  // namespace weir::proxy
