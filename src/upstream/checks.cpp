#include "upstream/checks.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "io/event.h"
#include "io/worker.h"

namespace weir::upstream {
namespace {

constexpr Duration kFirstWithin = std::chrono::seconds(1);  // the first check of a target, drawn so that many do not come at once

Duration drawn_below(Duration time) {
    return Duration(static_cast<std::int64_t>(io::Worker::current().random().below(static_cast<std::uint64_t>(time.count()) + 1)));
}

// Within a tenth of the interval to either side.
Duration jittered(Duration every) { return every - every / 10 + drawn_below(every / 5); }

}  // namespace

void Checks::watch(const Ref<Group>& group) {
    const auto& options = group->options();
    Members wanted;
    if (options.check.kind != CheckOptions::Kind::none) {
        for (std::size_t i = 0; i < options.servers.size(); ++i)
            for (const auto& peer : group->peers_of(i))
                wanted.emplace_back(&find_or_start(target_of(options, options.servers[i], peer->address, group->tls()), *peer), peer);
    }
    auto had = std::exchange(members_[group.raw()], wanted);
    for (const auto& [check, peer] : wanted)
        if (std::ranges::find(had, std::pair{check, peer}) == had.end()) subscribe(*check, group, peer);
    for (const auto& [check, peer] : had)
        if (std::ranges::find(wanted, std::pair{check, peer}) == wanted.end()) unsubscribe(*check, *group, peer);
}

void Checks::forget(const Group& group) {
    const auto found = members_.find(&group);
    if (found == members_.end()) return;
    const auto had = std::move(found->second);
    members_.erase(found);
    for (const auto& [check, peer] : had) unsubscribe(*check, group, peer);
}

Checks::Check& Checks::find_or_start(CheckTarget target, const Peer& peer) {
    auto key = target.key();
    if (const auto known = checks_.find(key); known != checks_.end()) return *known->second;
    auto check = std::make_unique<Check>();
    check->key = key;
    check->target = std::move(target);
    // A peer that was taken over from a group before keeps what is known of it.
    check->state = CheckState(!peer.is_down.load(std::memory_order_relaxed));
    auto& started = *check;
    checks_[std::move(key)] = &started;
    scope_.spawn(run(std::move(check)));
    return started;
}

void Checks::subscribe(Check& check, const Ref<Group>& group, const Ref<Peer>& peer) {
    check.subscribers.push_back({group, peer});
    ++watched_[peer.raw()];
    peer->is_down.store(!check.state.is_up(), std::memory_order_relaxed);
}

void Checks::unsubscribe(Check& check, const Group& group, const Ref<Peer>& peer) {
    std::erase_if(check.subscribers, [&](const Subscriber& has) { return has.group.raw() == &group && has.peer == peer; });
    if (--watched_[peer.raw()] == 0) {
        watched_.erase(peer.raw());
        // Nobody checks it any more: nothing is known against it.
        peer->is_down.store(false, std::memory_order_relaxed);
    }
    if (!check.subscribers.empty()) return;
    checks_.erase(check.key);
    check.stop.request();
}

io::Task<> Checks::stop() {
    members_.clear();
    for (auto& [key, check] : std::exchange(checks_, {})) check->stop.request();
    co_await scope_.join();
}

io::Task<> Checks::run(std::unique_ptr<Check> check) {
    co_await io::sleep_until(io::Worker::current().now() + drawn_below(std::min(check->target.options.every, kFirstWithin)), &check->stop);
    while (!check->stop.is_requested()) {
        const auto result = co_await run_check(check->target, check->stop);
        if (check->stop.is_requested()) break;
        take(*check, result);
        co_await io::sleep_until(io::Worker::current().now() + jittered(check->target.options.every), &check->stop);
    }
}

void Checks::take(Check& check, const CheckResult& result) {
    const bool has_turned = check.state.take(result.is_good, check.target.options);
    const bool is_up = check.state.is_up();
    for (const auto& [group, peer] : check.subscribers) {
        // Written each time: two groups that share a peer for the length of a reload may check it in different ways.
        peer->is_down.store(!is_up, std::memory_order_relaxed);
        if (!has_turned) continue;
        if (is_up) {
            log::info("peer_up", "health checks succeed", {{"upstream", group->options().name}, {"peer", peer->name}});
            group->wake_waiting();
            continue;
        }
        peer->downs.fetch_add(1, std::memory_order_relaxed);
        log::warn("peer_down", "health checks fail",
                  {{"upstream", group->options().name}, {"peer", peer->name}, {"reason", result.reason}});
    }
}

}  // namespace weir::upstream
