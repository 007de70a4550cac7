#include "upstream/group_view.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_map>

#include "io/worker.h"

namespace weir::upstream {
namespace {

std::uint32_t idle_max_of(const GroupOptions& options) {
    // A connection that began with a PROXY header speaks for one client only.
    const bool may_keep = options.proxy_protocol == ProxyProtocol::off && options.keep_alive.idle > Duration::zero();
    return may_keep ? options.keep_alive.connections_max : 0;
}

}  // namespace

GroupView::GroupView(Group& group, std::uint32_t index, io::Worker& worker)
    : Timer(&swept),
      group_(group),
      worker_(worker),
      index_(index),
      idle_max_(idle_max_of(group.options())),
      chooser_(group.options_.balance, group.seed_ + index) {}

GroupView::~GroupView() {
    if (leased_ + present_ != 0) std::abort();  // somebody uses what goes
    for (auto* pool : pools_) delete pool;
}

void GroupView::enter() {
    ++present_;
    if (!self_) self_ = Ref<Group>(&group_);
}

void GroupView::leave() {
    --present_;
    say_whether_waiting();
    stay_while_used();
}

// The last word of whoever calls it: the view may be gone afterwards.
void GroupView::stay_while_used() {
    if (leased_ + present_ != 0 || is_armed()) return;
    const auto last = std::move(self_);
}

void GroupView::swept(io::Timer& timer) { static_cast<GroupView&>(timer).sweep(); }

// One timer for all pools; it runs for as long as there are idle connections, not once each.
void GroupView::sweep() {
    const auto idle = group_.options_.keep_alive.idle;
    auto next = kNever;
    for (auto* pool : pools_) {
        if (pool == nullptr) continue;
        pool->close_idle_since(worker_.now() - idle);
        pool->spares.close_due(worker_.now());
        const auto oldest = pool->oldest();
        next = std::min({next, oldest == kNever ? kNever : oldest + idle, pool->spares.soonest()});
    }
    if (next != kNever) worker_.timers().arm(*this, next);
    else stay_while_used();
}

void GroupView::close() {
    idle_max_ = 0;
    for (auto* pool : pools_)
        if (pool != nullptr) pool->close_idle();
    cancel();
    stay_while_used();
}

// Pools move over with their peers; what has no place in the new set closes its idle connections now, and goes with its last lease.
void GroupView::adopt_pending() {
    const std::unique_ptr<Ref<const PeerSet>> set(group_.slots_[index_].pending.exchange(nullptr, std::memory_order_acq_rel));
    if (set == nullptr) return;
    std::unordered_map<const Peer*, Pool*> old;
    for (auto* pool : pools_)
        if (pool != nullptr) old.emplace(&pool->peer(), pool);
    chooser_.adopt(std::move(*set));
    pools_.assign(chooser_.set().size(), nullptr);
    for (std::size_t i = 0; i < pools_.size(); ++i)
        if (const auto same = old.extract(chooser_.set().at(i).raw())) pools_[i] = same.mapped();
    for (auto [peer, pool] : old) {
        pool->is_retired = true;
        pool->close_idle();
        if (pool->leased == 0) delete pool;
    }
}

Pool& GroupView::make_pool(std::size_t index) { return *(pools_[index] = new Pool(*this, chooser_.set().at(index))); }

Wish GroupView::wish_of(const LeaseQuery& query) const {
    Wish wish{.tried = query.tried, .is_new_connection = query.wants_new_connection};
    if (!group_.key_.empty()) add_key(wish, query);
    return wish;
}

void GroupView::add_key(Wish& wish, const LeaseQuery& query) const {
    if (query.facts == nullptr || query.arena == nullptr) return;
    const auto key = group_.key_.evaluate(*query.facts, *query.arena);
    // A client without the cookie has no peer of its own yet: not all of them to one.
    wish.has_key = !key.empty();
    wish.hash = hash_key(key);
}

Choice GroupView::choose(const Wish& wish) {
    if (group_.slots_[index_].pending.load(std::memory_order_relaxed) != nullptr) adopt_pending();
    return chooser_.choose(wish, worker_.now());
}

GroupView::Place GroupView::take(const Choice& choice) {
    auto& pool = pool_of(choice.index);
    if (!pool.peer().take_place()) return {};
    ++pool.leased;
    ++leased_;
    if (!choice.is_trial || !pool.peer().is_on_trial.exchange(true)) return {pool, choice.is_trial};
    give_back(pool, false);
    return {};
}

Lease GroupView::lend(Connection* connection, bool is_trial) {
    connection->is_trial = is_trial;
    connection->is_reported = false;
    return Lease(connection);
}

// The common case, every request: no Place, no coroutine, nothing that could fail half way.
Lease GroupView::try_lease(const LeaseQuery& query) {
    if (query.wants_new_connection || !queue_.empty()) return {};
    const auto choice = choose(wish_of(query));
    if (!choice) return {};
    auto& pool = pool_of(choice.index);
    if (choice.is_trial) return {};
    if (!pool.has_idle() && pool.shared.empty()) {
        chooser_.put_back(choice);
        return {};
    }
    if (!pool.peer().take_place()) return {};
    ++pool.leased;
    ++leased_;
    // Connections that are there hold the group already (self_).
    auto* connection = pool.shared.empty() ? pool.take() : at_hand(pool, query);
    if (connection != nullptr) return lend(connection, false);
    give_back(pool, false);
    return {};
}

void GroupView::give_back(Pool& pool, bool is_trial) {
    if (is_trial) pool.peer().is_on_trial.store(false);
    pool.peer().give_place();
    --pool.leased;
    --leased_;
    if (pool.is_retired && pool.leased == 0) delete &pool;
    if (group_.waiting_.load() != 0) group_.wake_for_place(index_);
    if (leased_ == 0) stay_while_used();
}

void GroupView::keep(Connection* connection) {
    if (connection->shared() != nullptr) return release(connection, true);
    const auto& keep_alive = group_.options_.keep_alive;
    auto& pool = connection->pool();
    const bool is_trial = std::exchange(connection->is_trial, false);
    connection->count_request();
    const bool is_worn = keep_alive.requests_max != 0 && connection->requests() >= keep_alive.requests_max;
    pool.put(connection, is_worn ? 0 : idle_max_, worker_.now());
    if (!is_armed() && pool.has_idle()) worker_.timers().arm(*this, worker_.now() + keep_alive.idle);
    give_back(pool, is_trial);
}

void GroupView::drop(Connection* connection) {
    if (connection->shared() != nullptr) return release(connection, false);
    auto& pool = connection->pool();
    const bool is_trial = connection->is_trial;
    delete connection;
    give_back(pool, is_trial);
}

void GroupView::report(Connection& connection, bool succeeded, std::string_view why) {
    auto& peer = connection.pool().peer();
    if (succeeded) group_.ejector_.succeeded(peer, worker_.now());
    else group_.ejector_.failed(peer, chooser_.set(), worker_.now(), why);
}

void GroupView::wake(bool all) {
    if (!queue_.wake_one() || !all) return;
    while (queue_.wake_one()) {}
}

}  // namespace weir::upstream
