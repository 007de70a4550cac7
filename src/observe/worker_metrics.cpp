#include "observe/worker_metrics.h"

#include "observe/timing.h"

namespace weir::observe {
namespace {

std::size_t class_of(std::uint16_t status) { return status < 100 || status >= kStatusMax ? 0 : status / 100U; }

template <class Counters>
void clear_all(Counters& counters) {
    for (auto& counter : counters) counter.set(0);
}

}  // namespace

std::string_view word_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::connections_max: return "connections_max";
        case Refusal::connections_per_client: return "connections_per_client";
        case Refusal::draining: return "draining";
        case Refusal::proxy_protocol: return "proxy_protocol";
        case Refusal::count_: break;
    }
    return "unknown";
}

void SiteFigures::clear() {
    clear_all(requests);
    request_octets.set(0);
    reply_octets.set(0);
    time.clear();
}

void RouteFigures::clear() {
    clear_all(requests);
    time.clear();
}

void PeerFigures::clear() {
    clear_all(answers);
    clear_all(errors);
    reused.set(0);
    fresh.set(0);
    h2.set(0);
    connect.clear();
    first_byte.clear();
}

WorkerMetrics::WorkerMetrics() {
    sites.ensure(kOtherLabel);
    routes.ensure(kOtherLabel);
    peers.ensure(kOtherLabel);
}

void WorkerMetrics::bind_thread() {
    clockid_t clock = -1;
    if (::pthread_getcpuclockid(::pthread_self(), &clock) == 0) processor_clock.store(clock, std::memory_order_relaxed);
}

void WorkerMetrics::exchange_done(const http::Facts& facts, LabelIndex site, LabelIndex route, LabelIndex peer) {
    const auto status_class = class_of(facts.status);
    const auto total = total_time(facts.at);

    done.add();
    if (facts.status < kStatusMax) statuses[facts.status].add();
    if (facts.request != nullptr) methods[static_cast<std::size_t>(facts.request->method)].add();
    if (facts.tries > 1) retries.add(facts.tries - 1U);
    if (facts.cache != http::CacheUse::none) cache_uses[static_cast<std::size_t>(facts.cache)].add();
    if (facts.encoding != http::Coding::identity) compression[static_cast<std::size_t>(facts.encoding)].replies.add();
    if (facts.has_error) errors[static_cast<std::size_t>(facts.error_side)][static_cast<std::size_t>(facts.error)].add();

    auto& of_site = sites.at(site);
    of_site.requests[status_class].add();
    of_site.request_octets.add(facts.request_octets);
    of_site.reply_octets.add(facts.reply_octets);
    auto& of_route = routes.at(route);
    of_route.requests[status_class].add();
    if (total != kNoSpan) {
        const Histogram::Value time(total);
        of_site.time.record(time);
        of_route.time.record(time);
    }
    if (peer != kNoLabel && facts.tries > 0) count_peer(facts, peer);
}

void WorkerMetrics::fetch_done(const http::Facts& facts, LabelIndex peer) {
    if (peer != kNoLabel && facts.tries > 0) count_peer(facts, peer);
}

void WorkerMetrics::count_peer(const http::Facts& facts, LabelIndex peer) {
    auto& figures = peers.at(peer);
    if (facts.upstream_status != 0) figures.answers[class_of(facts.upstream_status)].add();
    (facts.reused_connection ? figures.reused : figures.fresh).add();
    if (facts.is_peer_h2) figures.h2.add();
    if (const auto connect = connect_time(facts.at); !facts.reused_connection && connect != kNoSpan) figures.connect.record(connect);
    if (const auto first = first_byte_time(facts.at); first != kNoSpan) figures.first_byte.record(first);
}

}  // namespace weir::observe
