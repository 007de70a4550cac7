// What the runtime costs: a task call, a spawn, a timer, an event, a turn.
#include <benchmark/benchmark.h>
#include <sys/socket.h>

#include <memory>

#include "io/epoll_backend.h"
#include "io/event.h"
#include "io/load_board.h"
#include "io/scope.h"
#include "io/sim_backend.h"
#include "io/socket.h"
#include "io/worker.h"

namespace weir::io {
namespace {

// A worker whose poll costs nothing, so that a turn is the runtime's own share.
struct Bench {
    Worker worker{std::make_unique<SimBackend>(1, SimFaults{}), 0, 1};
    Bench() { worker.enter(); }
    ~Bench() { worker.leave(); }
    void turn() { worker.turn(worker.now()); }
};

[[gnu::noinline]] Task<int> add_one(int value) { co_return value + 1; }

[[gnu::noinline]] Task<> task_calls(benchmark::State& state) {
    int value = 0;
    for (auto _ : state) value = co_await add_one(value);
    benchmark::DoNotOptimize(value);
}

void TaskCall(benchmark::State& state) {
    const Bench bench;
    Scope scope;
    scope.spawn(task_calls(state));
}
BENCHMARK(TaskCall);

[[gnu::noinline]] Task<int> add_one_later(int value) {
    co_await yield();
    co_return value + 1;
}

Task<> suspended_calls(benchmark::State& state) {
    int value = 0;
    for (auto _ : state) value = co_await add_one_later(value);
    benchmark::DoNotOptimize(value);
}

void TaskCallThatWaits(benchmark::State& state) {
    Bench bench;
    Scope scope;
    scope.spawn(suspended_calls(state));
    while (scope.running() != 0) bench.turn();
}
BENCHMARK(TaskCallThatWaits);

[[gnu::noinline]] Task<> nothing() { co_return; }

void ScopeSpawn(benchmark::State& state) {
    const Bench bench;
    Scope scope;
    for (auto _ : state) scope.spawn(nothing());
}
BENCHMARK(ScopeSpawn);

[[gnu::noinline]] void arm_and_cancel(benchmark::State& state, TimerWheel& wheel, TimePoint now, Timer& timer) {
    for (auto _ : state) {
        wheel.arm(timer, now += Duration(1000));
        timer.cancel();
    }
}

void TimerArmAndCancel(benchmark::State& state) {
    const TimePoint now{std::chrono::hours(1)};
    TimerWheel wheel(now);
    Timer timer([](Timer&) {});
    arm_and_cancel(state, wheel, now + std::chrono::milliseconds(state.range(0)), timer);
}
BENCHMARK(TimerArmAndCancel)->Arg(50)->Arg(30'000)->Arg(3'600'000);

// As keep-alive timers do: many are armed, each is moved on before it is due.
void TimerMoveOn(benchmark::State& state) {
    TimePoint now{std::chrono::hours(1)};
    TimerWheel wheel(now);
    std::vector<std::unique_ptr<Timer>> timers;
    for (int i = 0; i < 10'000; ++i) timers.push_back(std::make_unique<Timer>([](Timer&) {}));
    std::size_t next = 0;
    for (auto _ : state) {
        wheel.arm(*timers[next], now + std::chrono::seconds(60));
        next = next + 1 == timers.size() ? 0 : next + 1;
        if (next % 64 == 0) wheel.advance(now += std::chrono::milliseconds(1));
    }
}
BENCHMARK(TimerMoveOn);

void TimerNext(benchmark::State& state) {
    const TimePoint now{std::chrono::hours(1)};
    TimerWheel wheel(now);
    Timer timer([](Timer&) {});
    wheel.arm(timer, now + std::chrono::seconds(60));
    for (auto _ : state) benchmark::DoNotOptimize(wheel.next());
}
BENCHMARK(TimerNext);

Task<> wait_again_and_again(Event& event, Stop& stop) {
    for (;;) {
        const auto notified = co_await event.wait({kNever, &stop});
        if (!notified) co_return;
    }
}

void EventNotifyAndWait(benchmark::State& state) {
    Bench bench;
    Event event;
    Stop stop;
    Scope scope;
    scope.spawn(wait_again_and_again(event, stop));
    for (auto _ : state) {
        event.notify();
        bench.turn();
    }
    stop.request();
    while (scope.running() != 0) bench.turn();
}
BENCHMARK(EventNotifyAndWait);

void EmptyTurn(benchmark::State& state) {
    Bench bench;
    for (auto _ : state) bench.turn();
}
BENCHMARK(EmptyTurn);

void EmptyTurnOfEpoll(benchmark::State& state) {
    Worker worker(make_epoll_backend(), 0, 1);
    worker.enter();
    for (auto _ : state) worker.turn(worker.now());
    worker.leave();
}
BENCHMARK(EmptyTurnOfEpoll);

void PostAndTake(benchmark::State& state) {
    Bench bench;
    std::uint64_t taken = 0;
    for (auto _ : state) {
        if (!bench.worker.post([&taken] { ++taken; })) state.SkipWithError("full");
        bench.turn();
    }
    benchmark::DoNotOptimize(taken);
}
BENCHMARK(PostAndTake);

Task<> echo(Socket& socket, Stop& stop) {
    char octet = 0;
    for (;;) {
        const auto ready = co_await socket.readable({kNever, &stop});
        if (!ready) co_return;
        if (!socket.read({&octet, 1}).is_some()) continue;
        const iovec part{&octet, 1};
        socket.write({&part, 1});
    }
}

Task<> ping_pong(benchmark::State& state, Socket& socket, Stop& stop) {
    char octets[16] = {};
    for (auto _ : state) {
        const iovec part{octets, 1};
        socket.write({&part, 1});
        for (;;) {
            const auto ready = co_await socket.readable({kNever, &stop});
            const auto count = ready ? socket.read(octets) : IoCount::of(0);
            if (!count.is_blocked()) break;
        }
    }
    stop.request();
}

// Two writes, two reads, their edges and waits; the kernel has most of it.
void EchoOverAUnixSocket(benchmark::State& state) {
    Worker worker(make_epoll_backend(), 0, 1);
    worker.enter();
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) return state.SkipWithError("socketpair");
    {
        Socket one(pair[0]);
        Socket other(pair[1]);
        Stop stop;
        Scope scope;
        scope.spawn(echo(other, stop));
        scope.spawn(ping_pong(state, one, stop));
        while (scope.running() != 0) worker.turn(worker.now() + std::chrono::milliseconds(10));
    }
    worker.leave();
}
BENCHMARK(EchoOverAUnixSocket);

void PlaceOnALoadBoard(benchmark::State& state) {
    const auto board = std::make_unique<LoadBoard>(static_cast<std::uint32_t>(state.range(0)));
    for (auto _ : state) board->add(board->place(0), -1);
}
BENCHMARK(PlaceOnALoadBoard)->Arg(4)->Arg(64);

}  // namespace
}  // namespace weir::io
