#include "observe/log_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/log.h"

namespace weir::observe {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kPiecesMax = 64;
constexpr Duration kReportEvery = 1s;

std::size_t octets_of(std::span<const iovec> pieces) {
    std::size_t octets = 0;
    for (const auto& piece : pieces) octets += piece.iov_len;
    return octets;
}

}  // namespace

LogFigures& LogFigures::operator+=(const LogFigures& other) {
    lines += other.lines;
    dropped += other.dropped;
    octets += other.octets;
    write_errors += other.write_errors;
    reopen_errors += other.reopen_errors;
    return *this;
}

LogFile::LogFile(std::string path, std::unique_ptr<LogSink> sink, std::uint32_t workers, LogBell& bell, std::size_t lane_octets_max)
    : path_(std::move(path)), sink_(std::move(sink)) {
    for (std::uint32_t i = 0; i < workers; ++i) lanes_.emplace_back(bell, lane_octets_max);
}

bool LogFile::join() {
    auto users = users_.load(std::memory_order_relaxed);
    do
        if (users == kRetired) return false;
    while (!users_.compare_exchange_weak(users, users + 1, std::memory_order_relaxed));
    return true;
}

// Release: the writer that sees nobody left sees all of their lines.
void LogFile::leave() { users_.fetch_sub(1, std::memory_order_release); }

bool LogFile::retire() {
    std::uint32_t nobody = 0;
    return users_.compare_exchange_strong(nobody, kRetired, std::memory_order_acquire);
}

bool LogFile::drain(TimePoint now) {
    bool has_written = false;
    for (std::size_t visited = 0; visited < lanes_.size(); ++visited) {
        if (!drain_lane(lanes_[next_lane_], has_written)) break;
        next_lane_ = next_lane_ + 1 == lanes_.size() ? 0 : next_lane_ + 1;
    }
    report_drops(now);
    return has_written;
}

// False when the sink did not take all.
bool LogFile::drain_lane(LogLane& lane, bool& has_written) {
    while (true) {
        std::array<iovec, kPiecesMax> pieces;
        const auto count = lane.gather(pieces);
        const auto offered = octets_of({pieces.data(), count});
        const auto outcome = offered == 0 ? LogSink::Outcome{} : sink_->write({pieces.data(), count});
        lane.consume(outcome.octets);
        own_.octets += outcome.octets;
        has_written |= outcome.octets > 0;
        const bool is_stuck = offered > 0 && outcome.octets == 0;
        if (outcome.failed != 0 || is_stuck) return note_failure(outcome.failed), false;
        if (outcome.octets > 0) note_success();
        if (count < kPiecesMax && outcome.octets == offered) return true;
    }
}

void LogFile::note_failure(int system_errno) {
    ++own_.write_errors;
    if (std::exchange(is_failing_, true)) return;
    log::error("access_log_write", "can't write the access log: lines are kept while there is room, then dropped",
               {{"path", path_}, {"error", std::strerror(system_errno)}});
}

void LogFile::note_success() {
    if (std::exchange(is_failing_, false)) log::info("access_log_recovered", "the access log can be written again", {{"path", path_}});
}

void LogFile::report_drops(TimePoint now) {
    const auto total = dropped();
    if (total == reported_drops_ || now - drops_reported_at_ < kReportEvery) return;
    log::warn("access_log_dropped", "lines of the access log were dropped: its file is slower than the traffic",
              {{"path", path_}, {"lines", total - reported_drops_}, {"lines_total", total}});
    reported_drops_ = total;
    drops_reported_at_ = now;
}

void LogFile::reopen() {
    const int failed = sink_->reopen();
    if (failed == 0) return;
    ++own_.reopen_errors;
    log::error("access_log_reopen", "can't open the access log again: the old file stays",
               {{"path", path_}, {"error", std::strerror(failed)}});
}

void LogFile::give_up() {
    for (auto& lane : lanes_) {
        std::array<iovec, kPiecesMax> pieces;
        while (const auto count = lane.gather(pieces)) {
            for (const auto& piece : std::span(pieces.data(), count)) {
                const auto* text = static_cast<const char*>(piece.iov_base);
                own_.dropped += static_cast<std::uint64_t>(std::count(text, text + piece.iov_len, '\n'));
            }
            lane.consume(octets_of({pieces.data(), count}));
        }
    }
    report_drops(TimePoint::max());
}

void LogFile::release_spares() {
    for (auto& lane : lanes_) lane.release_spares();
}

std::uint64_t LogFile::dropped() const {
    auto total = own_.dropped;
    for (const auto& lane : lanes_) total += lane.dropped();
    return total;
}

LogFigures LogFile::figures() const {
    auto figures = own_;
    figures.dropped = dropped();
    for (const auto& lane : lanes_) figures.lines += lane.lines();
    return figures;
}

}  // namespace weir::observe
