#include "proxy/tunnel.h"

#include "io/event.h"
#include "io/scope.h"
#include "io/worker.h"

namespace weir::proxy {
namespace {

constexpr std::uint32_t kRoundsATurn = 16;

// What both directions share: the time of the last octet, and the word to end.
struct Liveness {
    Duration idle;
    TimePoint last;
    io::Stop stop;

    Liveness(Duration idle_time, io::Stop* above) : idle(idle_time), last(io::Worker::current().now()), stop(above) {}
    void touch() { last = io::Worker::current().now(); }
};

struct Direction {
    net::Stream* from;
    net::Stream* to;
    Side from_side;
    Side to_side;
    Piece first;
    std::uint64_t octets = 0;
    Result<> outcome;
};

io::Task<Result<>> write_octets(Direction& direction, std::string_view octets, Liveness& liveness) {
    iovec part = net::iovec_of(octets);
    const auto written = co_await net::write_all(*direction.to, {&part, 1}, {kNever, &liveness.stop}, liveness.idle, direction.to_side);
    direction.octets += octets.size();
    liveness.touch();
    co_return written;
}

// Until readable; a wait that times out goes on when the other direction was alive meanwhile. What is decrypted already no socket tells of.
io::Task<Result<>> wait_for_octets(Direction& direction, Liveness& liveness) {
    while (!direction.from->may_have_input()) {
        const auto ready = co_await direction.from->readable({liveness.last + liveness.idle, &liveness.stop});
        if (ready) co_return Result<>{};
        const bool was_alive = liveness.last + liveness.idle > io::Worker::current().now();
        if (ready.error().code != ErrorCode::timeout || !was_alive)
            co_return fail(ready.error().code, direction.from_side, "the tunnel was silent for its idle time");
    }
    co_return Result<>{};
}

enum class Flow : std::uint8_t { more, drained, ended };

// Moves what is there now through a chunk that is given back at once.
io::Task<Result<Flow>> move_some(Direction& direction, Liveness& liveness) {
    auto chunk = Chunk::take(Chunk::kMedium);
    const std::span<char> room(chunk.data(), chunk.size());
    const auto count = direction.from->read(room);
    if (count.is_blocked()) co_return Flow::drained;
    if (count.is_end()) co_return Flow::ended;
    if (count.is_failed()) co_return std::unexpected(net::error_of(count, direction.from_side));
    const auto written = co_await write_octets(direction, {chunk.data(), count.octets()}, liveness);
    if (!written) co_return std::unexpected(written.error());
    co_return Flow::more;
}

io::Task<Result<>> flow(Direction& direction, Liveness& liveness) {
    if (!direction.first.empty()) {
        const auto written = co_await write_octets(direction, direction.first.octets, liveness);
        direction.first = Piece{};
        if (!written) co_return written;
    }
    for (std::uint32_t round = 1;; ++round) {
        // Two fast ends never block: others must get their turn all the same.
        if (round % kRoundsATurn == 0) {
            const auto went_on = co_await io::yield({kNever, &liveness.stop});
            if (!went_on) co_return went_on;
        }
        const auto ready = co_await wait_for_octets(direction, liveness);
        if (!ready) co_return ready;
        const auto moved = co_await move_some(direction, liveness);
        if (!moved) co_return std::unexpected(moved.error());
        if (*moved == Flow::ended) break;
    }
    direction.to->close_write();
    co_return Result<>{};
}

io::Task<> run_direction(Direction& direction, Liveness& liveness) {
    direction.outcome = co_await flow(direction, liveness);
    // A direction that broke takes the other with it; one that ended well leaves it alone.
    if (!direction.outcome) liveness.stop.request(ErrorCode::cancelled);
}

}  // namespace

io::Task<TunnelCount> tunnel(TunnelEnds ends) {
    Liveness liveness(ends.idle, ends.stop);
    Direction up{.from = &ends.client,
                 .to = &ends.upstream,
                 .from_side = Side::client,
                 .to_side = Side::upstream,
                 .first = std::move(ends.from_client),
                 .outcome = {}};
    Direction down{.from = &ends.upstream,
                   .to = &ends.client,
                   .from_side = Side::upstream,
                   .to_side = Side::client,
                   .first = std::move(ends.from_upstream),
                   .outcome = {}};
    io::Scope scope;
    scope.spawn(run_direction(up, liveness));
    scope.spawn(run_direction(down, liveness));
    co_await scope.join();
    TunnelCount count{.from_client = up.octets, .from_upstream = down.octets, .outcome = up.outcome};
    if (up.outcome || (!down.outcome && up.outcome.error().code == ErrorCode::cancelled)) count.outcome = down.outcome;
    co_return count;
}

}  // namespace weir::proxy
