// Readiness: what is known of whether a stream may be read and written, and who waits for it. A Socket is one, told by its backend; a
// stream inside another connection (HTTP/2) is one, told by its session.
// Thread: the worker's. Pending waits must be over when it is destroyed.
#pragma once

#include "io/wait.h"

namespace weir::io {

class Readiness;

// Told of edges on a stream nobody waits on: an idle pooled connection, or a client's while its answer is being made.
// Called from inside poll(): it may destroy this Readiness and others. Edges come without cause, too: ask the Readiness what it knows.
class EdgeHook {
public:
    virtual void on_edge(Readiness& readiness) = 0;

protected:
    ~EdgeHook() = default;
};

class Readiness {
public:
    explicit Readiness(bool is_writable) : writable_(is_writable) {}
    Readiness(const Readiness&) = delete;
    Readiness& operator=(const Readiness&) = delete;
    ~Readiness();

    bool may_read() const { return readable_; }
    bool may_write() const { return writable_; }
    bool saw_end() const { return saw_end_; }      // the other side closed its sending half (or more)
    bool is_broken() const { return is_broken_; }  // reset, or both halves closed
    void set_hook(EdgeHook* hook) {
        hook_ = hook;
        if (hook != nullptr && !is_watched_) be_watched();
    }

    struct ReadWait {
        Readiness& readiness;
        Deadline deadline;
        Wait wait;
        bool await_ready() const noexcept { return readiness.readable_; }
        void await_suspend(std::coroutine_handle<> waiting) {
            wait.begin(waiting, deadline, &readiness.reader_);
            if (!readiness.is_watched_) [[unlikely]]
                readiness.be_watched();
        }
        Result<> await_resume() const { return wait.outcome(); }
    };
    struct WriteWait {
        Readiness& readiness;
        Deadline deadline;
        Wait wait;
        bool await_ready() const noexcept { return readiness.writable_; }
        void await_suspend(std::coroutine_handle<> waiting) { wait.begin(waiting, deadline, &readiness.writer_); }
        Result<> await_resume() const { return wait.outcome(); }
    };
    // One waiter a direction. What is ready already is not waited for, not even when the deadline has passed. An error only for a passed
    // deadline or a Stop: what the stream came to, the next read or write says.
    ReadWait readable(Deadline deadline) { return ReadWait{*this, deadline, {}}; }
    WriteWait writable(Deadline deadline) { return WriteWait{*this, deadline, {}}; }

    // For who would write the same elsewhere: whether all that was written since mark_sending() has been lost before an octet of it left.
    void mark_sending() { has_sent_ = false; }
    bool has_lost_all() const { return has_lost_all_; }

    // From whoever tells it: a backend in poll(), a session.
    void edge(bool readable, bool writable, bool end, bool broken);

protected:
    // Nobody will ever tell: who waits goes on, and the next read or write says why.
    void give_up();
    bool has_waiters() const { return reader_ != nullptr || writer_ != nullptr; }

    bool readable_ = false;
    bool writable_;
    bool saw_end_ = false;
    bool is_broken_ = false;
    bool has_sent_ = true;  // since mark_sending(): an octet, or nobody knows
    bool has_lost_all_ = false;
    bool is_watched_ = true;  // false: a Socket that nobody has waited for yet

private:
    void be_watched();

    Wait* reader_ = nullptr;
    Wait* writer_ = nullptr;
    EdgeHook* hook_ = nullptr;
};

}  // namespace weir::io
