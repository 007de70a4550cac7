// Task<T>: a coroutine that starts when it is awaited, is awaited once, and hands its result to the one who awaits.
// Lazy, move-only, frames from the FramePool. A finished child does not resume its parent from inside itself: when it finished at once the
// parent just goes on (await_suspend returns false), else the parent goes into the thread's ready slot, which the loop empties. So the
// stack stays flat however long a chain is. No exceptions leave a Task: an exception in one ends the process with a message.
//
// Name what you await, then use it: `auto x = co_await f(a);` on its own line. Parameters are kept in the frame: take values or owned
// handles in a spawned task. Thread: the one that started it.
#pragma once

#include <coroutine>
#include <optional>
#include <utility>

#include "io/frame_pool.h"

namespace weir::io {

class Scope;

// The coroutine that goes on as soon as the running one has suspended. At most one: only a coroutine that just finished sets it.
inline constinit thread_local std::coroutine_handle<> tls_ready_slot{};

// Resumes a coroutine and everything that becomes ready through the slot.
inline void resume_flat(std::coroutine_handle<> coroutine) {
    coroutine.resume();
    while (tls_ready_slot) std::exchange(tls_ready_slot, std::coroutine_handle<>{}).resume();
}

class TaskPromise {
public:
    static void* operator new(std::size_t octets) { return FramePool::take(octets); }
    static void operator delete(void* memory, std::size_t octets) noexcept { FramePool::give(memory, octets); }

    std::suspend_always initial_suspend() const noexcept { return {}; }
    [[noreturn]] void unhandled_exception() const noexcept;  // says what it was, then aborts

    struct HandOver {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        void await_suspend(std::coroutine_handle<Promise> finished) const noexcept {
            TaskPromise& promise = finished.promise();
            if (promise.continuation_) tls_ready_slot = promise.continuation_;
            else if (promise.scope_ != nullptr) promise.leave_scope(finished);
        }
        void await_resume() const noexcept {}
    };
    HandOver final_suspend() const noexcept { return {}; }

private:
    template <class T>
    friend class Task;
    friend class Scope;
    void leave_scope(std::coroutine_handle<> finished) const noexcept;  // scope.cpp

    std::coroutine_handle<> continuation_{};
    Scope* scope_ = nullptr;
};

template <class T = void>
class [[nodiscard]] Task {
public:
    struct promise_type : TaskPromise {
        Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
        template <class U = T>
        void return_value(U&& value) {
            result.emplace(std::forward<U>(value));
        }
        std::optional<T> result;
    };

    Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    Task& operator=(Task&&) = delete;
    ~Task() {
        if (frame_) frame_.destroy();
    }

    struct Awaiter {
        std::coroutine_handle<promise_type> child;
        bool await_ready() const noexcept { return false; }
        bool await_suspend(std::coroutine_handle<> parent) const {
            child.resume();
            if (child.done()) return false;
            child.promise().continuation_ = parent;
            return true;
        }
        T await_resume() const { return std::move(*child.promise().result); }
    };
    Awaiter operator co_await() const& noexcept { return Awaiter{frame_}; }

private:
    explicit Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
    std::coroutine_handle<promise_type> frame_;
};

template <>
class [[nodiscard]] Task<void> {
public:
    struct promise_type : TaskPromise {
        Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
        void return_void() const noexcept {}
    };

    Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    Task& operator=(Task&&) = delete;
    ~Task() {
        if (frame_) frame_.destroy();
    }

    struct Awaiter {
        std::coroutine_handle<promise_type> child;
        bool await_ready() const noexcept { return false; }
        bool await_suspend(std::coroutine_handle<> parent) const {
            child.resume();
            if (child.done()) return false;
            child.promise().continuation_ = parent;
            return true;
        }
        void await_resume() const noexcept {}
    };
    Awaiter operator co_await() const& noexcept { return Awaiter{frame_}; }

private:
    friend class Scope;
    explicit Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
    std::coroutine_handle<promise_type> frame_;
};

}  // namespace weir::io
