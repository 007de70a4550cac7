#include "proxy/lane.h"

#include <algorithm>

#include "observe/access_log.h"
#include "observe/worker_metrics.h"
#include "proxy/session.h"
#include "upstream/group.h"

namespace weir::proxy {

SnapshotUse::~SnapshotUse() {
    if (--held_->uses == 0 && held_ != lane_->present_) lane_->release(*held_);
}

Lane::Lane(io::Worker& worker, ConnectionLimits& limits, io::LoadBoard& load, observe::WorkerMetrics& metrics, std::uint64_t seed)
    : worker_(worker), limits_(limits), load_(load), metrics_(metrics), request_ids_(seed), pen_(worker.index()), draining_(&stop_all_) {}

// Idle connections keep their group: they end with the worker.
Lane::~Lane() {
    for (const auto& held : held_)
        for (const auto& group : held->snapshot->groups) group->close_view(worker_.index());
}

void Lane::publish(Ref<Snapshot> snapshot) {
    held_.push_back(std::make_unique<HeldSnapshot>(HeldSnapshot{.snapshot = std::move(snapshot)}));
    auto* before = std::exchange(present_, held_.back().get());
    for (auto& entrance : entrances_) {
        const auto& listeners = present_->snapshot->listeners;
        const auto found = std::ranges::find(listeners, entrance->at, &ListenerPlan::at);
        entrance->listener = found == listeners.end() ? kNoIndex : static_cast<std::uint32_t>(found - listeners.begin());
        if (entrance->listener == kNoIndex) entrance->closed.request();
    }
    std::erase_if(entrances_, [](const auto& entrance) { return entrance->closed.is_requested() && entrance->connections == 0; });
    if (before != nullptr && before->uses == 0) release(*before);
}

void Lane::publish(Ref<const tls::Live> live) {
    live_ = std::move(live);
    held_handshakes_.look_again();
}

// The worker lets go of a Snapshot: groups that the present one does not share close their idle connections here.
void Lane::release(HeldSnapshot& held) {
    for (const auto& group : held.snapshot->groups) {
        const bool is_shared = std::ranges::any_of(held_, [&](const auto& other) {
            return other.get() != &held && std::ranges::find(other->snapshot->groups, group) != other->snapshot->groups.end();
        });
        if (!is_shared) group->close_view(worker_.index());
    }
    std::erase_if(held_, [&](const auto& one) { return one.get() == &held; });
}

HeldSnapshot& Lane::held(const Snapshot& snapshot) {
    return **std::ranges::find_if(held_, [&](const auto& one) { return one->snapshot.raw() == &snapshot; });
}

bool Lane::may_tell(TimePoint& told) const {
    constexpr auto kOften = std::chrono::seconds(10);
    const auto now = worker_.now();
    if (told != TimePoint{} && now < told + kOften) return false;
    told = now;
    return true;
}

Entrance& Lane::entrance(const net::Address& at) {
    for (auto& entrance : entrances_)
        if (entrance->at == at && !entrance->closed.is_requested()) return *entrance;
    entrances_.push_back(std::make_unique<Entrance>(at, draining_));
    auto& entrance = *entrances_.back();
    const auto& listeners = present_->snapshot->listeners;
    const auto found = std::ranges::find(listeners, at, &ListenerPlan::at);
    if (found != listeners.end()) entrance.listener = static_cast<std::uint32_t>(found - listeners.begin());
    return entrance;
}

void Lane::serve(Entrance& entrance, net::Accepted accepted) {
    using Verdict = ConnectionLimits::Verdict;
    auto verdict = Verdict::too_many;
    if (entrance.listener != kNoIndex) {
        const auto& listener = present_->snapshot->listeners[entrance.listener];
        verdict = limits_.enter(accepted.peer.ip, listener.limits.connections_max,
                                listener.accepts_proxy_protocol ? ~std::uint32_t{0} : listener.limits.connections_per_client);
    }
    if (verdict != Verdict::admitted) {
        metrics_.connection_refused(verdict == Verdict::too_many ? observe::Refusal::connections_max
                                                                 : observe::Refusal::connections_per_client);
        worker_.backend().close(accepted.handle, true);
        load_.add(worker_.index(), -1);
        return;
    }
    sessions_.spawn(serve_connection(*this, entrance, std::move(accepted)));
}

void Lane::connection_ended(const net::Ip& counted_as) {
    metrics_.connection_closed();
    limits_.leave(counted_as);
    load_.add(worker_.index(), -1);
}

void Lane::drain() { draining_.request(ErrorCode::draining); }

void Lane::account(const http::Facts& facts, const Snapshot& snapshot, const SitePlan* site, const RoutePlan& route) {
    metrics_.exchange_done(facts, site == nullptr ? observe::kOtherLabel : site->metrics_label, route.metrics_label, facts.peer_label);
    for (const auto log : route.access_logs) snapshot.logs[log]->record(facts, pen_);
}

std::string_view Lane::date() {
    const auto now = worker_.wall_now();
    const auto second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    if (second != date_second_) {
        http::write_date(now, date_);
        date_second_ = second;
    }
    return {date_.data(), date_.size()};
}

}  // namespace weir::proxy
