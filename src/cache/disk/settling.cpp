// Waiting until purges are on the disk: the control thread sleeps, a worker goes on with other things meanwhile. Those who wait at the
// same time share one fsync.
#include <thread>

#include "cache/disk/store.h"
#include "io/event.h"
#include "io/worker.h"

namespace weir::cache {
namespace {

class SleepingSettling final : public DiskSettling {
public:
    bool wait() {
        outcome_.wait(0, std::memory_order_acquire);
        return outcome_.load(std::memory_order_acquire) == 1;
    }
    void tell(bool is_on_disk) override {
        outcome_.store(is_on_disk ? 1 : -1, std::memory_order_release);
        outcome_.notify_one();
    }

private:
    std::atomic<int> outcome_{0};
};

// Made on the worker that waits; what comes after that has given up is thrown away.
class AwaitedSettling final : public DiskSettling, public Counted {
public:
    // Until the writer has told.
    void hold() { held_ = Ref(this); }

    void tell(bool is_on_disk) override {
        const auto self = std::move(held_);
        is_on_disk_ = is_on_disk;
        auto waiting = State::waiting;
        if (!state_.compare_exchange_strong(waiting, State::told, std::memory_order_acq_rel)) return;
        io::Worker::Message message = [self] { self->told_.notify(); };
        while (!home_.try_post(message)) std::this_thread::yield();
    }

    io::Task<bool> wait(TimePoint until) {
        const auto told = co_await told_.wait({until, nullptr});
        if (!told) {
            auto waiting = State::waiting;
            if (state_.compare_exchange_strong(waiting, State::given_up, std::memory_order_acq_rel)) co_return false;
            // It is just being told.
            co_await told_.wait({});
        }
        co_return is_on_disk_;
    }

private:
    enum class State : std::uint8_t { waiting, told, given_up };

    io::Worker& home_ = io::Worker::current();
    io::Event told_;
    Ref<AwaitedSettling> held_;
    bool is_on_disk_ = false;
    std::atomic<State> state_{State::waiting};
};

}  // namespace

bool DiskStore::settle() {
    SleepingSettling settling;
    notes_.add(settling);
    bell_.ring();
    return settling.wait();
}

io::Task<bool> DiskStore::settled(TimePoint until) {
    const auto settling = make_ref<AwaitedSettling>();
    settling->hold();
    notes_.add(*settling);
    bell_.ring();
    const bool is_on_disk = co_await settling->wait(until);
    co_return is_on_disk;
}

}  // namespace weir::cache
