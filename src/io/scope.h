// Scope: the only way to run a task beside oneself. A scope joins: it must be empty when it is destroyed, and join() waits for that.
// Thread: the worker's. A spawned task takes values or owned handles as parameters, never references to what may go before it.
#pragma once

#include <cstddef>

#include "io/task.h"
#include "io/wait.h"

namespace weir::io {

class Scope {
public:
    Scope() = default;
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope();

    // Starts the task now; it runs until it first waits, then the caller goes on.
    void spawn(Task<> task);
    std::size_t running() const { return running_; }

    // Waits until every task has ended, those spawned meanwhile too. One joiner at a time. To end them early, stop them through
    // their Deadline's Stop first.
    Task<> join();

private:
    friend class TaskPromise;
    struct Emptied {
        Scope& scope;
        Wait wait;
        bool await_ready() const noexcept { return scope.running_ == 0; }
        void await_suspend(std::coroutine_handle<> joiner) { wait.begin(joiner, Deadline{}, &scope.joiner_); }
        void await_resume() const noexcept {}
    };
    void one_ended();

    std::size_t running_ = 0;
    Wait* joiner_ = nullptr;
};

}  // namespace weir::io
