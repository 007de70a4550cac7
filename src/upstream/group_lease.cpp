// The walk of a lease that needs more than an idle connection: connecting, and waiting in the queue.
#include <algorithm>

#include "base/few.h"
#include "io/worker.h"
#include "upstream/group_view.h"

namespace weir::upstream {
namespace {

constexpr int kTakesMax = 3;  // choices that another worker may snatch away before it counts as full

}  // namespace

bool GroupView::is_peers_fault(const Error& error) {
    return error.side == Side::upstream && error.code != ErrorCode::cancelled && error.code != ErrorCode::draining &&
           error.code != ErrorCode::no_descriptors;
}

// A place at a peer, or why there is none.
GroupView::Place GroupView::take_any(const Wish& wish, Choice::Refusal& refusal) {
    for (int takes = 0; takes < kTakesMax; ++takes) {
        const auto choice = choose(wish);
        refusal = choice.refusal;
        if (!choice) return {};
        auto place = take(choice);
        if (place) return place;
        refusal = choice.is_trial ? Choice::Refusal::down : Choice::Refusal::full;
    }
    return {};
}

io::Task<Result<Lease>> GroupView::lease(LeaseQuery query, io::Deadline deadline) {
    const Presence presence(*this);
    WaitQueue::Entry entry(queue_);
    Ref<Peer> picked;
    if (query.picked == nullptr) query.picked = &picked;
    Few<Ref<Peer>, kPassedMax> passed;
    for (const auto& peer : query.tried) passed.add(peer);
    auto wish = wish_of(query);
    const auto& options = group_.options_;
    const auto patience = worker_.now() + (options.queue.waiting_max != 0 ? options.queue.wait_max : options.connect_timeout);
    for (;;) {
        auto refusal = Choice::Refusal::none;
        const bool is_settled = group_.is_settled();  // before the look: a set that comes in between must not be missed
        if (may_look(entry)) {
            entry.begin_look();
            auto place = take_any(wish, refusal);
            if (place && query.picked_at != nullptr) *query.picked_at = worker_.now();
            auto* ready = place ? at_hand(place.pool(), query) : nullptr;
            if (ready != nullptr) co_return place.become(ready);
            if (place) {
                auto& peer = *query.picked = place.pool().peer_ref();
                const bool is_trial = place.is_trial();
                auto lease = co_await connect(std::move(place), query, deadline);
                if (lease && *lease) co_return std::move(lease);
                // Another one was quicker than this peer, for somebody else.
                if (lease && passed.is_full()) co_return fail(ErrorCode::timeout, Side::upstream, "peers do not answer", Retry::yes);
                if (lease) passed.add(peer), wish.tried = query.tried = passed.all();
                if (lease) continue;
                const bool is_first = !entry.is_linked();
                // Nobody is to blame for failing while all know that it is down.
                if (is_first && is_peers_fault(lease.error()))
                    group_.ejector_.failed(*peer, chooser_.set(), worker_.now(), word_of(lease.error().code));
                const bool has_other = is_first && chooser_.has_other(wish, *peer, worker_.now());
                if (has_other || !holds(lease.error())) co_return std::unexpected(lease.error());
                // All have been tried: held from here on until one of them answers, whichever it is. Those who were sent away get their
                // trial when all others have failed once more.
                if (is_trial || passed.is_full()) passed.clear();
                else if (!wish.has_tried(*peer)) passed.add(peer);
                wish.tried = query.tried = passed.all();
            }
        }
        const auto refused = refuse(refusal, entry.is_linked(), is_settled);
        if (refused) co_return std::unexpected(*refused);
        if (!entry.is_linked()) {
            entry.join();
            say_whether_waiting();
            if (refusal != Choice::Refusal::none) continue;  // a place may have come free before others could see that we wait
        }
        const auto woken = co_await entry.woken(until_next_look(entry, deadline, patience));
        const auto over = gave_up(woken, deadline, patience);
        if (over) co_return std::unexpected(*over);
    }
}

// First come, first served, when there is a queue.
bool GroupView::may_look(const WaitQueue::Entry& entry) const {
    return group_.options_.queue.waiting_max == 0 || queue_.empty() || entry.is_head() || entry.is_woken();
}

std::optional<Error> GroupView::refuse(Choice::Refusal refusal, bool is_waiting, bool is_settled) const {
    const auto waiting_max = group_.options_.queue.waiting_max;
    const bool is_unsettled = refusal == Choice::Refusal::empty && !is_settled;
    const auto places = std::max(waiting_max, is_unsettled ? Group::kUnsettledMax : 0);
    if (is_waiting ? places != 0 : queue_.size() < places) return std::nullopt;
    if (waiting_max != 0) return Error{.code = ErrorCode::queue_full, .detail = "the upstream's queue is full (queue)"};
    switch (refusal) {
        case Choice::Refusal::empty:
            return Error{.code = ErrorCode::unresolved, .side = Side::upstream, .detail = "no address for the upstream's names"};
        case Choice::Refusal::full:
            return Error{.code = ErrorCode::queue_full, .detail = "every peer has its max_connections, and there is no queue"};
        case Choice::Refusal::none:
        case Choice::Refusal::down: break;
    }
    return Error{.code = ErrorCode::no_peer, .side = Side::upstream, .detail = "every peer is down or ejected"};
}

void GroupView::say_whether_waiting() {
    auto& slot = group_.slots_[index_];
    if (slot.is_waiting.load(std::memory_order_relaxed) == !queue_.empty()) return;
    slot.is_waiting.store(!queue_.empty());
    if (queue_.empty()) group_.waiting_.fetch_sub(1);
    else group_.waiting_.fetch_add(1);
}

io::Deadline GroupView::until_next_look(const WaitQueue::Entry& entry, io::Deadline deadline, TimePoint patience) const {
    const auto until = deadline.sooner(patience);
    return entry.is_head() ? until.sooner(worker_.now() + kLookAgain) : until;
}

// The wait's end: woken, time to look again, or over.
std::optional<Error> GroupView::gave_up(const Result<>& woken, io::Deadline deadline, TimePoint patience) const {
    if (woken) return std::nullopt;
    if (woken.error().code != ErrorCode::timeout)
        return Error{.code = woken.error().code, .detail = "stopped while it waited in the queue"};
    const auto now = worker_.now();
    if (now < patience && now < deadline.at) return std::nullopt;
    if (group_.options_.queue.waiting_max == 0)
        return Error{.code = ErrorCode::unresolved, .side = Side::upstream, .detail = "the upstream's names are still being looked up"};
    return Error{.code = ErrorCode::queue_timeout, .side = Side::upstream, .detail = "waited too long in the upstream's queue"};
}

// With a queue, an upstream that can't be connected to is waited for: a container that restarts costs nobody a request.
bool GroupView::holds(const Error& error) const {
    return group_.options_.queue.waiting_max != 0 && is_peers_fault(error) && error.retry == Retry::yes;
}

}  // namespace weir::upstream
