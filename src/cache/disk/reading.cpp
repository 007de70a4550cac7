#include "cache/disk/reading.h"

#include <pthread.h>
#include <signal.h>

#include <cerrno>

namespace weir::cache {

std::thread start_quietly(std::move_only_function<void()> run, const char* name) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread thread(std::move(run));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_setname_np(thread.native_handle(), name);
    return thread;
}

void DiskRead::begin(Ref<MediumFile> file, std::uint64_t offset, std::size_t octets) {
    file_ = std::move(file);
    offset_ = offset;
    wanted_ = octets;
    state_.store(State::waiting, std::memory_order_relaxed);
}

void DiskRead::carry_out() {
    outcome_ = file_->read(offset_, buffer().first(wanted_), MediumFile::Patience::wait);
    auto waiting = State::waiting;
    if (!state_.compare_exchange_strong(waiting, State::done, std::memory_order_acq_rel)) return;
    io::Worker::Message message = [self = Ref(this)] { self->told_.notify(); };
    while (!home_.try_post(message)) std::this_thread::yield();
}

io::Task<std::expected<std::size_t, Errno>> DiskRead::wait(TimePoint until) {
    const auto told = co_await told_.wait({until, nullptr});
    if (!told) {
        auto waiting = State::waiting;
        const bool is_given_up = state_.compare_exchange_strong(waiting, State::given_up, std::memory_order_acq_rel);
        if (is_given_up) co_return std::unexpected(ETIMEDOUT);
        // It is just being told.
        co_await told_.wait({});
    }
    co_return outcome_;
}

DiskReaders::DiskReaders() {
    for (auto& reader : readers_) reader.thread = start_quietly([this, &reader] { run(reader); }, "weir-disk-read");
}

DiskReaders::~DiskReaders() {
    is_stopping_.store(true, std::memory_order_release);
    for (auto& reader : readers_) reader.bell.ring();
    for (auto& reader : readers_) reader.thread.join();
}

bool DiskReaders::post(const Ref<DiskRead>& read) {
    auto& reader = readers_[next_.fetch_add(1, std::memory_order_relaxed) % kThreads];
    io::Mailbox::Message message = [read] { read->carry_out(); };
    if (!reader.mailbox.push(message)) return false;
    reader.bell.ring();
    return true;
}

void DiskReaders::run(Reader& reader) {
    while (!is_stopping_.load(std::memory_order_acquire)) {
        io::Mailbox::Message message;
        while (reader.mailbox.pop(message)) {
            message();
            message = nullptr;
        }
        reader.bell.wait();
    }
}

}  // namespace weir::cache
