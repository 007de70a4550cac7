// Metrics: the figures of all workers and of the process, added up when somebody asks for them. Owner: server/; lives as long as the
// process, so that counters survive reloads. Control thread, but for the WorkerMetrics it hands out.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "observe/exposition.h"
#include "observe/label_table.h"
#include "observe/options.h"
#include "observe/worker_metrics.h"

namespace weir::observe {

struct LogFigures;

class Metrics {
public:
    using Source = std::function<void(Exposition&)>;

    explicit Metrics(std::uint32_t workers, MetricsOptions options = {});
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    // One thread each: worker i writes only its own.
    WorkerMetrics& worker(std::uint32_t index) { return workers_[index]; }

    // The number a name is counted by; kOtherLabel when there is no room for it. Before the Snapshot or peer that carries it is published.
    // route: (site, route), peer: (upstream, peer). Each call owes a release(), once nothing can count by that number any more.
    LabelIndex label(LabelKind kind, std::string_view first, std::string_view second = {});
    void release(LabelKind kind, LabelIndex index) { tables_[static_cast<std::size_t>(kind)].release(index); }
    // For names that come and go without anybody who knows when (peers by DNS): releases all of the kind but these.
    void keep_only(LabelKind kind, std::span<const LabelIndex> living) { tables_[static_cast<std::size_t>(kind)].keep_only(living); }
    void set_options(const MetricsOptions& options) { options_ = options; }

    void snapshot_loaded(std::uint64_t serial, WallTime when);
    void reload_refused() { ++reloads_refused_; }
    // What other rooms have to tell: called at each render(), appends whole families.
    void add_source(Source source) { sources_.push_back(std::move(source)); }

    // Prometheus text exposition format 0.0.4; Exposition::kContentType.
    std::string render() const;

private:
    void render_connections(Exposition& out) const;
    void render_h2(Exposition& out) const;
    void render_requests(Exposition& out) const;
    void render_compression(Exposition& out) const;
    void render_tls(Exposition& out) const;
    void render_sites(Exposition& out) const;
    void render_routes(Exposition& out) const;
    void render_peers(Exposition& out) const;
    void render_peer_times(Exposition& out) const;
    void render_workers(Exposition& out) const;
    void render_configuration(Exposition& out) const;
    const LabelTable& table(LabelKind kind) const { return tables_[static_cast<std::size_t>(kind)]; }

    MetricsOptions options_;
    std::deque<WorkerMetrics> workers_;  // none ever moves
    std::array<LabelTable, kLabelKinds> tables_;
    std::vector<Source> sources_;
    std::uint64_t serial_ = 0;
    WallTime loaded_{};
    std::uint64_t reloads_done_ = 0;
    std::uint64_t reloads_refused_ = 0;
};

// Families about the access logs, for add_source().
void expose(const LogFigures& figures, Exposition& out);

}  // namespace weir::observe
