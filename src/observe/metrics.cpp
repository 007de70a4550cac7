#include "observe/metrics.h"

#include <ctime>
#include <utility>

#include "observe/log_file.h"
#include "observe/process_figures.h"

#ifndef WEIR_VERSION
#define WEIR_VERSION "unknown"
#endif

namespace weir::observe {
namespace {

using Type = Exposition::Type;
using Workers = std::deque<WorkerMetrics>;

constexpr std::array<std::string_view, kStatusClasses> kClassNames{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

template <class Select>
std::uint64_t sum(const Workers& workers, Select select) {
    std::uint64_t total = 0;
    for (const auto& worker : workers) total += select(worker).value();
    return total;
}

template <class Select>
HistogramTotal sum_histogram(const Workers& workers, Select select) {
    HistogramTotal total;
    for (const auto& worker : workers) select(worker).add_to(total);
    return total;
}

// Of two counters that only grow, read one after the other while they do.
std::uint64_t difference(std::uint64_t more, std::uint64_t less) { return more > less ? more - less : 0; }

double seconds_of(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

// A family of one sample.
void one(Exposition& out, std::string_view name, Type type, std::string_view help, std::uint64_t value) {
    out.family(name, type, help);
    out.sample({}, value);
}

// Counters by status class: those that have counted, and 2xx always, so that a rate exists from the start.
template <class Select>
void classes(Exposition& out, const Workers& workers, std::array<Exposition::Label, 2> labels, Select select) {
    for (std::size_t i = 0; i < kStatusClasses; ++i) {
        const auto value = sum(workers, [&](const WorkerMetrics& worker) -> const Counter& { return select(worker)[i]; });
        if (value == 0 && i != 2) continue;
        const Exposition::Label status{.name = "class", .value = kClassNames[i]};
        if (labels[1].name.empty()) out.sample({labels[0], status}, value);
        else out.sample({labels[0], labels[1], status}, value);
    }
}

}  // namespace

Metrics::Metrics(std::uint32_t workers, MetricsOptions options) : options_(options) {
    for (std::uint32_t i = 0; i < workers; ++i) workers_.emplace_back();
}

LabelIndex Metrics::label(LabelKind kind, std::string_view first, std::string_view second) {
    const auto place = tables_[static_cast<std::size_t>(kind)].take(first, second, options_.label_values_max);
    if (!place.is_new) return place.index;
    const auto begin = [&](auto& rows) {
        rows.ensure(place.index);
        rows.at(place.index).clear();
    };
    for (auto& worker : workers_) {
        switch (kind) {
            case LabelKind::site: begin(worker.sites); break;
            case LabelKind::route: begin(worker.routes); break;
            case LabelKind::peer: begin(worker.peers); break;
        }
    }
    return place.index;
}

void Metrics::snapshot_loaded(std::uint64_t serial, WallTime when) {
    if (serial_ != 0) ++reloads_done_;
    serial_ = serial;
    loaded_ = when;
}

std::string Metrics::render() const {
    Exposition out;
    out.family("weir_build_info", Type::gauge, "Always 1; the labels say what runs.");
    out.sample({{"version", WEIR_VERSION}, {"compiler", __VERSION__}}, std::uint64_t{1});
    render_configuration(out);
    render_connections(out);
    render_h2(out);
    render_requests(out);
    render_compression(out);
    render_tls(out);
    render_sites(out);
    render_routes(out);
    render_peers(out);
    render_peer_times(out);
    render_workers(out);
    for (const auto& source : sources_) source(out);
    expose_process(out);
    return out.take();
}

void Metrics::render_configuration(Exposition& out) const {
    one(out, "weir_snapshot_serial", Type::gauge, "Number of the configuration that runs; 1 is the first.", serial_);
    out.family("weir_snapshot_loaded_timestamp_seconds", Type::gauge, "When that configuration was loaded.");
    out.sample({}, std::chrono::duration<double>(loaded_.time_since_epoch()).count());
    out.family("weir_reloads_total", Type::counter, "Attempts to load another configuration.");
    out.sample({{"result", "done"}}, reloads_done_);
    out.sample({{"result", "refused"}}, reloads_refused_);
}

void Metrics::render_connections(Exposition& out) const {
    const auto closed = sum(workers_, [](const auto& worker) -> auto& { return worker.closed; });
    const auto accepted = sum(workers_, [](const auto& worker) -> auto& { return worker.accepted; });
    one(out, "weir_connections_accepted_total", Type::counter, "Connections of clients.", accepted);
    one(out, "weir_connections_open", Type::gauge, "Connections of clients that are open.", difference(accepted, closed));
    out.family("weir_connections_refused_total", Type::counter, "Connections of clients that were not served.");
    for (std::size_t i = 0; i < static_cast<std::size_t>(Refusal::count_); ++i)
        out.sample({{"reason", word_of(static_cast<Refusal>(i))}},
                   sum(workers_, [&](const auto& worker) -> auto& { return worker.refused[i]; }));
    std::int64_t tunnels = 0;
    for (const auto& worker : workers_) tunnels += worker.tunnels.value();
    out.family("weir_tunnels_open", Type::gauge, "Upgraded connections (WebSocket and others) that are open.");
    out.sample({}, tunnels);
}

void Metrics::render_h2(Exposition& out) const {
    const auto accepted = sum(workers_, [](const auto& worker) -> auto& { return worker.h2_accepted; });
    const auto closed = sum(workers_, [](const auto& worker) -> auto& { return worker.h2_closed; });
    one(out, "weir_h2_connections_total", Type::counter, "Connections of clients that speak HTTP/2.", accepted);
    one(out, "weir_h2_connections_open", Type::gauge, "Those that are open.", difference(accepted, closed));
    one(out, "weir_h2_streams_total", Type::counter, "Streams that clients began.",
        sum(workers_, [](const auto& worker) -> auto& { return worker.h2_streams; }));
    one(out, "weir_h2_streams_refused_total", Type::counter, "Streams that were refused unseen: too many were at work.",
        sum(workers_, [](const auto& worker) -> auto& { return worker.h2_refused; }));
    out.family("weir_h2_resets_total", Type::counter, "Streams that ended with RST_STREAM, by who sent it.");
    out.sample({{"by", "client"}}, sum(workers_, [](const auto& worker) -> auto& { return worker.h2_resets_received; }));
    out.sample({{"by", "weir"}}, sum(workers_, [](const auto& worker) -> auto& { return worker.h2_resets_sent; }));
    out.family("weir_h2_abuse_total", Type::counter, "Connections and streams of HTTP/2 that were ended because a budget was used up.");
    for (std::size_t i = 0; i < http::h2::kAbuses; ++i)
        out.sample({{"kind", http::h2::word_of(static_cast<http::h2::Abuse>(i))}},
                   sum(workers_, [&](const auto& worker) -> auto& { return worker.h2_abuses[i]; }));
}

void Metrics::render_requests(Exposition& out) const {
    const auto done = sum(workers_, [](const auto& worker) -> auto& { return worker.done; });
    const auto begun = sum(workers_, [](const auto& worker) -> auto& { return worker.begun; });
    one(out, "weir_requests_in_flight", Type::gauge, "Requests that are being answered.", difference(begun, done));
    out.family("weir_requests_by_method_total", Type::counter, "Requests by method.");
    for (std::size_t i = 0; i < kMethods; ++i) {
        const auto name = http::name_of(static_cast<http::Method>(i));
        const auto value = sum(workers_, [&](const auto& worker) -> auto& { return worker.methods[i]; });
        if (value != 0) out.sample({{"method", name.empty() ? "other" : name}}, value);
    }
    out.family("weir_replies_total", Type::counter, "Replies by status; 0: the client was gone before one could be sent.");
    for (std::size_t i = 0; i < kStatusMax; ++i)
        if (const auto value = sum(workers_, [&](const auto& worker) -> auto& { return worker.statuses[i]; }); value != 0)
            out.sample({{"status", std::to_string(i)}}, value);
    out.family("weir_request_errors_total", Type::counter, "Requests that ended with an error, by the side at fault.");
    for (std::size_t side = 0; side < kSides; ++side)
        for (std::size_t code = 0; code < kErrorCodes; ++code)
            if (const auto value = sum(workers_, [&](const auto& worker) -> auto& { return worker.errors[side][code]; }); value != 0)
                out.sample({{"side", weir::word_of(static_cast<Side>(side))}, {"error", weir::word_of(static_cast<ErrorCode>(code))}},
                           value);
    out.family("weir_cache_requests_total", Type::counter, "Requests of routes with a cache, by what it did.");
    for (std::size_t i = 1; i < static_cast<std::size_t>(http::CacheUse::count_); ++i)
        out.sample({{"result", http::word_of(static_cast<http::CacheUse>(i))}},
                   sum(workers_, [&](const auto& worker) -> auto& { return worker.cache_uses[i]; }));
    one(out, "weir_retries_total", Type::counter, "Tries beyond the first of a request.",
        sum(workers_, [](const auto& worker) -> auto& { return worker.retries; }));
    one(out, "weir_upstream_queue_waits_total", Type::counter, "Requests that waited for a peer to have room.",
        sum(workers_, [](const auto& worker) -> auto& { return worker.queue_waits; }));
    out.family("weir_upstream_queue_wait_seconds_total", Type::counter, "Time they waited.");
    out.sample({}, seconds_of(sum(workers_, [](const auto& worker) -> auto& { return worker.queue_nanoseconds; })));
}

void Metrics::render_compression(Exposition& out) const {
    using Figures = WorkerMetrics::Compression;
    const auto family = [&](std::string_view name, std::string_view help, Counter Figures::* figure) {
        out.family(name, Type::counter, help);
        for (std::size_t i = 1; i < http::kCodings; ++i)
            out.sample({{"encoding", http::name_of(static_cast<http::Coding>(i))}},
                       sum(workers_, [&](const auto& worker) -> auto& { return worker.compression[i].*figure; }));
    };
    family("weir_compressed_replies_total", "Replies that went out in a content coding of Weir's.", &Figures::replies);
    family("weir_compression_input_octets_total", "Octets that were compressed.", &Figures::octets_in);
    family("weir_compression_output_octets_total", "What became of them.", &Figures::octets_out);
    family("weir_compression_refused_total", "Replies that went out as they are because encoders had no memory left.", &Figures::refused);
}

void Metrics::render_tls(Exposition& out) const {
    constexpr std::array<std::string_view, TlsFigures::kVersions> kVersionNames{"1.2", "1.3"};
    out.family("weir_tls_handshakes_total", Type::counter, "TLS handshakes of clients that were done, by version and resumption.");
    for (std::size_t version = 0; version < kVersionNames.size(); ++version)
        for (std::size_t resumed = 0; resumed < 2; ++resumed)
            out.sample({{"version", kVersionNames[version]}, {"resumed", resumed == 0 ? "no" : "yes"}},
                       sum(workers_, [&](const auto& worker) -> auto& { return worker.tls.done[version][resumed]; }));
    const auto by_name = [&](const char* label, const auto& names, const auto& select) {
        for (std::size_t i = 0; i <= names.size(); ++i) {
            const auto value = sum(workers_, [&](const auto& worker) -> auto& { return select(worker.tls)[i]; });
            if (value != 0) out.sample({{label, i < names.size() ? names[i] : "other"}}, value);
        }
    };
    out.family("weir_tls_handshakes_by_cipher_total", Type::counter, "The same by cipher suite.");
    by_name("cipher", kCipherNames, [](const auto& tls) -> auto& { return tls.ciphers; });
    out.family("weir_tls_handshakes_by_protocol_total", Type::counter, "The same by what was agreed on by ALPN; other: nothing was.");
    by_name("protocol", kProtocolNames, [](const auto& tls) -> auto& { return tls.protocols; });
    out.family("weir_tls_handshakes_failed_total", Type::counter, "TLS handshakes of clients that came to nothing, by reason.");
    for (std::size_t why = 0; why < static_cast<std::size_t>(HandshakeFailure::count_); ++why)
        out.sample({{"reason", word_of(static_cast<HandshakeFailure>(why))}},
                   sum(workers_, [why](const auto& worker) -> auto& { return worker.tls.failed[why]; }));
    std::int64_t in_progress = 0;
    std::int64_t held = 0;
    for (const auto& worker : workers_) in_progress += worker.tls.in_progress.value(), held += worker.tls.held.value();
    out.family("weir_tls_handshakes_in_progress", Type::gauge, "TLS handshakes of clients that are under way.");
    out.sample({}, in_progress);
    out.family("weir_tls_handshakes_held", Type::gauge, "Of these, those that wait for the certificate of their name to be fetched.");
    out.sample({}, held);
    one(out, "weir_tls_early_data_total", Type::counter, "Handshakes that brought a request along.",
        sum(workers_, [](const auto& worker) -> auto& { return worker.tls.early_data; }));
    one(out, "weir_tls_early_data_refused_total", Type::counter, "Handshakes whose early data was not taken: a replay, too old, too soon.",
        sum(workers_, [](const auto& worker) -> auto& { return worker.tls.early_data_refused; }));
    const auto time = sum_histogram(workers_, [](const auto& worker) -> auto& { return worker.tls.time; });
    out.family("weir_tls_handshake_seconds", Type::histogram, "From the first look at a connection to the end of its handshake.");
    if (time.count() != 0) out.histogram({}, time);
}

void Metrics::render_sites(Exposition& out) const {
    const auto& names = table(LabelKind::site);
    const auto site_of = [](const Workers& workers, LabelIndex i, auto select) {
        return sum(workers, [&](const WorkerMetrics& worker) -> const Counter& { return select(worker.sites.at(i)); });
    };
    out.family("weir_requests_total", Type::counter, "Requests by site and class of status; none: no status was sent.");
    for (LabelIndex i = 0; i < names.size(); ++i)
        classes(out, workers_, {{{"site", names[i].first}, {}}},
                [i](const WorkerMetrics& worker) -> auto& { return worker.sites.at(i).requests; });
    out.family("weir_request_bytes_total", Type::counter, "Octets that clients sent, heads and bodies.");
    for (LabelIndex i = 0; i < names.size(); ++i)
        out.sample({{"site", names[i].first}}, site_of(workers_, i, [](const SiteFigures& site) -> auto& { return site.request_octets; }));
    out.family("weir_reply_bytes_total", Type::counter, "Octets that were sent to clients, heads and bodies.");
    for (LabelIndex i = 0; i < names.size(); ++i)
        out.sample({{"site", names[i].first}}, site_of(workers_, i, [](const SiteFigures& site) -> auto& { return site.reply_octets; }));
    out.family("weir_request_seconds", Type::histogram, "From the first octet of a request to the end of its reply, by site.");
    for (LabelIndex i = 0; i < names.size(); ++i) {
        const auto total = sum_histogram(workers_, [i](const auto& worker) -> auto& { return worker.sites.at(i).time; });
        if (total.count() != 0) out.histogram({{"site", names[i].first}}, total);
    }
}

void Metrics::render_routes(Exposition& out) const {
    const auto& names = table(LabelKind::route);
    out.family("weir_route_requests_total", Type::counter, "Requests by route and class of status.");
    for (LabelIndex i = 0; i < names.size(); ++i)
        classes(out, workers_, {{{"site", names[i].first}, {"route", names[i].second}}},
                [i](const WorkerMetrics& worker) -> auto& { return worker.routes.at(i).requests; });
    out.family("weir_route_request_seconds", Type::histogram, "From the first octet of a request to the end of its reply, by route.");
    for (LabelIndex i = 0; i < names.size(); ++i) {
        const auto total = sum_histogram(workers_, [i](const auto& worker) -> auto& { return worker.routes.at(i).time; });
        if (total.count() != 0) out.histogram({{"site", names[i].first}, {"route", names[i].second}}, total);
    }
}

void Metrics::render_peers(Exposition& out) const {
    const auto& names = table(LabelKind::peer);
    const auto peer_sum = [this](LabelIndex i, auto select) {
        return sum(workers_, [&](const WorkerMetrics& worker) -> const Counter& { return select(worker.peers.at(i)); });
    };
    out.family("weir_upstream_answers_total", Type::counter, "Answers of peers by class of status.");
    for (LabelIndex i = 0; i < names.size(); ++i)
        classes(out, workers_, {{{"upstream", names[i].first}, {"peer", names[i].second}}},
                [i](const WorkerMetrics& worker) -> auto& { return worker.peers.at(i).answers; });
    out.family("weir_upstream_errors_total", Type::counter, "Tries of peers that failed.");
    for (LabelIndex i = 0; i < names.size(); ++i)
        for (std::size_t code = 0; code < kErrorCodes; ++code)
            if (const auto value = peer_sum(i, [code](const PeerFigures& peer) -> auto& { return peer.errors[code]; }); value != 0)
                out.sample(
                    {{"upstream", names[i].first}, {"peer", names[i].second}, {"error", weir::word_of(static_cast<ErrorCode>(code))}},
                    value);
    out.family("weir_upstream_leases_total", Type::counter, "Connections used: from the pool (reused) or made anew.");
    for (LabelIndex i = 0; i < names.size(); ++i) {
        const auto reused = peer_sum(i, [](const PeerFigures& peer) -> auto& { return peer.reused; });
        const auto fresh = peer_sum(i, [](const PeerFigures& peer) -> auto& { return peer.fresh; });
        if (reused + fresh == 0) continue;
        out.sample({{"upstream", names[i].first}, {"peer", names[i].second}, {"reused", "yes"}}, reused);
        out.sample({{"upstream", names[i].first}, {"peer", names[i].second}, {"reused", "no"}}, fresh);
    }
    out.family("weir_upstream_http2_leases_total", Type::counter, "Of these, streams of HTTP/2.");
    for (LabelIndex i = 0; i < names.size(); ++i)
        if (const auto value = peer_sum(i, [](const PeerFigures& peer) -> auto& { return peer.h2; }); value != 0)
            out.sample({{"upstream", names[i].first}, {"peer", names[i].second}}, value);
}

void Metrics::render_peer_times(Exposition& out) const {
    const auto& names = table(LabelKind::peer);
    const auto times = [&](Histogram PeerFigures::* which) {
        for (LabelIndex i = 0; i < names.size(); ++i) {
            const auto total = sum_histogram(workers_, [&](const auto& worker) -> auto& { return worker.peers.at(i).*which; });
            if (total.count() != 0) out.histogram({{"upstream", names[i].first}, {"peer", names[i].second}}, total);
        }
    };
    out.family("weir_upstream_connect_seconds", Type::histogram, "Time to make a connection to a peer.");
    times(&PeerFigures::connect);
    out.family("weir_upstream_first_byte_seconds", Type::histogram, "From sending a request to a peer to the head of its answer.");
    times(&PeerFigures::first_byte);
}

void Metrics::render_workers(Exposition& out) const {
    const auto each = [&](auto value) {
        for (std::size_t i = 0; i < workers_.size(); ++i) value(std::to_string(i), workers_[i]);
    };
    out.family("weir_worker_requests_total", Type::counter, "Requests by worker.");
    each([&](const std::string& index, const WorkerMetrics& worker) { out.sample({{"worker", index}}, worker.done.value()); });
    out.family("weir_worker_connections_open", Type::gauge, "Connections of clients that are open, by worker.");
    each([&](const std::string& index, const WorkerMetrics& worker) {
        const auto closed = worker.closed.value();
        out.sample({{"worker", index}}, difference(worker.accepted.value(), closed));
    });
    out.family("weir_worker_turns_total", Type::counter, "Turns of the worker's loop.");
    each([&](const std::string& index, const WorkerMetrics& worker) { out.sample({{"worker", index}}, worker.turns.value()); });
    out.family("weir_worker_cpu_seconds_total", Type::counter, "Processor time of the worker's thread.");
    each([&](const std::string& index, const WorkerMetrics& worker) {
        timespec used{};
        const auto clock = worker.processor_clock.load(std::memory_order_relaxed);
        if (clock == -1 || ::clock_gettime(clock, &used) != 0) return;
        out.sample({{"worker", index}}, static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9);
    });
}

void expose(const LogFigures& figures, Exposition& out) {
    one(out, "weir_log_lines_total", Type::counter, "Lines given to the access logs.", figures.lines);
    one(out, "weir_log_lines_dropped_total", Type::counter, "Lines lost because a log could not be written fast enough.", figures.dropped);
    one(out, "weir_log_bytes_total", Type::counter, "Octets written to the access logs.", figures.octets);
    one(out, "weir_log_write_errors_total", Type::counter, "Failed writes of access logs; what was not written is tried again.",
        figures.write_errors);
    one(out, "weir_log_reopen_errors_total", Type::counter, "Access logs that could not be opened again.", figures.reopen_errors);
}

}  // namespace weir::observe
