// Passive ejection: what the outcome of exchanges does to a peer. After so many failures in a row it is left out for a while that doubles
// with each ejection; it comes back on trial, its first failure sends it out again. A time as long as the last ejection without
// another one halves the next. Any worker's thread: atomics of the Peer; no more than the configured share of a group is ever out.
#pragma once

#include <atomic>
#include <string_view>

#include "upstream/options.h"
#include "upstream/peer_set.h"

namespace weir::upstream {

class Ejector {
public:
    // `group` is for the log. The options outlive this.
    Ejector(const EjectOptions& options, std::string_view group) : options_(options), group_(group) {}

    // Hot: two loads when all is well.
    void succeeded(Peer& peer, TimePoint now) {
        if (peer.failures_in_a_row.load(std::memory_order_relaxed) != 0 || peer.ejections_in_a_row.load(std::memory_order_relaxed) != 0)
            recover(peer, now);
    }
    // `why` is one word for the log: "refused", "timeout", "status" …
    void failed(Peer& peer, const PeerSet& set, TimePoint now, std::string_view why);

    // base_time, doubled for each ejection before this one, at most time_max.
    static Duration time_of(const EjectOptions& options, std::uint32_t ejections_before);

private:
    void recover(Peer& peer, TimePoint now);
    void decay(Peer& peer, TimePoint now);
    void eject(Peer& peer, TimePoint now, std::string_view why);
    bool share_allows(const Peer& peer, const PeerSet& set, TimePoint now) const;

    const EjectOptions& options_;
    std::string_view group_;
    std::atomic<bool> is_deciding_{false};  // one worker at a time counts the share; another's failure counts the next time
};

}  // namespace weir::upstream
