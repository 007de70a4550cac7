#include "proxy/h2_session.h"

#include <utility>

#include "base/log.h"
#include "http/h2/server.h"
#include "io/frame_pool.h"
#include "observe/worker_metrics.h"
#include "proxy/exchange.h"
#include "proxy/lane.h"
#include "proxy/linger.h"
#include "proxy/visitor.h"

namespace weir::proxy {
namespace {

namespace h2 = http::h2;

struct StreamMemory {
    explicit StreamMemory(Lane& lane) : snapshot(lane, lane.present()) {}
    const SnapshotUse snapshot;
    Arena arena;
};

// A stream and its exchange, from its first header field to the end of both.
struct Stream final : StreamMemory, h2::ServerExchange {
    Stream(Lane& lane, const Entrance& entrance, h2::ServerConnection& connection, std::int32_t id)
        : StreamMemory(lane), ServerExchange(connection, id, arena), exchange(lane, *snapshot, entrance.listener, *this, arena) {
        set_request(exchange.request());
        set_send_stall(snapshot->listeners[entrance.listener].limits.send_stall);
    }
    static void* operator new(std::size_t octets) { return io::FramePool::take(octets); }
    static void operator delete(void* memory, std::size_t octets) noexcept { io::FramePool::give(memory, octets); }

    Exchange exchange;
};

class H2Session final : private h2::Streams, private io::StopWatcher {
public:
    H2Session(Lane& lane, Entrance& entrance, net::Stream& stream, const Visitor& visitor)
        : io::StopWatcher([](io::StopWatcher& watcher, ErrorCode /*why*/) { static_cast<H2Session&>(watcher).connection_.shut_down(); }),
          lane_(lane),
          entrance_(entrance),
          stream_(stream),
          visitor_(visitor),
          limits_(lane.present().snapshot->listeners[entrance.listener].limits),
          connection_(stream, *this, limits_of(limits_), lane.stopping()) {
        visitor_.requests = 0;
        lane_.metrics().h2_accepted.add();
    }
    H2Session(const H2Session&) = delete;
    H2Session& operator=(const H2Session&) = delete;
    ~H2Session() { lane_.metrics().h2_closed.add(); }

    io::Task<> run(Piece at_hand) {
        entrance_.closed.watch(*this);
        co_await connection_.run(std::move(at_hand));
        StopWatcher::leave();
        co_await walks_.join();
        if (connection_.may_linger()) co_await linger(stream_, lane_.stopping());
    }

private:
    static h2::ServerLimits limits_of(const ClientLimits& limits);

    h2::ServerExchange* begin(std::int32_t id) override;
    void start(h2::ServerExchange& exchange) override;
    void gone(h2::ServerExchange& exchange) override;
    void abused(h2::Abuse kind) override;
    void was_reset(Reset which) override;
    io::Task<> walk(Stream* stream);

    Lane& lane_;
    Entrance& entrance_;
    net::Stream& stream_;
    Visitor visitor_;
    const ClientLimits limits_;
    h2::ServerConnection connection_;
    io::Scope walks_;
    std::size_t streams_ = 0;
    bool has_told_of_stall_ = false;  // a line a connection: it may stall as many streams as it likes
};

h2::ServerLimits H2Session::limits_of(const ClientLimits& limits) {
    return {.head = limits.head,
            .streams_max = limits.streams_per_connection,
            .header_time = limits.header_time,
            .send_stall = limits.send_stall,
            .first_idle = limits.header_time_max,
            .keep_alive_idle = limits.keep_alive_idle,
            .half_close_grace = limits.half_close_grace};
}

h2::ServerExchange* H2Session::begin(std::int32_t id) {
    // Those that were reset and still unwind count: a client can't have more at work than it may have open (rapid reset).
    if (entrance_.listener == kNoIndex || streams_ >= 2 * std::size_t{limits_.streams_per_connection}) {
        lane_.metrics().h2_refused.add();
        return nullptr;
    }
    lane_.metrics().h2_streams.add();
    ++streams_;
    if (++visitor_.requests >= limits_.requests_per_connection) connection_.shut_down();
    auto* stream = new Stream(lane_, entrance_, connection_, id);
    stream->exchange.set_visitor(visitor_);
    return stream;
}

void H2Session::start(h2::ServerExchange& exchange) { walks_.spawn(walk(static_cast<Stream*>(&exchange))); }

void H2Session::gone(h2::ServerExchange& exchange) {
    --streams_;
    delete static_cast<Stream*>(&exchange);
}

io::Task<> H2Session::walk(Stream* stream) {
    const auto& fault = stream->fault();
    if (fault) co_await stream->exchange.refuse({.code = fault.code, .side = Side::client, .detail = fault.detail});
    else co_await stream->exchange.run();
    if (stream->finish()) gone(*stream);
}

void H2Session::abused(h2::Abuse kind) {
    lane_.metrics().h2_abused(kind);
    const auto ends_stream = kind == h2::Abuse::stalled_stream;
    if (ends_stream && std::exchange(has_told_of_stall_, true)) return;
    log::warn("http2_abuse", ends_stream ? "a client lets streams stall: they are reset" : "a client used up a budget: its connection ends",
              {{"kind", h2::word_of(kind)}, {"peer", visitor_.ip.text()}, {"requests", visitor_.requests}});
}

void H2Session::was_reset(Reset which) {
    auto& metrics = lane_.metrics();
    (which == Reset::came ? metrics.h2_resets_received : metrics.h2_resets_sent).add();
}

}  // namespace

bool begins_with_h2(std::string_view octets) { return octets.starts_with("PRI * HTTP/2.0"); }

io::Task<> serve_h2(Lane& lane, Entrance& entrance, net::Stream& stream, const Visitor& visitor, Piece at_hand) {
    H2Session session(lane, entrance, stream, visitor);
    co_await session.run(std::move(at_hand));
}

}  // namespace weir::proxy
