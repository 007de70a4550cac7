#include "server/process.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <latch>
#include <stdexcept>

#include "base/log.h"
#include "base/random.h"
#include "io/cpu.h"
#include "io/epoll_backend.h"
#include "io/event.h"
#include "observe/exposition.h"
#include "server/admin.h"
#include "server/certificate_list.h"
#include "server/change_report.h"
#include "server/notify.h"
#include "server/peer_figures.h"
#include "server/privileges.h"
#include "server/signals.h"

namespace weir::server {
namespace {

constexpr std::uint32_t kWorkersMax = 256;
constexpr std::size_t kTasksMax = 256;  // of the control thread, purges that are passed on among them
constexpr Duration kSweepEvery = std::chrono::seconds(1);

std::vector<ListenSocket> sockets_of(const ListenSet::Change& change, std::uint32_t worker) {
    std::vector<ListenSocket> own;
    std::ranges::copy_if(change.opened, std::back_inserter(own), [worker](const auto& socket) { return socket.worker == worker; });
    return own;
}

// Certificates of files are kept by somebody else, but for what their responders say.
bool keeps_state(const proxy::SitePlan& site) {
    if (!site.tls) return false;
    if (site.tls->source.kind != tls::CertificateSource::Kind::files) return true;
    return site.tls->staples && std::ranges::any_of(site.certificates, [](const auto& one) { return !one->ocsp_url().empty(); });
}

}  // namespace

Process::Process(Load load, OpenErrorLog open_error_log) : load_(std::move(load)), open_error_log_(std::move(open_error_log)) {}

Process::~Process() = default;

int Process::run(Ref<proxy::Snapshot> first) {
    block_signals();
    control_ = std::make_unique<io::Worker>(io::make_epoll_backend(), io::kControlIndex, secret_seed());
    control_->enter();
    const auto started = start(std::move(first));
    if (!started) {
        log::error("start_failed", started.error());
        log::flush();
        return 1;
    }
    start_control_tasks();
    log::info("started", "serving", {{"workers", workers_.size()}, {"listeners", present_->listeners.size()}, {"pid", ::getpid()}});
    notify("READY=1\nSTATUS=serving");
    if (started_) started_();
    control_->run();
    control_->enter();
    stop_workers();
    log_writer_.stop();
    log::info("stopped", "all connections ended", {{"pid", ::getpid()}});
    log::flush();
    return 0;
}

std::expected<void, std::string> Process::start(Ref<proxy::Snapshot> first) {
    take_all_descriptors();
    const auto& plan = first->process;
    const auto count = std::clamp(plan.workers.count != 0 ? plan.workers.count : io::available_processors(), 1U, kWorkersMax);
    limits_ = std::make_unique<proxy::ConnectionLimits>(secret_seed());
    board_ = std::make_unique<io::LoadBoard>(count);
    access_logs_ = std::make_unique<observe::AccessLogs>(log_writer_, count);
    metrics_ = std::make_unique<observe::Metrics>(count);
    metrics_->add_source([this](observe::Exposition& out) { observe::expose(log_writer_.figures(), out); });
    for (std::uint32_t i = 0; i < count; ++i)
        workers_.push_back(std::make_unique<WorkerThread>(
            i, WorkerThread::Shared{.limits = *limits_,
                                    .board = *board_,
                                    .metrics = metrics_->worker(i),
                                    .demand = [this](std::string_view name) { demand(name); },
                                    .purging = [this](const auto& order, const auto& answer) { return purge_for(order, answer); },
                                    .is_pinned = plan.workers.is_pinned}));
    for (auto& worker : workers_) worker->set_others(workers_);
    resolver_ = net::make_resolver({.servers = plan.resolvers});
    upstreams_ = std::make_unique<upstream::Upstreams>(count, *resolver_, secret_seed());
    caches_ = std::make_unique<Caches>(count, secret_seed());
    metrics_->add_source([this](observe::Exposition& out) { caches_->expose(out); });
    certificates_ = std::make_unique<Certificates>([this](const Ref<const tls::Live>& live) {
        for (auto& worker : workers_) worker->publish(live);
    });
    acme_ = std::make_unique<AcmeKeeper>(
        *certificates_, *resolver_, [this](auto seen) { tell_when_seen(std::move(seen)); },
        [this](const std::string& name) {
            for (auto& worker : workers_) worker->refuse_name(name);
        });
    metrics_->add_source([this](observe::Exposition& out) { CertificateList(*certificates_).expose(out); });
    metrics_->add_source([this](observe::Exposition& out) { acme_->expose(out); });
    stapler_ = std::make_unique<Stapler>(*certificates_, *resolver_);
    metrics_->add_source([this](observe::Exposition& out) { stapler_->expose(out); });
    listen_set_.take_activated();
    auto admin = open_admin(plan.admin);
    if (!admin) return admin;
    auto sockets = listen_set_.change_to(first->listeners, count);
    if (!sockets) return std::unexpected(std::move(sockets.error()));
    std::vector<std::string> cache_folders;
    for (const auto& zone : first->zone_options)
        if (zone.disk.is_there()) cache_folders.push_back(zone.disk.folder);
    auto privileges = drop_privileges(plan, std::ranges::any_of(first->sites, keeps_state), cache_folders);
    if (!privileges) return std::unexpected(std::move(privileges.error()));
    auto parts = open_parts(*first);
    if (!parts) return parts;
    bind(*first);
    present_ = std::move(first);
    log_writer_.start();
    for (std::uint32_t i = 0; i < count; ++i) {
        workers_[i]->publish(present_, sockets_of(*sockets, i), {}, [] {});
    }
    for (auto& worker : workers_) worker->start();
    return {};
}

std::expected<void, std::string> Process::open_admin(const proxy::AdminPlan& plan) {
    const auto open = [](const net::Address& at) -> std::expected<std::unique_ptr<net::Listener>, std::string> {
        const auto handle = net::listen(at, {.reuses_port = false, .local_mode = 0600});
        if (!handle) return std::unexpected("can't listen on " + at.text() + " for 'admin': " + std::strerror(handle.error().system_errno));
        return std::make_unique<net::Listener>(*handle);
    };
    if (!plan.socket.empty()) {
        net::Address at;
        at.path = plan.socket;
        auto listener = open(at);
        if (!listener) return std::unexpected(std::move(listener.error()));
        admin_listener_ = std::move(*listener);
    }
    if (plan.metrics) {
        auto listener = open(*plan.metrics);
        if (!listener) return std::unexpected(std::move(listener.error()));
        metrics_listener_ = std::move(*listener);
    }
    return {};
}

// What a configuration needs from the running process and may not get. Groups and logs that are as before are the same objects.
std::expected<void, std::string> Process::open_parts(proxy::Snapshot& loaded) {
    auto logs = access_logs_->bind(loaded.access_logs);
    if (!logs) return std::unexpected(std::move(logs.error()));
    loaded.logs = std::move(*logs);
    auto acme = acme_->prepare(loaded);
    if (!acme) return acme;
    auto certificates = certificates_->prepare(loaded, control_->wall_now());
    if (!certificates) return certificates;
    try {
        loaded.groups = upstreams_->find_or_make(loaded.group_options);
    } catch (const std::invalid_argument& error) { return std::unexpected(error.what()); }
    return caches_->prepare(loaded.zone_options);
}

void Process::bind(proxy::Snapshot& loaded) {
    loaded.serial = ++serial_;
    loaded.zones = caches_->bind(loaded.zone_options);
    caches_->keep_only(loaded.zones);
    metrics_->set_options(loaded.metrics);
    label(loaded);
    label_peers();
    metrics_->snapshot_loaded(serial_, control_->wall_now());
    certificates_->begin();
    acme_->begin();
    const auto& state = loaded.process.state_directory;
    stapler_->set_folder(state.empty() ? state : state + "/ocsp");
}

void Process::label(proxy::Snapshot& snapshot) {
    using Kind = observe::LabelKind;
    for (auto& site : snapshot.sites) {
        site.metrics_label = metrics_->label(Kind::site, site.name);
        for (auto& route : site.routes) route.metrics_label = metrics_->label(Kind::route, site.name, route.name);
        site.fallback.metrics_label = metrics_->label(Kind::route, site.name, site.fallback.name);
    }
    snapshot.fallback.metrics_label = metrics_->label(Kind::route, "", "none");
}

// Peers come and go with the answers of the resolver: new ones get their number within a second. It is given back when nobody has the
// peer any more: neither a group nor an exchange.
void Process::label_peers() {
    constexpr auto kKind = observe::LabelKind::peer;
    std::erase_if(labelled_peers_, [this](const auto& peer) {
        if (!peer.is_unique()) return false;
        metrics_->release(kKind, peer->metrics_label);
        return true;
    });
    for (const auto& group : upstreams_->groups()) {
        for (const auto& peer : group->peers()) {
            if (peer->metrics_label != observe::kOtherLabel) continue;
            peer->metrics_label = metrics_->label(kKind, group->options().name, peer->name);
            if (peer->metrics_label != observe::kOtherLabel) labelled_peers_.push_back(peer);
        }
    }
}

void Process::unlabel(const proxy::Snapshot& snapshot) {
    using Kind = observe::LabelKind;
    for (const auto& site : snapshot.sites) {
        metrics_->release(Kind::site, site.metrics_label);
        for (const auto& route : site.routes) metrics_->release(Kind::route, route.metrics_label);
        metrics_->release(Kind::route, site.fallback.metrics_label);
    }
    metrics_->release(Kind::route, snapshot.fallback.metrics_label);
}

// Workers let go of a Snapshot when its last exchange ends; the Snapshot itself ends here, with what it holds of the process.
io::Task<> Process::sweep_old_snapshots() {
    while (!stop_.is_requested()) {
        std::erase_if(old_, [this](const auto& snapshot) {
            if (!snapshot.is_unique()) return false;
            unlabel(*snapshot);
            return true;
        });
        label_peers();
        co_await io::sleep_until(control_->now() + kSweepEvery, &stop_);
    }
}

std::expected<std::string, std::string> Process::reload() {
    notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(control_->backend().now().time_since_epoch().count() / 1000));
    auto outcome = load_and_publish();
    notify("READY=1\nSTATUS=serving");
    return outcome;
}

