#include "observe/metrics.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <thread>

#include "observe/log_file.h"
#include "observe/sample_facts.h"

namespace weir::observe {
namespace {

using namespace std::chrono_literals;

bool has_line(const std::string& text, std::string_view line) {
    return ("\n" + text).find("\n" + std::string(line) + "\n") != std::string::npos;
}

TEST(Metrics, AnExchangeIsCounted) {
    Metrics metrics(2);
    const auto site = metrics.label(LabelKind::site, "example.com");
    const auto route = metrics.label(LabelKind::route, "example.com", "/a/*");
    const auto peer = metrics.label(LabelKind::peer, "shop", "10.0.0.1:80");
    SampleFacts sample;
    auto& first = metrics.worker(0);
    auto& second = metrics.worker(1);
    first.connection_opened();
    first.exchange_begun();
    first.exchange_done(sample.facts, site, route, peer);
    second.exchange_begun();
    second.exchange_begun();
    sample.facts.reused_connection = false;
    sample.facts.tries = 2;
    sample.facts.status = 502;
    sample.facts.upstream_status = 0;
    sample.facts.has_error = true;
    sample.facts.error = ErrorCode::reset;
    sample.facts.error_side = Side::upstream;
    second.try_failed(peer, ErrorCode::reset);
    second.exchange_done(sample.facts, site, route, peer);

    const auto text = metrics.render();
    const std::string_view lines[] = {
        "weir_requests_total{site=\"example.com\",class=\"2xx\"} 1",
        "weir_requests_total{site=\"example.com\",class=\"5xx\"} 1",
        "weir_requests_total{site=\"other\",class=\"2xx\"} 0",
        "weir_route_requests_total{site=\"example.com\",route=\"/a/*\",class=\"2xx\"} 1",
        "weir_request_seconds_bucket{site=\"example.com\",le=\"0.01\"} 0",
        "weir_request_seconds_bucket{site=\"example.com\",le=\"0.025\"} 2",
        "weir_request_seconds_count{site=\"example.com\"} 2",
        "weir_route_request_seconds_sum{site=\"example.com\",route=\"/a/*\"} 0.04025",
        "weir_request_bytes_total{site=\"example.com\"} 240",
        "weir_reply_bytes_total{site=\"example.com\"} 1400",
        "weir_requests_by_method_total{method=\"GET\"} 2",
        "weir_replies_total{status=\"200\"} 1",
        "weir_replies_total{status=\"502\"} 1",
        "weir_request_errors_total{side=\"upstream\",error=\"reset\"} 1",
        "weir_requests_in_flight 1",
        "weir_retries_total 1",
        "weir_upstream_answers_total{upstream=\"shop\",peer=\"10.0.0.1:80\",class=\"2xx\"} 1",
        "weir_upstream_errors_total{upstream=\"shop\",peer=\"10.0.0.1:80\",error=\"reset\"} 1",
        "weir_upstream_leases_total{upstream=\"shop\",peer=\"10.0.0.1:80\",reused=\"yes\"} 1",
        "weir_upstream_leases_total{upstream=\"shop\",peer=\"10.0.0.1:80\",reused=\"no\"} 1",
        "weir_upstream_connect_seconds_count{upstream=\"shop\",peer=\"10.0.0.1:80\"} 1",
        "weir_upstream_first_byte_seconds_count{upstream=\"shop\",peer=\"10.0.0.1:80\"} 2",
        "weir_worker_requests_total{worker=\"1\"} 1",
        "weir_connections_open 1",
    };
    for (const auto line : lines) EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
}

TEST(Metrics, ConnectionsTunnelsAndTheRest) {
    Metrics metrics(1);
    auto& worker = metrics.worker(0);
    worker.bind_thread();
    worker.connection_opened();
    worker.connection_opened();
    worker.connection_closed();
    worker.connection_refused(Refusal::connections_per_client);
    worker.tunnel_opened();
    worker.tunnel_opened();
    worker.tunnel_closed();
    worker.queue_waited(500ms);
    worker.turns_done(12);
    metrics.snapshot_loaded(1, WallTime(10s));
    metrics.snapshot_loaded(2, WallTime(1500ms));
    metrics.reload_refused();
    metrics.add_source([](Exposition& out) { expose(LogFigures{.lines = 5, .dropped = 1}, out); });
    const auto text = metrics.render();
    const std::string_view lines[] = {
        "weir_connections_accepted_total 2",
        "weir_connections_open 1",
        "weir_connections_refused_total{reason=\"connections_per_client\"} 1",
        "weir_connections_refused_total{reason=\"connections_max\"} 0",
        "weir_tunnels_open 1",
        "weir_upstream_queue_waits_total 1",
        "weir_upstream_queue_wait_seconds_total 0.5",
        "weir_worker_turns_total{worker=\"0\"} 12",
        "weir_snapshot_serial 2",
        "weir_snapshot_loaded_timestamp_seconds 1.5",
        "weir_reloads_total{result=\"done\"} 1",
        "weir_reloads_total{result=\"refused\"} 1",
        "weir_log_lines_total 5",
        "weir_log_lines_dropped_total 1",
    };
    for (const auto line : lines) EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
    EXPECT_NE(text.find("weir_worker_cpu_seconds_total{worker=\"0\"} "), std::string::npos);
    EXPECT_NE(text.find("weir_build_info{version=\""), std::string::npos);
}

TEST(Metrics, TheProcessIsDescribed) {
    const auto text = Metrics(1).render();
    const auto value_of = [&](const std::string& name) {
        const auto at = text.find("\n" + name + " ");
        return at == std::string::npos ? -1.0 : std::stod(text.substr(at + name.size() + 2));
    };
    const auto now = static_cast<double>(std::chrono::system_clock::now().time_since_epoch() / 1s);
    EXPECT_GT(value_of("process_resident_memory_bytes"), 100'000);
    EXPECT_GT(value_of("process_virtual_memory_bytes"), value_of("process_resident_memory_bytes"));
    EXPECT_GE(value_of("process_open_fds"), 3);
    EXPECT_GT(value_of("process_max_fds"), 3);
    EXPECT_GE(value_of("process_threads"), 1);
    EXPECT_GE(value_of("process_cpu_seconds_total"), 0);
    EXPECT_NEAR(value_of("process_start_time_seconds"), now, 3600);
}

// The grammar that a scraper relies on: every sample belongs to the family above it, no family and no series comes twice.
TEST(Metrics, TheTextIsWellFormed) {
    Metrics metrics(2);
    const auto site = metrics.label(LabelKind::site, "a\"b\\c\n");
    const auto route = metrics.label(LabelKind::route, "a\"b\\c\n", "~^/(x|y)$");
    const auto peer = metrics.label(LabelKind::peer, "up", "[::1]:80");
    SampleFacts sample;
    metrics.worker(0).exchange_done(sample.facts, site, route, peer);
    metrics.worker(0).try_failed(peer, ErrorCode::timeout);
    std::istringstream lines(metrics.render());
    std::string family, type;
    std::set<std::string> families, series;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("# HELP ")) {
            family = line.substr(7, line.find(' ', 7) - 7);
            EXPECT_TRUE(families.insert(family).second) << line;
        } else if (line.starts_with("# TYPE ")) {
            std::istringstream words(line.substr(7));
            std::string name;
            words >> name >> type;
            EXPECT_EQ(name, family);
            EXPECT_EQ(type == "counter", name.ends_with("_total")) << line;
        } else {
            const auto space = line.rfind(' ');
            EXPECT_TRUE(series.insert(line.substr(0, space)).second) << line;
            const auto name = line.substr(0, line.find_first_of("{ "));
            const bool is_part =
                type == "histogram" && (name == family + "_bucket" || name == family + "_sum" || name == family + "_count");
            EXPECT_TRUE(name == family || is_part) << line;
            EXPECT_NO_THROW(static_cast<void>(std::stod(line.substr(space + 1)))) << line;
        }
    }
    EXPECT_GT(families.size(), 30U);
}

TEST(Metrics, LabelsAreBounded) {
    Metrics metrics(1, {.label_values_max = 3});
    SampleFacts sample;
    for (int i = 0; i < 100; ++i) {
        const auto site = metrics.label(LabelKind::site, "site" + std::to_string(i));
        metrics.worker(0).exchange_done(sample.facts, site, kOtherLabel);
    }
    const auto text = metrics.render();
    EXPECT_TRUE(has_line(text, "weir_requests_total{site=\"site2\",class=\"2xx\"} 1"));
    EXPECT_EQ(text.find("site3"), std::string::npos);
    EXPECT_TRUE(has_line(text, "weir_requests_total{site=\"other\",class=\"2xx\"} 97"));
}

TEST(Metrics, APlaceThatIsUsedAgainBeginsAtZero) {
    Metrics metrics(2, {.label_values_max = 1});
    SampleFacts sample;
    const auto a = metrics.label(LabelKind::peer, "up", "a");
    metrics.worker(1).exchange_done(sample.facts, kOtherLabel, kOtherLabel, a);
    metrics.release(LabelKind::peer, a);
    EXPECT_TRUE(has_line(metrics.render(), "weir_upstream_answers_total{upstream=\"up\",peer=\"a\",class=\"2xx\"} 1"));
    const auto b = metrics.label(LabelKind::peer, "up", "b");
    EXPECT_EQ(b, a);
    EXPECT_TRUE(has_line(metrics.render(), "weir_upstream_answers_total{upstream=\"up\",peer=\"b\",class=\"2xx\"} 0"));
}

TEST(Metrics, OddStatusesAndRequestsDoNoHarm) {
    Metrics metrics(1);
    for (const std::uint16_t status : {0, 1, 99, 100, 599, 600, 999, 65535}) {
        http::Facts facts;
        facts.status = status;
        metrics.worker(0).exchange_done(facts, kOtherLabel, kOtherLabel);
    }
    const auto text = metrics.render();
    EXPECT_TRUE(has_line(text, "weir_requests_total{site=\"other\",class=\"none\"} 6"));
    EXPECT_TRUE(has_line(text, "weir_replies_total{status=\"0\"} 1"));
    EXPECT_TRUE(has_line(text, "weir_replies_total{status=\"599\"} 1"));
}

// Workers count while the control thread adds labels and renders.
TEST(Metrics, AreReadWhileTheyAreWritten) {
    constexpr int kExchanges = 3000;
    Metrics metrics(2);
    std::atomic<LabelIndex> site = metrics.label(LabelKind::site, "a");
    std::vector<std::thread> workers;
    for (std::uint32_t i = 0; i < 2; ++i)
        workers.emplace_back([&, i] {
            SampleFacts sample;
            for (int n = 0; n < kExchanges; ++n)
                metrics.worker(i).exchange_done(sample.facts, site.load(std::memory_order_acquire), kOtherLabel);
        });
    for (int i = 0; i < 30; ++i) {
        site.store(metrics.label(LabelKind::site, "site" + std::to_string(i)), std::memory_order_release);
        EXPECT_FALSE(metrics.render().empty());
    }
    for (auto& worker : workers) worker.join();
    EXPECT_TRUE(has_line(metrics.render(), "weir_requests_by_method_total{method=\"GET\"} " + std::to_string(2 * kExchanges)));
}

}  // namespace
}  // namespace weir::observe
