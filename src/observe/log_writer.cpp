#include "observe/log_writer.h"

#include <pthread.h>
#include <signal.h>

#include <utility>

namespace weir::observe {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSparesKept = 10s;

}  // namespace

LogWriter::~LogWriter() { stop(); }

void LogWriter::start() {
    // A thread inherits its maker's mask: signals go to the control thread.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_setname_np(thread_.native_handle(), "weir-log");
}

void LogWriter::stop() {
    if (is_stopping_.exchange(true)) return;
    bell_.ring();
    if (thread_.joinable()) thread_.join();
    pass(std::chrono::steady_clock::now());
    for (auto& file : files_) file->give_up();
    publish_figures();
}

void LogWriter::run() {
    while (!is_stopping_.load(std::memory_order_acquire)) {
        bell_.wait(kPassEvery);
        pass(std::chrono::steady_clock::now());
    }
}

void LogWriter::reopen() {
    reopen_asked_.fetch_add(1, std::memory_order_acq_rel);
    bell_.ring();
}

void LogWriter::add(Ref<LogFile> file) {
    auto* added = new Added{.file = std::move(file), .next = added_.load(std::memory_order_relaxed)};
    while (!added_.compare_exchange_weak(added->next, added, std::memory_order_release, std::memory_order_relaxed)) {}
}

void LogWriter::take_added() {
    auto* added = added_.exchange(nullptr, std::memory_order_acquire);
    while (added != nullptr) {
        files_.push_back(std::move(added->file));
        delete std::exchange(added, added->next);
    }
}

bool LogWriter::pass(TimePoint now) {
    const auto asked = reopen_asked_.load(std::memory_order_acquire);
    take_added();
    const bool has_written = drain_all(now);
    if (asked != reopen_done_.load(std::memory_order_relaxed)) {
        for (auto& file : files_) file->reopen();
        reopen_done_.store(asked, std::memory_order_release);
    }
    drop_retired();
    publish_figures();
    if (has_written) last_busy_ = now;
    return has_written;
}

bool LogWriter::drain_all(TimePoint now) {
    bool has_written = false;
    for (auto& file : files_) has_written |= file->drain(now);
    if (has_written || now - last_busy_ < kSparesKept) return has_written;
    for (auto& file : files_) file->release_spares();
    last_busy_ = now;
    return false;
}

void LogWriter::drop_retired() {
    std::erase_if(files_, [&](Ref<LogFile>& file) {
        if (!file->retire()) return false;
        // Lines that were committed between the drain and the last leave().
        file->drain(kNever);
        file->give_up();
        file->close();
        retired_ += file->figures();
        return true;
    });
}

void LogWriter::publish_figures() {
    auto total = retired_;
    for (const auto& file : files_) total += file->figures();
    published_.lines.set(total.lines);
    published_.dropped.set(total.dropped);
    published_.octets.set(total.octets);
    published_.write_errors.set(total.write_errors);
    published_.reopen_errors.set(total.reopen_errors);
}

LogFigures LogWriter::figures() const {
    return {.lines = published_.lines.value(),
            .dropped = published_.dropped.value(),
            .octets = published_.octets.value(),
            .write_errors = published_.write_errors.value(),
            .reopen_errors = published_.reopen_errors.value()};
}

}  // namespace weir::observe
