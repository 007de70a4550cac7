// Peer: one server of an upstream group, at one address, with what the whole process knows of it. Shared by all workers: every field that
// changes is an atomic written with relaxed order. Lives as long as a group, a lease or an idle connection refers to it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/ref.h"
#include "net/address.h"

namespace weir::upstream {

class Peer : public Counted {
public:
    Peer(net::Address address, std::string name, std::uint16_t weight, bool is_backup, std::uint32_t connections_max,
         std::string host = {});

    const net::Address address;
    const std::string name;  // "10.0.0.1:80", for logs and metrics
    const std::uint16_t weight;
    const bool is_backup;
    const std::uint32_t connections_max;          // 0: no limit
    const std::string host;                       // the server's name as configured: what TLS asks for and verifies
    std::atomic<std::uint32_t> metrics_label{0};  // set by the control thread

    // Health checks say down; passive ejection says until when (steady clock, nanoseconds).
    std::atomic<bool> is_down{false};
    std::atomic<bool> is_on_trial{false};  // an ejected peer of a group without any other: one exchange at a time tries it
    std::atomic<std::int64_t> ejected_until{0};
    std::atomic<std::int64_t> ejections_decay_at{0};
    std::atomic<std::uint32_t> failures_in_a_row{0};
    std::atomic<std::uint32_t> ejections_in_a_row{0};
    // Figures for metrics, since the process began.
    std::atomic<std::uint64_t> downs{0};  // by health checks
    std::atomic<std::uint64_t> ejections{0};
    std::atomic<std::uint64_t> outrun{0};  // connects that another peer's was quicker than

    // Exchanges that hold a lease, over all workers. Written twice an exchange, so it keeps off the line that every choice reads.
    alignas(64) std::atomic<std::uint32_t> active{0};

    bool may_serve(TimePoint now) const {
        return !is_down.load(std::memory_order_relaxed) && ejected_until.load(std::memory_order_relaxed) <= now.time_since_epoch().count();
    }

    // Places: at most connections_max leases at once, exactly, over all workers.
    bool has_room() const { return connections_max == 0 || active.load(std::memory_order_relaxed) < connections_max; }
    bool take_place();
    void give_place() { active.fetch_sub(1); }  // sequentially consistent: who waits looks again after having said so (group_view.h)
};

}  // namespace weir::upstream