std::expected<std::string, std::string> Process::load_and_publish() {
    auto loaded = load_();
    // A file that is only half written, or empty because the disk is full, must not end the service.
    if (loaded && (*loaded)->sites.empty() && !present_->sites.empty())
        loaded = std::unexpected("the configuration has no site any more: nothing would be served\n");
    if (!loaded) {
        metrics_->reload_refused();
        log::error("reload_failed", "the configuration has errors; the old one stays");
        return std::unexpected(std::move(loaded.error()));
    }
    auto sockets = listen_set_.change_to((*loaded)->listeners, static_cast<std::uint32_t>(workers_.size()));
    auto opened = sockets ? open_parts(**loaded) : std::unexpected(sockets.error());
    // The last that can fail: it can't be undone.
    if (opened) opened = open_error_log_((*loaded)->process);
    if (!opened) {
        if (sockets) listen_set_.undo(*sockets, present_->listeners);
        upstreams_->keep_only(present_->groups);
        caches_->forget_prepared();
        metrics_->reload_refused();
        log::error("reload_failed", opened.error());
        return std::unexpected(opened.error());
    }
    bind(**loaded);
    auto report = change_report(*present_, **loaded);
    std::latch done(static_cast<std::ptrdiff_t>(workers_.size()));
    for (auto& worker : workers_) worker->publish(*loaded, {}, sockets->closed, [&done] { done.count_down(); });
    done.wait();
    // Only now: a connection may be handed over to any worker, and each must know the new listeners.
    for (std::uint32_t i = 0; i < workers_.size(); ++i) workers_[i]->open(sockets_of(*sockets, i));
    old_.push_back(std::exchange(present_, std::move(*loaded)));
    upstreams_->keep_only(present_->groups);
    log::info("reloaded", report.summary, {{"snapshot", serial_}});
    return report.text;
}

