#include "proxy/session.h"

#include "base/log.h"
#include "http/h1/server.h"
#include "io/event.h"
#include "net/proxy_protocol.h"
#include "observe/worker_metrics.h"
#include "proxy/exchange.h"
#include "proxy/h2_session.h"
#include "proxy/handshake.h"
#include "proxy/lane.h"
#include "proxy/linger.h"
#include "proxy/visitor.h"
#include "tls/facts.h"

namespace weir::proxy {
namespace {

// A start line of three words without a slash: every version of HTTP has one. A target has one, too, and who sends a target without a
// version is told what is wrong (RFC 9112 3).
bool is_no_http(std::string_view octets) {
    const auto line = octets.substr(0, octets.find('\r'));
    return line.size() < octets.size() && std::ranges::count(line, ' ') == 2 && !line.contains('/');
}

http::h1::HeadPace pace_of(const ClientLimits& limits) {
    return {.time = limits.header_time, .rate_min = limits.header_rate_min, .time_max = limits.header_time_max};
}

// A new connection whose request was on its way when the process began to drain gets it answered: so long it may still take.
constexpr Duration kLateTime = std::chrono::seconds(1);

class Session {
public:
    Session(Lane& lane, Entrance& entrance, const net::Accepted& accepted)
        : lane_(lane),
          entrance_(entrance),
          stream_(std::make_unique<net::SocketStream>(accepted.handle, io::Socket::State::accepted)),
          connection_(*stream_) {
        visitor_.ip = accepted.peer.ip.unmapped();
        visitor_.port = accepted.peer.port;
        visitor_.local_port = entrance.at.port;
        visitor_.serial = lane.next_serial();
        ++entrance_.connections;
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() { --entrance_.connections; }

    io::Task<> run();

private:
    const ListenerPlan& listener() const { return lane_.present().snapshot->listeners[entrance_.listener]; }
    bool is_closing() const { return lane_.is_draining() || entrance_.listener == kNoIndex; }
    void take_first();
    io::Deadline idle_deadline();
    bool may_come_late() const { return lane_.is_draining() && visitor_.requests == 0; }
    io::Deadline late_deadline() { return {lane_.worker().now() + kLateTime, &lane_.stopping()}; }
    Piece take_at_hand();
    // Not inlined: the compiler would make their frames a part of the session's, and an idle connection would hold them all.
    [[gnu::noinline]] io::Task<bool> serve_one();
    [[gnu::noinline]] io::Task<bool> read_proxy_header();

    Lane& lane_;
    Entrance& entrance_;
    std::unique_ptr<net::Stream> stream_;
    tls::TlsStream* tls_ = nullptr;  // the same stream when it is encrypted
    http::h1::ServerConnection connection_;
    Visitor visitor_;
    bool lingers_ = false;
    bool speaks_h2_ = false;  // agreed on by ALPN, or its first request is HTTP/2's preface
};

io::Task<> Session::run() {
    if (listener().accepts_proxy_protocol) {
        const bool is_known = co_await read_proxy_header();
        if (!is_known) co_return;
    }
    if (listener().speaks_tls) {
        tls_ = co_await shake_hands(lane_, entrance_, visitor_, stream_, connection_.buffer());
        if (tls_ == nullptr) co_return;
        connection_.set_stream(*stream_);
        speaks_h2_ = visitor_.tls->protocol == "h2";
    }
    if (tls_ == nullptr) take_first();
    while (!speaks_h2_) {
        if (connection_.is_idle()) {
            connection_.buffer().release_if_empty();
            if (tls_ != nullptr) tls_->release_buffers();
            if (is_closing() && visitor_.requests != 0) break;
            auto came = co_await stream_->readable(idle_deadline());
            if (!came && may_come_late()) came = co_await stream_->readable(late_deadline());
            if (!came) break;
            // Only the end of a handshake that brought early data along: no request has begun.
            if (tls_ != nullptr && !tls_->settle()) continue;
        }
        if (entrance_.listener == kNoIndex) break;
        const bool goes_on = co_await serve_one();
        if (!goes_on) break;
    }
    if (speaks_h2_) co_await serve_h2(lane_, entrance_, *stream_, visitor_, take_at_hand());
    if (lingers_) co_await linger(*stream_, lane_.stopping());
}

// A new connection has often brought its request along: it needs no turn to hear of that.
void Session::take_first() {
    if (connection_.is_idle() && stream_->readiness().may_read()) connection_.buffer().fill(*stream_, Chunk::kSmall);
}

// Whichever comes first ends an idle connection: its time, the drain of the process, the end of its listener.
io::Deadline Session::idle_deadline() {
    const auto& limits = listener().limits;
    const auto idle = visitor_.requests == 0 ? std::min(limits.header_time_max, limits.keep_alive_idle) : limits.keep_alive_idle;
    return {lane_.worker().now() + idle, &entrance_.closed};
}

Piece Session::take_at_hand() {
    auto& buffer = connection_.buffer();
    auto piece = buffer.piece_of(buffer.octets());
    buffer.consume(buffer.size());
    buffer.release_if_empty();
    return piece;
}

io::Task<bool> Session::serve_one() {
    // The buffer of a client that asks without waiting for answers never runs dry: others must get their turn all the same.
    if (!connection_.is_idle()) {
        const auto went_on = co_await io::yield({kNever, &lane_.stopping()});
        if (!went_on) co_return false;
    }
    const SnapshotUse snapshot(lane_, lane_.present());
    const auto& limits = snapshot->listeners[entrance_.listener].limits;
    ++visitor_.requests;
    Arena arena;
    http::h1::ServerExchange inbound(connection_, arena);
    inbound.set_send_stall(limits.send_stall);
    Exchange exchange(lane_, *snapshot, entrance_.listener, inbound, arena);
    exchange.set_visitor(visitor_);
    if (visitor_.requests >= limits.requests_per_connection || is_closing()) inbound.close_after();
    Result<> head;
    const auto is_whole = inbound.take_head(exchange.request(), limits.head);
    if (!is_whole) head = std::unexpected(is_whole.error());
    else if (!*is_whole) head = co_await inbound.read_head(exchange.request(), limits.head, pace_of(limits), {kNever, &lane_.stopping()});
    if (head) {
        co_await exchange.run();
    } else {
        speaks_h2_ = visitor_.requests == 1 && begins_with_h2(connection_.buffer().octets());
        if (speaks_h2_ || !inbound.has_begun()) co_return false;  // the client closed an idle connection
        // A client of HTTP/2 whose preface is broken must not take a reply of HTTP/1 for frames (RFC 9113 3.4).
        if (visitor_.requests == 1 && is_no_http(connection_.buffer().octets())) co_return false;
        inbound.close_after();
        co_await exchange.refuse(head.error());
    }
    // Who said that nothing follows needs no time to hear that we listen no more; but to finish its handshake, for a goodbye.
    const bool is_over = inbound.is_clients_last() && !(tls_ != nullptr && tls_->facts().is_early);
    lingers_ = inbound.has_begun_reply() && !exchange.was_tunnel() && !inbound.was_aborted() && !inbound.may_continue() && !is_over &&
               !stream_->readiness().saw_end();
    co_return inbound.may_continue() && !is_closing();
}

io::Task<bool> Session::read_proxy_header() {
    const auto& snapshot = *lane_.present().snapshot;
    if (!net::is_in(visitor_.ip, snapshot.trusted_proxies)) {
        lane_.metrics().connection_refused(observe::Refusal::proxy_protocol);
        if (lane_.may_tell_of_stranger())
            log::warn("proxy_protocol_refused", "a connection to a PROXY protocol listener does not come from trusted_proxies",
                      {{"peer", visitor_.ip.text()}});
        co_return false;
    }
    const io::Deadline deadline{lane_.worker().now() + listener().limits.header_time, &lane_.stopping()};
    for (;;) {
        auto& buffer = connection_.buffer();
        net::ProxyHeader header;
        const auto step = net::parse_proxy_header(buffer.octets(), header);
        if (step.state == net::ProxyStep::State::done) {
            buffer.consume(step.octets);
            if (header.has_addresses) visitor_.ip = header.source.ip.unmapped(), visitor_.port = header.source.port;
            co_return true;
        }
        if (step.state == net::ProxyStep::State::bad) break;
        const auto count = buffer.fill(*stream_, Chunk::kSmall);
        if (count.is_some()) continue;
        if (!count.is_blocked()) break;
        const auto ready = co_await stream_->readable(deadline);
        if (!ready) break;
    }
    lane_.metrics().connection_refused(observe::Refusal::proxy_protocol);
    if (lane_.may_tell_of_bad_header())
        log::warn("proxy_protocol_bad", "a connection did not begin with a valid PROXY header", {{"peer", visitor_.ip.text()}});
    co_return false;
}

}  // namespace

io::Task<> serve_connection(Lane& lane, Entrance& entrance, net::Accepted accepted) {
    const auto counted_as = accepted.peer.ip;
    lane.metrics().connection_opened();
    {
        Session session(lane, entrance, accepted);
        co_await session.run();
    }
    lane.connection_ended(counted_as);
}

}  // namespace weir::proxy
