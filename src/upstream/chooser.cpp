#include "upstream/chooser.h"

#include <algorithm>
#include <utility>

namespace weir::upstream {
namespace {

bool serves_any(const Tier& tier, TimePoint now) {
    return std::ranges::any_of(tier.peers, [now](const Ref<Peer>& peer) { return peer->may_serve(now); });
}

bool serves_untried(const Tier& tier, const Wish& wish, TimePoint now) {
    return std::ranges::any_of(tier.peers, [&](const Ref<Peer>& peer) { return peer->may_serve(now) && !wish.has_tried(*peer); });
}

}  // namespace

bool Wish::has_tried(const Peer& peer) const {
    for (const auto& other : tried)
        if (other.raw() == &peer) return true;
    return false;
}

void Chooser::adopt(Ref<const PeerSet> set) {
    set_ = std::move(set);
    takes_plain_turns_ = options_.kind == BalanceOptions::Kind::round_robin && set_->primary.has_equal_weights && set_->primary.size() != 0;
    for (auto [turns, tier] : {std::pair{&primary_, &set_->primary}, std::pair{&backup_, &set_->backup}}) {
        turns->put_back = kNoPeer;
        if (tier->size() == 0) continue;
        turns->round_robin.restart(*tier, random_);
        turns->least_connections.restart(random_.below(tier->size()));
    }
}

std::size_t Chooser::pick(const Tier& tier, Turns& turns, const Wish& wish, TimePoint now, bool may_repeat) {
    const auto may = [&](std::size_t index) {
        const auto& peer = *tier.peers[index];
        return peer.may_serve(now) && peer.has_room() && (may_repeat || !wish.has_tried(peer));
    };
    if (tier.size() == 1) return may(0) ? 0 : kNoPeer;
    if (turns.put_back != kNoPeer) {
        const auto index = std::exchange(turns.put_back, kNoPeer);
        if (may(index)) return index;
    }
    switch (options_.kind) {
        case BalanceOptions::Kind::round_robin: return turns.round_robin.pick(tier, may);
        case BalanceOptions::Kind::least_connections: return turns.least_connections.pick(tier, may);
        case BalanceOptions::Kind::random_two: return RandomTwo::pick(tier, random_, may);
        case BalanceOptions::Kind::hash:
            if (!wish.has_key) return RandomTwo::pick(tier, random_, may);
            return Hash::pick(tier, wish.hash, options_.load_bound_percent, may);
    }
    return kNoPeer;
}

Choice Chooser::choose_any(const Wish& wish, TimePoint now) {
    const auto index = pick(set_->primary, primary_, wish, now, wish.tried.empty());
    return index != kNoPeer ? from_primary(index) : choose_further(wish, now);
}

// No primary that is new to this exchange has a place.
Choice Chooser::choose_further(const Wish& wish, TimePoint now) {
    if (set_->size() == 0) return {.refusal = Choice::Refusal::empty};
    const bool primary_serves = serves_any(set_->primary, now);
    const bool repeats_primary = primary_serves && wish.is_new_connection;
    if (!primary_serves || (!repeats_primary && !serves_untried(set_->primary, wish, now))) {
        const auto index = pick(set_->backup, backup_, wish, now, wish.tried.empty());
        if (index != kNoPeer) return from_backup(index);
    }
    if (!wish.tried.empty()) {
        // All who may serve have failed it: better one who was sent away, and may be back, than the same again.
        const bool has_any_new = serves_untried(set_->primary, wish, now) || serves_untried(set_->backup, wish, now);
        const auto trial = repeats_primary || has_any_new ? Choice{} : choose_trial(wish, now);
        if (trial) return trial;
        auto index = pick(set_->primary, primary_, wish, now, true);
        if (index != kNoPeer) return from_primary(index);
        if (!primary_serves) index = pick(set_->backup, backup_, wish, now, true);
        if (index != kNoPeer) return from_backup(index);
    }
    if (primary_serves || serves_any(set_->backup, now)) return {.refusal = Choice::Refusal::full};
    const auto trial = choose_trial(wish, now);
    return trial || wish.tried.empty() ? trial : choose_trial({}, now);
}

Choice Chooser::choose_trial(const Wish& wish, TimePoint now) const {
    Choice best{.refusal = Choice::Refusal::down};
    std::int64_t best_until = 0;
    for (std::size_t i = 0; i < set_->size(); ++i) {
        const auto& peer = *set_->at(i);
        const auto until = peer.ejected_until.load(std::memory_order_relaxed);
        const bool may = !peer.is_down.load(std::memory_order_relaxed) && !peer.is_on_trial.load(std::memory_order_relaxed);
        if (!may || peer.may_serve(now) || !peer.has_room() || wish.has_tried(peer) || (best && until >= best_until)) continue;
        best = {.index = i, .is_trial = true};
        best_until = until;
    }
    return best;
}

void Chooser::put_back(const Choice& choice) {
    if (options_.kind == BalanceOptions::Kind::hash || choice.is_trial) return;
    const auto primaries = set_->primary.size();
    const bool is_primary = choice.index < primaries;
    if ((is_primary ? set_->primary : set_->backup).size() == 1) return;  // it is always its turn
    (is_primary ? primary_ : backup_).put_back = is_primary ? choice.index : choice.index - primaries;
}

bool Chooser::has_other(const Wish& wish, const Peer& than, TimePoint now) const {
    for (std::size_t i = 0; i < set_->size(); ++i) {
        const auto& peer = *set_->at(i);
        if (&peer != &than && peer.may_serve(now) && !wish.has_tried(peer)) return true;
    }
    return false;
}

}  // namespace weir::upstream
