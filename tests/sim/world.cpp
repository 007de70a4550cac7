#include "sim/world.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>

#include "config/config.h"
#include "io/event.h"
#include "io/sim_backend.h"
#include "io/worker.h"
#include "observe/access_log.h"
#include "observe/worker_metrics.h"
#include "proxy/lane.h"
#include "sim/client.h"
#include "sim/h2_client.h"
#include "sim/h2_origin.h"
#include "sim/origin.h"
#include "upstream/group.h"

namespace weir::sim {
namespace {

constexpr int kTurnsAtOnce = 100'000;              // without time passing: more are a loop
constexpr unsigned kRealSecondsMax = 300;          // of one world, before its seed is told: it is in a loop within a turn
constexpr auto kWorldMax = std::chrono::hours(3);  // of virtual time; all limits together are far below

constexpr const char* kConfig = R"(
log '$uri $status $complete $phase $error_side $error $error_detail' /world.log
upstream app {
    server 10.0.0.1:80 10.0.0.2:80
    retry 1
    eject off
    timeout { connect 2s }
}
site http://10.0.0.9:80 {
    timeout { first_byte 30s; between_bytes 30s; tunnel 60s }
    proxy app
}
)";

constexpr std::uint16_t kOriginPort = 80;
constexpr const char* kStallingConfig = R"(
log '$uri $status $complete $phase $error_side $error $error_detail' /world.log
limits { send_stall 5s }
upstream app {
    server 10.0.0.1:80 10.0.0.2:80
    retry 1
    eject off
    timeout { connect 2s }
}
site http://10.0.0.9:8080 {
    timeout { first_byte 10s; between_bytes 10s; tunnel 10s }
    proxy app
}
)";

io::SimFaults faults_of(const WorldPlan& plan) {
    io::SimFaults faults;
    if (plan.resets) faults.reset = 0.01, faults.refuse = 0.03, faults.black_hole = 0.01;
    return faults;
}

