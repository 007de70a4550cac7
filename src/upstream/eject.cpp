#include "upstream/eject.h"

#include <algorithm>

#include "base/log.h"

namespace weir::upstream {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

std::int64_t ticks(TimePoint at) { return at.time_since_epoch().count(); }

bool is_ejected(const Peer& peer, TimePoint now) { return peer.ejected_until.load(kRelaxed) > ticks(now); }

}  // namespace

Duration Ejector::time_of(const EjectOptions& options, std::uint32_t ejections_before) {
    auto time = options.base_time;
    for (; ejections_before > 0 && time < options.time_max; --ejections_before) time *= 2;
    return std::min(time, std::max(options.time_max, options.base_time));
}

void Ejector::failed(Peer& peer, const PeerSet& set, TimePoint now, std::string_view why) {
    if (options_.failures == 0) return;
    const auto failures = peer.failures_in_a_row.fetch_add(1, kRelaxed) + 1;
    const bool is_out = is_ejected(peer, now);
    // A trial of an ejected peer that failed: it goes to the end of those that wait for one. Not a further ejection.
    if (is_out && peer.is_on_trial.load(kRelaxed)) {
        const auto before = std::max(peer.ejections_in_a_row.load(kRelaxed), 1U) - 1;
        peer.ejected_until.store(ticks(now + time_of(options_, before)), kRelaxed);
        return;
    }
    if (is_out || failures < options_.failures || is_deciding_.exchange(true, std::memory_order_acquire)) return;
    if (share_allows(peer, set, now)) eject(peer, now, why);
    is_deciding_.store(false, std::memory_order_release);
}

// Counted over the whole group, those that checks hold for down too: a failure that all peers share (their database is gone) must not
// leave nobody.
bool Ejector::share_allows(const Peer& peer, const PeerSet& set, TimePoint now) const {
    if (set.size() < 2 || is_ejected(peer, now)) return false;
    std::size_t out = 1;
    for (std::size_t i = 0; i < set.size(); ++i)
        if (set.at(i).raw() != &peer && !set.at(i)->may_serve(now)) ++out;
    return out * 100 <= set.size() * options_.share_max_percent;
}

void Ejector::eject(Peer& peer, TimePoint now, std::string_view why) {
    const auto before = peer.ejections_in_a_row.fetch_add(1, kRelaxed);
    const auto time = time_of(options_, before);
    const auto until = now + time;
    // It comes back on trial.
    peer.failures_in_a_row.store(options_.failures - 1U, kRelaxed);
    peer.ejections_decay_at.store(ticks(until + time), kRelaxed);
    peer.ejected_until.store(ticks(until), kRelaxed);
    peer.ejections.fetch_add(1, kRelaxed);
    log::warn("peer_ejected", "it failed too often in a row and is left out for a while",
              {{"upstream", group_}, {"peer", peer.name}, {"reason", why}, {"seconds", std::chrono::duration<double>(time).count()}});
}

void Ejector::recover(Peer& peer, TimePoint now) {
    if (!is_ejected(peer, now)) {
        peer.failures_in_a_row.store(0, kRelaxed);
        if (peer.ejections_in_a_row.load(kRelaxed) != 0) decay(peer, now);
        return;
    }
    // What began before the ejection proves nothing; a trial that went well ends it.
    if (!peer.is_on_trial.load(kRelaxed)) return;
    peer.failures_in_a_row.store(0, kRelaxed);
    peer.ejected_until.store(ticks(now), kRelaxed);
    log::info("peer_readmitted", "an ejected peer answers again", {{"upstream", group_}, {"peer", peer.name}});
}

void Ejector::decay(Peer& peer, TimePoint now) {
    auto due = peer.ejections_decay_at.load(kRelaxed);
    if (due > ticks(now)) return;
    const auto left = peer.ejections_in_a_row.load(kRelaxed) - 1;
    const auto next = ticks(now + time_of(options_, std::max(left, 1U) - 1));
    // Who moves the moment on has the right to count down.
    if (peer.ejections_decay_at.compare_exchange_strong(due, next, kRelaxed)) peer.ejections_in_a_row.store(left, kRelaxed);
}

}  // namespace weir::upstream
