#include "net/connect.h"

#include <cerrno>

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

// Starts one after the other: the next after a head start, or at once when one has failed. Until there is a winner or nobody is left.
io::Task<> run_race(Race& race, io::Scope& scope, std::span<const Address> to, io::Deadline deadline) {
    const auto is_over = [&] { return race.winner != nullptr || race.stop.is_requested() || deadline.at <= io::Worker::current().now(); };
    for (std::size_t next = 0; next < to.size() || race.running != 0;) {
        if (next < to.size() && race.running < kRacersMax) {
            ++race.running;
            scope.spawn(run_one(race, to[next++], deadline.at));
        }
        if (is_over()) co_return;
        if (race.running == 0) continue;
        const bool may_start_more = next < to.size() && race.running < kRacersMax;
        const auto head_start = may_start_more ? io::Worker::current().now() + kHeadStart : kNever;
        co_await race.changed.wait(deadline.sooner(head_start));
        if (is_over()) co_return;
    }
}

// A full backlog of a Unix socket answers EAGAIN at once: nobody takes the connection.
int refused_when_full(int system_errno) { return system_errno == EAGAIN ? ECONNREFUSED : system_errno; }

}  // namespace

Result<std::unique_ptr<SocketStream>> begin_connect(const Address& to) {
    io::SystemAddress address;
    address.octets = to.to(address.storage);
    if (address.octets == 0) return connect_error(EADDRNOTAVAIL);
    const auto opened = io::Worker::current().backend().connect(address);
    if (opened.handle == io::kNoHandle) return connect_error(refused_when_full(opened.system_errno));
    auto stream = std::make_unique<SocketStream>(opened.handle, io::Socket::State::connecting);
    if (const int error = stream->socket().watch_error()) return connect_error(error);
    return stream;
}

Result<> end_connect(SocketStream& stream) {
    if (const int error = io::Worker::current().backend().connect_error(stream.socket().handle())) return connect_error(error);
    return {};
}

io::Task<Result<std::unique_ptr<Stream>>> connect(const Address& to, io::Deadline deadline) {
    auto stream = begin_connect(to);
    if (!stream) co_return std::unexpected(stream.error());
    const auto ready = co_await (*stream)->writable(deadline);
    if (!ready) co_return fail(ready.error().code, Side::upstream, "no connection within its time", Retry::yes);
    const auto connected = end_connect(**stream);
    if (!connected) co_return std::unexpected(connected.error());
    co_return std::move(*stream);
}

io::Task<Result<std::unique_ptr<Stream>>> connect_any(std::span<const Address> to, io::Deadline deadline) {
    if (to.size() == 1) {
        auto only = co_await connect(to.front(), deadline);
        co_return std::move(only);
    }
    io::Scope scope;
    Race race(deadline.stop);
    co_await run_race(race, scope, to, deadline);
    // The losers end now; where nobody won, with the reason for that.
    const bool is_late = race.winner == nullptr && deadline.at <= io::Worker::current().now();
    race.stop.request(is_late ? ErrorCode::timeout : ErrorCode::cancelled);
    co_await scope.join();
    if (race.winner == nullptr) co_return std::unexpected(race.last_error);
    co_return std::move(race.winner);
}

}  // namespace weir::net
