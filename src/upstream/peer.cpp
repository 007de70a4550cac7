#include "upstream/peer.h"

#include <utility>

namespace weir::upstream {

Peer::Peer(net::Address at, std::string shown, std::uint16_t share, bool backup, std::uint32_t places, std::string server)
    : address(std::move(at)), name(std::move(shown)), weight(share), is_backup(backup), connections_max(places), host(std::move(server)) {}

bool Peer::take_place() {
    if (connections_max == 0) {
        active.fetch_add(1, std::memory_order_relaxed);
        return true;
    }
    auto taken = active.load();
    while (taken < connections_max)
        if (active.compare_exchange_weak(taken, taken + 1)) return true;
    return false;
}

}  // namespace weir::upstream