// From a worker. A full mailbox loses it: the handshake waits in vain, and the client comes again.
void Process::demand(std::string_view name) {
    control_->post([this, name = std::string(name)] { acme_->demand(name); });
}

io::Task<PurgeReport> Process::purge(proxy::PurgeOrder order) {
    auto report = co_await purge_tiers(*caches_, present_, std::move(order), stop_);
    co_return report;
}

// From a worker.
bool Process::purge_for(const proxy::PurgeOrder& order, const Ref<proxy::PurgeAnswer>& answer) {
    return control_->post([this, order, answer] {
        if (tasks_.running() < kTasksMax) tasks_.spawn(purge_and_tell(order, answer));
        else answer->tell(503, "too many purges at once\n");
    });
}

io::Task<> Process::purge_and_tell(proxy::PurgeOrder order, Ref<proxy::PurgeAnswer> answer) {
    auto report = co_await purge(std::move(order));
    answer->tell(report.status, std::move(report.text));
}

// Every worker has carried out what was posted to it before; heard of on the control thread.
void Process::tell_when_seen(std::move_only_function<void()> seen) {
    struct Waiting {
        std::atomic<std::size_t> left;
        std::move_only_function<void()> seen;
    };
    auto* waiting = new Waiting{.left = workers_.size(), .seen = std::move(seen)};
    for (auto& worker : workers_)
        worker->post([this, waiting] {
            if (waiting->left.fetch_sub(1) != 1) return;
            io::Worker::Message message = [waiting] {
                const std::unique_ptr<Waiting> ours(waiting);
                ours->seen();
            };
            while (!control_->try_post(message)) std::this_thread::yield();
        });
}

