// LogFile: one access log on disk: its sink and a lane for each worker. Shared by all AccessLogs that name the same path, over reloads
// too, so that lines of several sites or of two configurations never mix within a line.
// Life: control/ binding makes it; every AccessLog joins and leaves; the writer retires it when nobody uses it and all is written.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/ref.h"
#include "observe/log_lane.h"
#include "observe/log_sink.h"

namespace weir::observe {

// What has happened to access logs, for metrics.
struct LogFigures {
    std::uint64_t lines = 0;
    std::uint64_t dropped = 0;
    std::uint64_t octets = 0;
    std::uint64_t write_errors = 0;
    std::uint64_t reopen_errors = 0;

    LogFigures& operator+=(const LogFigures& other);
};

class LogFile : public Counted {
public:
    LogFile(std::string path, std::unique_ptr<LogSink> sink, std::uint32_t workers, LogBell& bell,
            std::size_t lane_octets_max = LogLane::kOctetsMax);

    const std::string& path() const { return path_; }
    LogLane& lane(std::uint32_t worker) { return lanes_[worker]; }

    // Any thread. join() fails when the writer has retired the file: open another one.
    bool join();
    void leave();

    // Writer, all below. Writes what is committed; true when something was written. An error leaves the rest for the next time.
    bool drain(TimePoint now);
    void reopen();
    // True, for ever, when nobody has joined any more.
    bool retire();
    bool is_retired() const { return users_.load(std::memory_order_relaxed) == kRetired; }
    // At the end: what could not be written counts as dropped.
    void give_up();
    // Retired: closes the file, even while a binding still knows it.
    void close() { sink_.reset(); }
    void release_spares();
    LogFigures figures() const;

private:
    bool drain_lane(LogLane& lane, bool& has_written);
    void note_failure(int system_errno);
    void note_success();
    void report_drops(TimePoint now);
    std::uint64_t dropped() const;

    static constexpr std::uint32_t kRetired = ~std::uint32_t{0};

    const std::string path_;
    std::unique_ptr<LogSink> sink_;
    std::deque<LogLane> lanes_;  // a lane neither moves nor is copied
    std::atomic<std::uint32_t> users_{0};

    std::size_t next_lane_ = 0;  // where a write stopped in the middle of a line, the next one goes on
    LogFigures own_;             // octets, errors, and lines given up
    bool is_failing_ = false;
    std::uint64_t reported_drops_ = 0;
    TimePoint drops_reported_at_{};
};

}  // namespace weir::observe
