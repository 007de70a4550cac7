// Chooser: which peer gets the next exchange of this worker. Primaries first; backups only while no primary may serve (or each of them
// has been tried for this exchange); among those, the configured balancing. When every peer is ejected, or every other has failed this
// exchange, one exchange at a time tries the one that has been out the longest, so that a group never stays away longer than its origin. No
// I/O. Thread: the worker's.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/random.h"
#include "upstream/balance_hash.h"
#include "upstream/balance_least_connections.h"
#include "upstream/balance_random_two.h"
#include "upstream/balance_round_robin.h"
#include "upstream/options.h"

namespace weir::upstream {

// What an exchange asks of the choice.
struct Wish {
    std::span<const Ref<Peer>> tried;  // not these again, while others are left
    bool is_new_connection = false;    // a reused connection broke: its peer is not at fault
    bool has_key = false;              // for hash balancing; without one, chance decides
    std::uint64_t hash = 0;

    bool has_tried(const Peer& peer) const;
};

struct Choice {
    enum class Refusal : std::uint8_t {
        none,
        empty,  // the group has no peer: its names do not resolve
        full,   // peers may serve, and each has connections_max leases
        down,   // every peer is down or ejected
    };
    std::size_t index = kNoPeer;  // PeerSet::at
    Refusal refusal = Refusal::none;
    bool is_trial = false;  // of an ejected peer

    explicit operator bool() const { return index != kNoPeer; }
};

class Chooser {
public:
    Chooser(const BalanceOptions& options, std::uint64_t seed) : options_(options), random_(seed) {}

    void adopt(Ref<const PeerSet> set);
    const PeerSet& set() const { return *set_; }

    // Looks only; the caller takes the place (Peer::take_place, is_on_trial).
    Choice choose(const Wish& wish, TimePoint now) {
        // Nearly every choice: plain turns, and the next one is well.
        if (takes_plain_turns_ && wish.tried.empty() && primary_.put_back == kNoPeer) {
            const auto& peers = set_->primary.peers;
            const auto next = primary_.round_robin.next();
            if (peers[next]->may_serve(now) && peers[next]->has_room()) {
                primary_.round_robin.advance(peers.size());
                return {.index = next};
            }
        }
        return choose_any(wish, now);
    }
    // The choice was not used: the next exchange gets it, so that nobody loses its turn.
    void put_back(const Choice& choice);
    // Is there another peer that may serve and has not been tried?
    bool has_other(const Wish& wish, const Peer& than, TimePoint now) const;

private:
    struct Turns {
        RoundRobin round_robin;
        LeastConnections least_connections;
        std::size_t put_back = kNoPeer;
    };

    std::size_t pick(const Tier& tier, Turns& turns, const Wish& wish, TimePoint now, bool may_repeat);
    Choice choose_any(const Wish& wish, TimePoint now);
    Choice choose_further(const Wish& wish, TimePoint now);
    Choice choose_trial(const Wish& wish, TimePoint now) const;
    Choice from_primary(std::size_t index) const { return {.index = index}; }
    Choice from_backup(std::size_t index) const { return {.index = index + set_->primary.size()}; }

    const BalanceOptions& options_;
    Random random_;
    Ref<const PeerSet> set_;
    Turns primary_, backup_;
    bool takes_plain_turns_ = false;  // round robin, primaries of equal weight, at least one
};

}  // namespace weir::upstream
