// Reads that have to wait for the disk: a few threads carry them out, workers go on meanwhile and are told by mailbox. A read that takes
// too long is given up: whoever asked for it goes another way, and what comes in the end is thrown away.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <thread>

#include "cache/disk/bell.h"
#include "cache/disk/medium.h"
#include "io/event.h"
#include "io/mailbox.h"
#include "io/task.h"
#include "io/worker.h"

namespace weir::cache {

// One at a time; used again for the next one, unless it was given up. Made on the worker that waits for it.
class DiskRead : public Counted {
public:
    explicit DiskRead(std::size_t octets) : home_(io::Worker::current()), octets_(octets), buffer_(new char[octets]) {}

    std::span<char> buffer() { return {buffer_.get(), octets_}; }
    void begin(Ref<MediumFile> file, std::uint64_t offset, std::size_t octets);
    // The worker's. What came, or an errno; ETIMEDOUT: given up.
    io::Task<std::expected<std::size_t, Errno>> wait(TimePoint until);

private:
    friend class DiskReaders;
    enum class State : std::uint8_t { waiting, done, given_up };
    void carry_out();

    io::Worker& home_;
    io::Event told_;
    std::size_t octets_, wanted_ = 0;
    std::unique_ptr<char[]> buffer_;
    Ref<MediumFile> file_;
    std::uint64_t offset_ = 0;
    std::expected<std::size_t, Errno> outcome_;
    std::atomic<State> state_{State::waiting};
};

class DiskReaders {
public:
    static constexpr std::size_t kThreads = 4;

    DiskReaders();
    ~DiskReaders();
    DiskReaders(const DiskReaders&) = delete;
    DiskReaders& operator=(const DiskReaders&) = delete;

    // False: too many wait already.
    bool post(const Ref<DiskRead>& read);

private:
    struct Reader {
        io::Mailbox mailbox;
        Bell bell;
        std::thread thread;
    };
    void run(Reader& reader);

    std::atomic<bool> is_stopping_{false};
    std::atomic<std::uint32_t> next_{0};
    std::array<Reader, kThreads> readers_;
};

// A thread of the store: takes no signals, which are the control thread's.
std::thread start_quietly(std::move_only_function<void()> run, const char* name);

}  // namespace weir::cache