void Process::reopen_logs() {
    log::reopen();
    log_writer_.reopen();
    log::info("logs_reopened", "log files were opened again");
}

void Process::start_control_tasks() {
    tasks_.spawn(watch_signals(*this, stop_));
    tasks_.spawn(sweep_old_snapshots());
    tasks_.spawn(certificates_->watch(stop_));
    tasks_.spawn(stapler_->run(stop_));
    if (admin_listener_) tasks_.spawn(serve_admin(*this, *admin_listener_, AdminRights::everything, stop_));
    if (metrics_listener_) tasks_.spawn(serve_admin(*this, *metrics_listener_, AdminRights::metrics_only, stop_));
}

void Process::drain() {
    if (is_draining_) {
        for (auto& worker : workers_) worker->abandon();
        return;
    }
    is_draining_ = true;
    notify("STOPPING=1\nSTATUS=draining");
    log::info("draining", "no new connections; waiting for those under way", {{"connections", limits_->connections()}});
    tasks_.spawn(end_when_drained());
}

io::Task<> Process::end_when_drained() {
    auto waiting = std::make_unique<std::atomic<std::size_t>>(workers_.size());
    io::Event drained;
    for (auto& worker : workers_)
        worker->drain([this, &drained, left = waiting.get()] {
            if (left->fetch_sub(1) == 1) control_->post([&drained] { drained.notify(); });
        });
    const auto ended = co_await drained.wait({control_->now() + present_->process.drain_max, nullptr});
    if (!ended) {
        log::warn("drain_timeout", "the drain time is over; closing what is left", {{"connections", limits_->connections()}});
        for (auto& worker : workers_) worker->abandon();
        co_await drained.wait({});
    }
    co_await acme_->stop();  // while the workers still answer it
    stop_.request(ErrorCode::draining);
    control_->stop();
}

void Process::stop_workers() {
    for (auto& worker : workers_) worker->stop_and_join();
    tasks_.spawn(stop_upstreams());
    while (tasks_.running() != 0) control_->turn(control_->now() + std::chrono::milliseconds(10));
    admin_listener_.reset();
    if (!present_->process.admin.socket.empty()) ::unlink(present_->process.admin.socket.c_str());
    for (const auto& listener : present_->listeners)
        if (listener.at.family() == net::Family::local && !listener.at.path.starts_with('@')) ::unlink(listener.at.path.c_str());
    old_.clear();
    present_ = {};
    upstreams_.reset();
    labelled_peers_.clear();
}

io::Task<> Process::stop_upstreams() {
    co_await upstreams_->stop();
    co_await resolver_->close();
}

std::string Process::metrics_text() const {
    observe::Exposition peers;
    expose_peers(snapshot().groups, peers);
    return metrics_->render() + peers.take();
}

}  // namespace weir::server
