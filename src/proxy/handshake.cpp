#include "proxy/handshake.h"

#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "observe/worker_metrics.h"
#include "proxy/lane.h"
#include "tls/live.h"

namespace weir::proxy {
namespace {

using observe::HandshakeFailure;

constexpr char kHandshakeRecord = 0x16;  // RFC 8446 5.1
constexpr std::string_view kPlainHttp = "HTTP/1.1 400 Bad Request\r\n"
                                        "Content-Type: text/plain; charset=utf-8\r\n"
                                        "Content-Length: 59\r\n"
                                        "Connection: close\r\n\r\n"
                                        "This is a port of HTTPS, and the request came without TLS.\n";
constexpr Duration kPlainHttpTime = std::chrono::seconds(5);

// A place among the handshakes under way.
class Place {
public:
    explicit Place(observe::TlsFigures& figures) : figures_(figures) { figures_.in_progress.add(); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { figures_.in_progress.subtract(); }

private:
    observe::TlsFigures& figures_;
};

HandshakeFailure failure_of(const Error& error) {
    switch (error.code) {
        case ErrorCode::timeout: return HandshakeFailure::timeout;
        case ErrorCode::closed:
        case ErrorCode::reset:
        case ErrorCode::truncated:
        case ErrorCode::cancelled:
        case ErrorCode::draining: return HandshakeFailure::gone;
        default: break;
    }
    return error.detail == std::string_view(tls::kNoCertificate) ? HandshakeFailure::no_certificate : HandshakeFailure::protocol;
}

void tell_failure(Lane& lane, const Visitor& visitor, const Error& error, std::string_view server_name) {
    const auto why = failure_of(error);
    lane.metrics().tls.handshake_failed(why);
    if (why == HandshakeFailure::no_certificate && lane.may_tell_of_missing_certificate())
        log::warn("no_certificate", "a handshake failed: there is no certificate for this name yet",
                  {{"name", server_name}, {"peer", visitor.ip.text()}});
    else
        log::debug("handshake_failed", error.detail,
                   {{"reason", observe::word_of(why)}, {"error", word_of(error.code)}, {"name", server_name}, {"peer", visitor.ip.text()}});
}

// The first octets, so that a request in the clear can be told from a ClientHello.
io::Task<Result<>> read_first(net::Stream& stream, http::h1::ReadBuffer& buffer, io::Deadline deadline) {
    while (buffer.empty()) {
        const auto count = buffer.fill(stream, Chunk::kSmall);
        if (count.is_some()) break;
        if (!count.is_blocked()) co_return std::unexpected(net::error_of(count, Side::client));
        buffer.release_if_empty();  // a client that only connects costs none
        const auto ready = co_await stream.readable(deadline);
        if (!ready) co_return std::unexpected(ready.error());
    }
    co_return Result<>{};
}

bool looks_like_http(std::string_view octets) { return octets.front() >= 'A' && octets.front() <= 'Z'; }

io::Task<> answer_in_the_clear(net::Stream& stream, io::Deadline deadline) {
    iovec parts[] = {net::iovec_of(kPlainHttp)};
    const auto written = co_await net::write_all(stream, parts, deadline, kPlainHttpTime, Side::client);
    if (written) stream.close_write();
}

// What a connection may ask for depends on the certificate that its handshake wanted of the client.
std::uint64_t client_auth_of(const Snapshot& snapshot, const ListenerPlan& listener, std::string_view server_name) {
    const auto index = listener.tls.endpoint->site_of(server_name);
    return index < listener.tls.sites.size() ? snapshot.sites[listener.tls.sites[index]].client_auth : 0;
}

// Those whom the configuration knows speak for many clients.
bool may_begin(Lane& lane, const Snapshot& snapshot, std::size_t places_max, const net::Ip& client) {
    if (lane.handshake_places().has_room_for(client, places_max)) return true;
    return net::is_in(client, snapshot.trusted_proxies) && std::cmp_less(lane.metrics().tls.in_progress.value(), places_max);
}

void tell_success(Lane& lane, const tls::ConnectionFacts& facts, TimePoint begun) {
    auto& figures = lane.metrics().tls;
    figures.handshake_done(facts, lane.worker().now() - begun);
    if (facts.took_early_data) figures.early_data.add();
}

}  // namespace

io::Task<tls::TlsStream*> shake_hands(Lane& lane, Entrance& entrance, Visitor& visitor, std::unique_ptr<net::Stream>& stream,
                                      http::h1::ReadBuffer& at_hand) {
    const SnapshotUse snapshot(lane, lane.present());
    const auto& listener = snapshot->listeners[entrance.listener];
    auto& figures = lane.metrics().tls;
    if (!may_begin(lane, *snapshot, listener.limits.handshakes_max, visitor.ip)) {
        figures.handshake_failed(HandshakeFailure::limit);
        stream->abort();
        co_return nullptr;
    }
    const Place place(figures);
    const HandshakePlaces::Place place_of_client(lane.handshake_places(), visitor.ip);
    const auto begun = lane.worker().now();
    const io::Deadline deadline{begun + listener.limits.handshake_time, &entrance.closed};
    const auto first = co_await read_first(*stream, at_hand, deadline);
    if (!first) {
        figures.handshake_failed(failure_of(first.error()));
        co_return nullptr;
    }
    if (at_hand.octets().front() != kHandshakeRecord && looks_like_http(at_hand.octets())) {
        figures.handshake_failed(HandshakeFailure::plain_http);
        co_await answer_in_the_clear(*stream, deadline);
        co_return nullptr;
    }
    auto encrypted = tls::accept_tls(std::move(stream), listener.tls.endpoint, lane.live(), at_hand.octets(), &lane.held_handshakes());
    at_hand.consume(at_hand.size());
    at_hand.release_if_empty();
    auto* raw = encrypted.get();
    stream = std::move(encrypted);
    const auto done = co_await raw->handshake(deadline);
    const auto& facts = raw->facts();
    if (facts.refused_early_data) figures.early_data_refused.add();
    if (!done) {
        tell_failure(lane, visitor, done.error(), facts.server_name);
        co_return nullptr;
    }
    tell_success(lane, facts, begun);
    visitor.scheme = http::Scheme::https;
    visitor.tls = &facts;
    visitor.client_auth = client_auth_of(*snapshot, listener, facts.server_name);
    co_return raw;
}

}  // namespace weir::proxy