// Tells the seed of a world that never comes back.
class Watch {
public:
    explicit Watch(std::uint64_t seed) {
        seed_ = seed;
        std::signal(SIGALRM, [](int) {
            std::fprintf(stderr, "the world of seed %llu never comes back\n", static_cast<unsigned long long>(seed_));
            std::abort();
        });
        ::alarm(kRealSecondsMax);
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch() { ::alarm(0); }

private:
    static inline std::uint64_t seed_ = 0;
};

// Of sockets small and large.
io::SimFaults with_drawn_sizes(io::SimFaults faults, Random& random) {
    static constexpr std::size_t kWindows[] = {4'096, 16'384, 65'536, 262'144, 262'144};
    if (random.chance(0.7)) faults.segment_max = 64 * 1024;
    faults.window = kWindows[random.below(std::size(kWindows))];
    return faults;
}

class World {
public:
    explicit World(const WorldPlan& plan)
        : plan_(plan), random_(plan.seed), worker_(std::make_unique<io::SimBackend>(plan.seed, faults_of(plan)), 0, plan.seed) {
        worker_.enter();
        if (plan.stalls) {
            backend().set_port_faults(kOriginPort, with_drawn_sizes(faults_of(plan), random_));
            backend().set_faults(with_drawn_sizes(faults_of(plan), random_));
        }
        board_ = std::make_unique<io::LoadBoard>(1);
        limits_ = std::make_unique<proxy::ConnectionLimits>(plan.seed);
        metrics_ = std::make_unique<observe::WorkerMetrics>();
        for (const auto label : {0U, 1U, 2U}) metrics_->sites.ensure(label), metrics_->routes.ensure(label), metrics_->peers.ensure(label);
        logs_ = std::make_unique<observe::AccessLogs>(
            writer_, 1, [this](const std::string&) -> std::expected<std::unique_ptr<observe::LogSink>, std::string> {
                return std::make_unique<observe::MemorySink>(log_text_);
            });
        lane_ = std::make_unique<proxy::Lane>(worker_, *limits_, *board_, *metrics_, plan.seed);
        publish();
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World() {
        lane_.reset();
        logs_.reset();
        worker_.leave();
    }

    WorldResult run();

private:
    io::SimBackend& backend() { return static_cast<io::SimBackend&>(worker_.backend()); }
    void publish();
    void start();
    void turn();
    void judge();
    void fault(std::string what) { result_.faults.push_back(std::move(what)); }
    io::Task<> accept();
    io::Task<> run_all_clients();
    io::Task<> end();
    io::Task<> reload_now_and_then();

    WorldPlan plan_;
    WorldResult result_;
    Random random_;
    io::Worker worker_;
    std::string log_text_;
    observe::LogWriter writer_;
    std::unique_ptr<observe::AccessLogs> logs_;
    std::unique_ptr<io::LoadBoard> board_;
    std::unique_ptr<proxy::ConnectionLimits> limits_;
    std::unique_ptr<observe::WorkerMetrics> metrics_;
    std::unique_ptr<proxy::Lane> lane_;
    Ref<upstream::Group> group_;
    std::vector<Ref<cache::Zone>> zones_;  // one for each cache of the configuration, kept over reloads
    net::Address weir_;
    std::unique_ptr<net::Listener> listener_;
    std::vector<std::unique_ptr<Origin>> origins_;
    std::vector<std::unique_ptr<H2Origin>> h2_origins_;
    std::vector<Script> scripts_;
    Ledger ledger_;
    Verdicts verdicts_;
    io::Stop stop_;
    io::Stop stop_listening_;
    io::Scope accepting_;
    io::Scope scope_;
    io::Scope clients_;
    std::uint64_t serial_ = 0;
    bool is_over_ = false;
    int turns_ = 0;  // since time has passed
};

void World::publish() {
    // A refusal costs a try, and a world may have several for one exchange.
    std::string text = plan_.stalls ? kStallingConfig : kConfig;
    if (plan_.h2_origins) text.replace(text.find("retry 1"), 7, "retry 4; protocol h2c");
    auto loaded = config::load_text("world.conf", text);
    if (!loaded.snapshot) return fault("configuration: " + loaded.report.text());
    auto& snapshot = *loaded.snapshot;
    auto logs = logs_->bind(snapshot.access_logs);
    if (!logs) return fault(logs.error());
    snapshot.logs = std::move(*logs);
    if (!group_ || random_.chance(0.3)) group_ = make_ref<upstream::Group>(snapshot.group_options.front(), 1U, plan_.seed, group_.raw());
    snapshot.groups = {group_};
    for (const auto& options : snapshot.zone_options) {
        if (zones_.size() < snapshot.zone_options.size()) zones_.push_back(make_ref<cache::Zone>(options, 1U, plan_.seed));
    }
    snapshot.zones = zones_;
    snapshot.serial = ++serial_;
    weir_ = snapshot.listeners.front().at;
    for (auto& site : snapshot.sites) site.metrics_label = site.fallback.metrics_label = 0;
    for (auto& site : snapshot.sites)
        for (auto& route : site.routes) route.metrics_label = 0;
    snapshot.fallback.metrics_label = 0;
    lane_->publish(loaded.snapshot);
}

io::Task<> World::accept() {
    auto& entrance = lane_->entrance(weir_);
    co_await listener_->run(
        [&](net::Accepted accepted) {
            board_->add(0, 1);
            lane_->serve(entrance, std::move(accepted));
        },
        stop_listening_);
}

io::Task<> World::reload_now_and_then() {
    for (int i = 0; i < 20 && !is_over_; ++i) {
        co_await io::sleep_until(worker_.now() + std::chrono::milliseconds(1 + random_.below(50)));
        publish();
    }
}

void World::start() {
    const auto handle = net::listen(weir_, {});
    listener_ = std::make_unique<net::Listener>(handle.value_or(io::kNoHandle));
    accepting_.spawn(accept());
    const std::chrono::milliseconds pause_max(!plan_.stalls ? 0 : plan_.origin_faults ? 3'000 : 200);
    for (const char* at : {"10.0.0.1:80", "10.0.0.2:80"}) {
        const auto address = net::Address::parse(at).value_or(net::Address{});
        if (plan_.h2_origins) {
            h2_origins_.push_back(std::make_unique<H2Origin>(address, random_.next(), ledger_, pause_max));
            scope_.spawn(h2_origins_.back()->run(stop_));
            continue;
        }
        origins_.push_back(std::make_unique<Origin>(address, random_.next(), ledger_));
        scope_.spawn(origins_.back()->run(stop_));
    }
    std::uint64_t id = plan_.seed << 8U;
    const auto clients = 1 + random_.below(plan_.stalls ? 2 : 4);
    for (std::uint64_t i = 0; i < clients; ++i) {
        ClientPlan client{.weir = weir_, .scripts = {}, .seed = random_.next()};
        client.speaks_h2 = plan_.stalls || random_.chance(0.5);
        client.stalls = plan_.stalls;
        client.pipelines = random_.chance(0.3);
        client.leaves_early = plan_.clients_leave;
        // A connection to an origin of HTTP/2 that dies takes other scripts along.
        client.world_is_calm = !plan_.resets && !plan_.clients_leave && !(plan_.stalls && plan_.h2_origins && plan_.origin_faults);
        const auto count = 1 + random_.below(!plan_.stalls ? 5 : random_.chance(0.3) ? 100 : 20);
        for (std::uint64_t j = 0; j < count; ++j) {
            client.scripts.push_back(plan_.stalls ? Script::draw_large(random_, ++id, plan_.origin_faults)
                                                  : Script::draw(random_, ++id, plan_.origin_faults));
            scripts_.push_back(client.scripts.back());
        }
        clients_.spawn(client.speaks_h2 ? run_h2_client(std::move(client), verdicts_) : run_client(std::move(client), verdicts_));
    }
    if (plan_.reloads) clients_.spawn(reload_now_and_then());
    scope_.spawn(end());
}

io::Task<> World::end() {
    co_await clients_.join();
    is_over_ = true;
    stop_listening_.request();
    lane_->drain();
    co_await accepting_.join();
    co_await lane_->sessions().join();
    group_->close_view(0);
    stop_.request();
}

void World::turn() {
    const auto before = worker_.now();
    worker_.turn();
    turns_ = worker_.now() == before ? turns_ + 1 : 0;
    if (turns_ < kTurnsAtOnce) return;
    std::fprintf(stderr, "the world of seed %llu goes round in circles\n", static_cast<unsigned long long>(plan_.seed));
    std::abort();
}

WorldResult World::run() {
    const auto chunks = Chunk::in_use();
    const auto frames = io::FramePool::in_use();
    if (!result_.faults.empty()) return result_;
    start();
    const auto give_up = worker_.now() + kWorldMax;
    while (scope_.running() != 0 && worker_.now() < give_up && !worker_.backend().is_quiet()) turn();
    if (scope_.running() != 0) {
        std::fprintf(stderr, "the world of seed %llu did not end: %zu clients, %zu sessions\n", static_cast<unsigned long long>(plan_.seed),
                     clients_.running(), lane_->sessions().running());
        std::abort();  // tasks that wait can't be taken down
    }
    listener_.reset();
    origins_.clear();
    h2_origins_.clear();
    for (int i = 0; i < 10; ++i) worker_.turn(worker_.now() + std::chrono::seconds(1));
    // What was written and found no room before its socket went has its time, too.
    const auto all_sent_at = worker_.now() + 2 * io::Outflow::kStraggleTime;
    while (backend().open_handles() != 0 && worker_.now() < all_sent_at) worker_.turn(all_sent_at);
    writer_.pass(worker_.now());
    judge();
    if (Chunk::in_use() != chunks) fault("chunks are left: " + std::to_string(Chunk::in_use() - chunks));
    if (io::FramePool::in_use() != frames) fault("frames are left: " + std::to_string(io::FramePool::in_use() - frames));
    if (backend().open_handles() != 0) fault("sockets are left: " + std::to_string(backend().open_handles()));
    if (limits_->connections() != 0) fault("connections are counted still");
    return result_;
}

void World::judge() {
    std::map<std::string, int> lines;
    for (std::size_t at = 0; at < log_text_.size();) {
        const auto end = log_text_.find('\n', at);
        const auto line = log_text_.substr(at, end - at);
        ++lines[line.substr(0, line.find(' '))];
        at = end == std::string::npos ? log_text_.size() : end + 1;
    }
    for (const auto& script : scripts_) {
        const auto logged = lines[script.target()];
        const auto answered = verdicts_.answered[script.id];
        if (answered > 1) fault("answered twice: " + script.target());
        if (logged > 1 || (answered == 1 && logged != 1)) fault(std::to_string(logged) + " log lines for " + script.target());
        const auto& seen = ledger_[script.id];
        if (seen.is_wrong) fault("the origin saw it wrong (" + seen.why + "): " + script.method + " " + script.target());
        if (!script.is_idempotent() && seen.heads > 1) fault("sent twice: " + script.method + " " + script.target());
    }
    if (std::getenv("WEIR_SIM_SEED") != nullptr && !verdicts_.faults.empty()) fault("the log:\n" + log_text_);
    result_.faults.insert(result_.faults.end(), verdicts_.faults.begin(), verdicts_.faults.end());
    result_.clean = verdicts_.clean, result_.refused = verdicts_.refused, result_.broken = verdicts_.broken;
}

}  // namespace

WorldResult run_world(const WorldPlan& plan) {
    const Watch watch(plan.seed);
    World world(plan);
    return world.run();
}

}  // namespace weir::sim
