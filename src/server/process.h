// Process: Weir's life: opens the listeners, starts the workers, swaps Snapshots on a reload, drains and ends. The calling thread becomes
// the control worker: signals, admin socket, health checks, resolver. Everything that is traffic happens on the worker threads.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ref.h"
#include "io/deadline.h"
#include "io/load_board.h"
#include "io/scope.h"
#include "io/worker.h"
#include "net/listener.h"
#include "net/resolver.h"
#include "observe/access_log.h"
#include "observe/metrics.h"
#include "proxy/connection_limits.h"
#include "proxy/snapshot.h"
#include "server/acme_keeper.h"
#include "server/caches.h"
#include "server/certificates.h"
#include "server/listen_set.h"
#include "server/purge_tiers.h"
#include "server/stapler.h"
#include "server/worker_thread.h"
#include "upstream/upstreams.h"

namespace weir::server {

class Process {
public:
    // Reads the configuration anew: a Snapshot, or a text for a person that says what is wrong with it.
    using Load = std::function<std::expected<Ref<proxy::Snapshot>, std::string>()>;

    // Turns the error log to what a configuration says of it, or says why it can't be written: then nothing has changed.
    using OpenErrorLog = std::function<std::expected<void, std::string>(const proxy::ProcessPlan&)>;

    Process(Load load, OpenErrorLog open_error_log);
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process();

    // Until a signal ends it. The exit code: 0 after a drain, 1 when it could not start (said on standard error).
    int run(Ref<proxy::Snapshot> first);

    // Control thread, from signals and the admin API.
    // What has changed, or why nothing has: the old configuration stays.
    std::expected<std::string, std::string> reload();
    void reopen_logs();
    // Ends within the drain time; at once when called again.
    void drain();
    std::string metrics_text() const;
    const proxy::Snapshot& snapshot() const { return *present_; }
    const Certificates& certificates() const { return *certificates_; }
    AcmeKeeper& acme() { return *acme_; }
    Caches& caches() { return *caches_; }
    io::Task<PurgeReport> purge(proxy::PurgeOrder order);
    const Caches& caches() const { return *caches_; }
    io::Worker& control() { return *control_; }

    // Called once everything listens, before anything else is waited for: for `weir demo`, which prints what to try.
    void set_started(std::function<void()> started) { started_ = std::move(started); }

private:
    std::expected<std::string, std::string> load_and_publish();
    std::expected<void, std::string> start(Ref<proxy::Snapshot> first);
    std::expected<void, std::string> open_parts(proxy::Snapshot& loaded);
    void bind(proxy::Snapshot& loaded);
    void label(proxy::Snapshot& snapshot);
    void unlabel(const proxy::Snapshot& snapshot);
    std::expected<void, std::string> open_admin(const proxy::AdminPlan& plan);
    io::Task<> sweep_old_snapshots();
    io::Task<> stop_upstreams();
    void demand(std::string_view name);
    bool purge_for(const proxy::PurgeOrder& order, const Ref<proxy::PurgeAnswer>& answer);
    io::Task<> purge_and_tell(proxy::PurgeOrder order, Ref<proxy::PurgeAnswer> answer);
    void tell_when_seen(std::move_only_function<void()> seen);
    void label_peers();
    void start_control_tasks();
    io::Task<> end_when_drained();
    void stop_workers();

    Load load_;
    OpenErrorLog open_error_log_;
    std::function<void()> started_;
    std::unique_ptr<io::Worker> control_;
    std::unique_ptr<proxy::ConnectionLimits> limits_;
    std::unique_ptr<io::LoadBoard> board_;
    std::unique_ptr<observe::Metrics> metrics_;
    observe::LogWriter log_writer_;
    std::unique_ptr<observe::AccessLogs> access_logs_;
    std::unique_ptr<net::Resolver> resolver_;
    std::unique_ptr<upstream::Upstreams> upstreams_;
    std::unique_ptr<Caches> caches_;
    std::unique_ptr<Certificates> certificates_;
    std::unique_ptr<AcmeKeeper> acme_;
    std::unique_ptr<Stapler> stapler_;
    ListenSet listen_set_;
    std::vector<std::unique_ptr<WorkerThread>> workers_;
    Ref<proxy::Snapshot> present_;
    std::vector<Ref<proxy::Snapshot>> old_;  // until no worker uses them: they end here, on the control thread
    std::vector<Ref<upstream::Peer>> labelled_peers_;
    std::unique_ptr<net::Listener> admin_listener_;
    std::unique_ptr<net::Listener> metrics_listener_;
    io::Scope tasks_;
    io::Stop stop_;
    std::uint64_t serial_ = 0;
    bool is_draining_ = false;
};

}  // namespace weir::server
