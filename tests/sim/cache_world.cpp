#include "sim/cache_world.h"

#include <cstdlib>
#include <memory>

#include "config/config.h"
#include "io/sim_backend.h"
#include "io/worker.h"
#include "observe/access_log.h"
#include "observe/worker_metrics.h"
#include "proxy/lane.h"
#include "sim/cache_client.h"
#include "upstream/group.h"

namespace weir::sim {
namespace {

constexpr auto kWorldMax = std::chrono::hours(3);

// The windows are those of CacheClient::kAllowed.
constexpr const char* kConfig = R"(
cache pages {
    memory 8MiB
    stale while_revalidate 8s if_error 18s
    keep_serving 50s
    early_hints learn http1
}
upstream app { server 10.0.0.1:80; eject off }
site http://10.0.0.9:80 {
    log off
    cache pages
    proxy app
}
)";

class CacheWorld {
public:
    explicit CacheWorld(std::uint64_t seed)
        : seed_(seed), random_(seed), worker_(std::make_unique<io::SimBackend>(seed, io::SimFaults{}), 0, seed) {
        worker_.enter();
        metrics_ = std::make_unique<observe::WorkerMetrics>();
        for (const auto label : {0U, 1U, 2U}) metrics_->sites.ensure(label), metrics_->routes.ensure(label), metrics_->peers.ensure(label);
        lane_ = std::make_unique<proxy::Lane>(worker_, limits_, board_, *metrics_, seed);
    }
    CacheWorld(const CacheWorld&) = delete;
    CacheWorld& operator=(const CacheWorld&) = delete;
    ~CacheWorld() {
        lane_.reset();
        worker_.leave();
    }

    CacheWorldResult run();

private:
    bool publish();
    void start();
    io::Task<> accept();
    io::Task<> end();

    std::uint64_t seed_;
    Random random_;
    CacheWorldResult result_;
    io::Worker worker_;
    io::LoadBoard board_{1};
    proxy::ConnectionLimits limits_{1};
    std::unique_ptr<observe::WorkerMetrics> metrics_;
    std::unique_ptr<proxy::Lane> lane_;
    Ref<upstream::Group> group_;
    net::Address weir_;
    std::unique_ptr<net::Listener> listener_;
    std::unique_ptr<CacheOrigin> origin_;
    std::vector<std::unique_ptr<CacheClient>> clients_;
    io::Stop stop_;
    io::Stop stop_listening_;
    io::Scope accepting_;
    io::Scope scope_;
    io::Scope asking_;
};

bool CacheWorld::publish() {
    auto loaded = config::load_text("world.conf", kConfig);
    if (!loaded.snapshot) {
        result_.faults.push_back("configuration: " + loaded.report.text());
        return false;
    }
    auto& snapshot = *loaded.snapshot;
    group_ = make_ref<upstream::Group>(snapshot.group_options.front(), 1U, seed_, nullptr);
    snapshot.groups = {group_};
    for (const auto& options : snapshot.zone_options) snapshot.zones.push_back(make_ref<cache::Zone>(options, 1U, seed_));
    snapshot.serial = 1;
    weir_ = snapshot.listeners.front().at;
    for (auto& site : snapshot.sites) {
        site.metrics_label = site.fallback.metrics_label = 0;
        for (auto& route : site.routes) route.metrics_label = 0;
    }
    snapshot.fallback.metrics_label = 0;
    lane_->publish(loaded.snapshot);
    return true;
}

io::Task<> CacheWorld::accept() {
    auto& entrance = lane_->entrance(weir_);
    co_await listener_->run(
        [&](net::Accepted accepted) {
            board_.add(0, 1);
            lane_->serve(entrance, std::move(accepted));
        },
        stop_listening_);
}

void CacheWorld::start() {
    listener_ = std::make_unique<net::Listener>(net::listen(weir_, {}).value_or(io::kNoHandle));
    accepting_.spawn(accept());
    origin_ = std::make_unique<CacheOrigin>(net::Address::parse("10.0.0.1:80").value_or(net::Address{}), random_.next());
    scope_.spawn(origin_->run(stop_));
    for (auto left = 1 + random_.below(5); left != 0; --left) {
        clients_.push_back(std::make_unique<CacheClient>(weir_, random_.next(), *origin_, result_));
        asking_.spawn(clients_.back()->run());
    }
    scope_.spawn(end());
}

io::Task<> CacheWorld::end() {
    co_await asking_.join();
    stop_listening_.request();
    lane_->drain();
    co_await accepting_.join();
    co_await lane_->sessions().join();
    group_->close_view(0);
    stop_.request();
}

CacheWorldResult CacheWorld::run() {
    if (!publish()) return result_;
    start();
    const auto give_up = worker_.now() + kWorldMax;
    while (scope_.running() != 0 && worker_.now() < give_up && !worker_.backend().is_quiet()) worker_.turn();
    if (scope_.running() != 0) {
        result_.faults.push_back("the world did not end");
        std::abort();  // tasks that wait can't be taken down
    }
    result_.fetched = origin_->asked();
    listener_.reset();
    origin_.reset();
    for (int i = 0; i < 10; ++i) worker_.turn(worker_.now() + std::chrono::seconds(1));
    return result_;
}

}  // namespace

CacheWorldResult run_cache_world(std::uint64_t seed) {
    CacheWorld world(seed);
    return world.run();
}

}  // namespace weir::sim
