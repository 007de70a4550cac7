#include "net/connect.h"

#include <array>

#include "io/event.h"
#include "io/scope.h"
#include "io/worker.h"

namespace weir::net {
namespace {

std::unexpected<Error> connect_error(int system_errno) {
    return std::unexpected(Error{.code = code_of_errno(system_errno),
                                 .side = system_errno == EMFILE || system_errno == ENFILE ? Side::self : Side::upstream,
                                 .retry = Retry::yes,
                                 .system_errno = system_errno,
                                 .detail = "connect failed"});
}

// What the racers share: the first stream, how many are still running, the last error.
struct Race {
    std::unique_ptr<Stream> winner;
    Error last_error{.code = ErrorCode::unresolved, .side = Side::upstream, .retry = Retry::yes, .detail = "no address"};
    std::size_t running = 0;
    io::Event changed;
    io::Stop stop;
    explicit Race(io::Stop* above) : stop(above) {}
};

io::Task<> run_one(Race& race, Address to, TimePoint at) {
    auto stream = co_await connect(to, io::Deadline{at, &race.stop});
    if (stream && race.winner == nullptr) {
        race.winner = std::move(*stream);
        race.stop.request();
    } else if (!stream) {
        race.last_error = stream.error();
    }
    --race.running;
    race.changed.notify();
}

}  // namespace

io::Task<Result<std::unique_ptr<Stream>>> connect(const Address& to, io::Deadline deadline) {
    io::SystemAddress address;
    address.octets = to.to(address.storage);
    if (address.octets == 0) co_return connect_error(EADDRNOTAVAIL);
    auto& backend = io::Worker::current().backend();
    const auto opened = backend.connect(address);
    if (opened.handle == io::kNoHandle) co_return connect_error(opened.system_errno);
    auto stream = std::make_unique<SocketStream>(opened.handle, io::Socket::State::connecting);
    for (;;) {
        const auto ready = co_await stream->writable(deadline);
        if (!ready) co_return fail(ready.error().code, Side::upstream, "no connection within its time", Retry::yes);
        const int error = backend.connect_error(opened.handle);
        if (error == 0) break;
        if (error != EINPROGRESS) co_return connect_error(error);
    }
    co_return std::move(stream);
}

io::Task<Result<std::unique_ptr<Stream>>> connect_any(std::span<const Address> to, io::Deadline deadline) {
    if (to.size() == 1) {
        auto only = co_await connect(to.front(), deadline);
        co_return std::move(only);
    }
    io::Scope scope;
    Race race(deadline.stop);
    for (std::size_t next = 0; race.winner == nullptr && (next < to.size() || race.running != 0);) {
        if (next < to.size() && race.running < kRacersMax) {
            ++race.running;
            scope.spawn(run_one(race, to[next++], deadline.at));
        }
        if (race.winner != nullptr || race.running == 0) continue;
        const bool may_start_more = next < to.size() && race.running < kRacersMax;
        const auto until = may_start_more ? deadline.sooner(io::Worker::current().now() + kHeadStart) : io::Deadline{};
        const auto changed = co_await race.changed.wait(until);
        if (!changed && race.stop.is_requested()) break;
    }
    race.stop.request();
    co_await scope.join();
    if (race.winner == nullptr) co_return std::unexpected(race.last_error);
    co_return std::move(race.winner);
}

}  // namespace weir::net
