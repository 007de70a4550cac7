#include "proxy/connection_limits.h"

#include <cstring>

namespace weir::proxy {
namespace {

std::uint64_t mix(std::uint64_t value) {
    value = (value ^ (value >> 32U)) * 0xd6e8feb86659fd93U;
    value = (value ^ (value >> 32U)) * 0xd6e8feb86659fd93U;
    return value ^ (value >> 32U);
}

}  // namespace

std::atomic<std::uint32_t>& ConnectionLimits::cell_of(const net::Ip& client) {
    const auto ip = client.unmapped();
    std::uint64_t head = 0;
    std::memcpy(&head, ip.octets.data(), ip.family == net::Family::ipv4 ? 4 : 8);
    return cells_[mix(head + mix(key_)) % kCells];
}

ConnectionLimits::Verdict ConnectionLimits::enter(const net::Ip& client, std::uint32_t max, std::uint32_t max_of_client) {
    if (total_.fetch_add(1, std::memory_order_relaxed) >= max) {
        total_.fetch_sub(1, std::memory_order_relaxed);
        return Verdict::too_many;
    }
    auto& cell = cell_of(client);
    if (cell.fetch_add(1, std::memory_order_relaxed) >= max_of_client) {
        cell.fetch_sub(1, std::memory_order_relaxed);
        total_.fetch_sub(1, std::memory_order_relaxed);
        return Verdict::too_many_of_client;
    }
    return Verdict::admitted;
}

void ConnectionLimits::leave(const net::Ip& client) {
    cell_of(client).fetch_sub(1, std::memory_order_relaxed);
    total_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace weir::proxy
