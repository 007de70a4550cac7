// LogWriter: the one thread that writes all access logs of the process, in batches: a pass over all files every kPassEvery, sooner when
// a lane rings. Tests and the simulation call pass() themselves and never start the thread.
// Owner: server/. Must outlive every AccessLog; workers have stopped before stop().
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/counter.h"
#include "base/ref.h"
#include "observe/log_bell.h"
#include "observe/log_file.h"

namespace weir::observe {

class LogWriter {
public:
    static constexpr Duration kPassEvery = std::chrono::milliseconds(250);  // a line is in its file that soon

    LogWriter() = default;
    LogWriter(const LogWriter&) = delete;
    LogWriter& operator=(const LogWriter&) = delete;
    ~LogWriter();

    // Control thread. The thread takes no signals.
    void start();
    // Writes all that has been committed, then ends. Once.
    void stop();

    // Any thread. Files are opened again after all lines committed before this call are in the old ones.
    void reopen();
    // How many calls of reopen() have been carried out.
    std::uint64_t reopened() const { return reopen_done_.load(std::memory_order_acquire); }

    // Any thread.
    void add(Ref<LogFile> file);
    // Any thread; as of the last pass.
    LogFigures figures() const;
    LogBell& bell() { return bell_; }

    // The writer's thread, or whoever has not started it: one round. True when something was written.
    bool pass(TimePoint now);

private:
    struct Added {
        Ref<LogFile> file;
        Added* next = nullptr;
    };

    void run();
    void take_added();
    bool drain_all(TimePoint now);
    void drop_retired();
    void publish_figures();

    std::thread thread_;
    LogBell bell_;
    std::atomic<bool> is_stopping_{false};
    std::atomic<std::uint64_t> reopen_asked_{0};
    std::atomic<std::uint64_t> reopen_done_{0};
    std::atomic<Added*> added_{nullptr};

    // Writer's.
    std::vector<Ref<LogFile>> files_;
    LogFigures retired_;
    TimePoint last_busy_{};
    struct {
        Counter lines, dropped, octets, write_errors, reopen_errors;
    } published_;
};

}  // namespace weir::observe
