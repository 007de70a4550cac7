#include "proxy/forward.h"

#include "filter/aliases.h"
#include "filter/forwarded.h"
#include "http/websocket.h"
#include "net/proxy_protocol.h"
#include "observe/worker_metrics.h"
#include "proxy/grpc.h"
#include "proxy/lane.h"
#include "proxy/parent.h"

namespace weir::proxy {
namespace {

using Id = http::FieldId;

bool is_switched(const http::Response& response, http::Method method) {
    return response.status == 101 || (method == http::Method::connect && response.status / 100 == 2);
}

// A switch to what the client offered, and to nothing else (RFC 9110 7.8).
bool is_offered(std::string_view chosen, std::string_view offered) {
    bool is_any = false;
    bool are_all = true;
    for_each_token(chosen, [&](std::string_view one) {
        is_any = true;
        bool found = false;
        for_each_token(offered, [&](std::string_view other) { found |= equal_ignoring_case(one, other); });
        are_all &= found;
    });
    return is_any && are_all;
}

// RFC 9110 7.6.3: the version that the message came in.
std::string_view via_version(http::Version version) {
    switch (version) {
        case http::Version::http10: return "1.0 ";
        case http::Version::http2: return "2.0 ";
        default: return "1.1 ";
    }
}

// RFC 9110 7.6.2: one hop less for the methods that count hops.
void count_hop(http::Request& request) {
    if (request.method != http::Method::options && request.method != http::Method::trace) return;
    const auto hops = parse_decimal<std::uint32_t>(request.fields.value(Id::max_forwards));
    if (hops && *hops > 0) request.fields.set(Id::max_forwards, request.arena().copy(std::to_string(*hops - 1)));
}

}  // namespace

Forward::Upload::Upload(io::Stop* above, Duration first_byte_time)
    : io::Timer([](io::Timer& timer) { static_cast<Upload&>(timer).answer.request(ErrorCode::timeout); }),
      answer(above),
      stop(above),
      first_byte(first_byte_time) {}

void Forward::Upload::begin_answer_time() {
    auto& worker = io::Worker::current();
    worker.timers().arm(*this, worker.now() + first_byte);
}

Forward::Forward(Exchange& exchange)
    : exchange_(exchange), route_(*exchange.decision_.route), plan_(*route_.proxy), sent_(exchange.arena_) {
    ask(goes_to_parent(route_, exchange.request_, exchange.facts_));
    exchange_.inbound_.watch_client(&exchange_.gone_, exchange_.listener_.limits.half_close_grace);
    set_pace(exchange_.origin_stop_);
}

Forward::~Forward() = default;

void Forward::prepare_request() {
    const auto& came = exchange_.request_;
    auto& facts = exchange_.facts_;
    sent_.method = came.method;
    sent_.method_name = came.method_name;
    sent_.authority = came.authority;
    sent_.framing = came.framing;
    sent_.content_length = came.content_length;
    if (plan_.allows_upgrade) sent_.upgrade = came.upgrade;
    sent_.fields.add(came.fields);
    http::h1::remove_hop_by_hop(sent_.fields);
    filter::remove_aliases(route_.request_headers, sent_.fields);
    // RFC 9110 10.1.1: not for us to say without content; an origin that waits for some takes the next request for it (Expect desync).
    if (!came.expects_continue) sent_.fields.remove(Id::expect);
    // Of a hop, but gRPC's servers ask for it; HTTP/1.1's writer leaves it out (RFC 9113 8.2.2).
    if (came.fields.has(Id::te) && came.fields.has_token(Id::te, "trailers")) sent_.fields.add(Id::te, "trailers");
    count_hop(sent_);
    if (facts.is_peer_parent) address_to_parent(plan_, facts, sent_);
    else filter::apply(plan_.forwarded, facts, sent_.fields);
    if (plan_.sends_request_id) sent_.fields.set(Id::x_request_id, facts.request_id);
    if (!plan_.via.empty()) sent_.fields.add(Id::via, sent_.arena().concat({via_version(came.version), plan_.via}));
    if (facts.is_early) sent_.fields.set(Id::early_data, "1");  // RFC 8470 5.1
    target_ = came.target;
    if (!facts.is_peer_parent) shape_for_origin();
    add_cdn_loop(route_, sent_.fields);
}

void Forward::set_host(const upstream::Peer& peer) {
    if (plan_.host.kind == HostChoice::Kind::upstream && !exchange_.facts_.is_peer_parent) sent_.fields.set(Id::host, peer.name);
}

// The client's body is held to a floor; one that waits for 100 Continue has as long as the origin may take to say it.
void Forward::set_pace(io::Stop* stop) {
    const auto& limits = exchange_.listener_.limits;
    http::Pace pace;
    pace.grace = limits.body_grace;
    pace.rate_min = limits.body_rate_min;
    // A stream of messages is slow because there is nothing to say; how long it may be silent is said as for other open connections.
    if (is_grpc(exchange_.request_)) pace.rate_min = 0, pace.stall = route_.timeouts.tunnel_idle;
    pace.octets_max = route_.body_max;
    if (exchange_.request_.expects_continue) pace.first = route_.timeouts.first_byte + limits.body_grace;
    pace.overall = exchange_.origin_deadline();
    pace.overall.stop = stop;
    exchange_.inbound_.body().set_pace(pace);
}

io::Task<Result<>> Forward::answer() {
    const auto& body = exchange_.inbound_.body();
    const auto taken = take_ready(exchange_.inbound_.body(), first_);
    if (!taken) co_return std::unexpected(taken.error());
    first_octets_ = body.octets();
    goes_with_head_ = body.is_done() && body.trailers() == nullptr;
    for (;;) {
        const auto outcome = co_await try_once();
        if (outcome) co_return Result<>{};
        auto error = client_failure_.value_or(outcome.error());
        if (blames_peer(error) && exchange_.facts_.peer_label != observe::kNoLabel)
            exchange_.lane_.metrics().try_failed(exchange_.facts_.peer_label, error.code);
        if (blames_peer(error) && lease_) lease_.report(upstream::Outcome::failed, word_of(error.code));
        const bool again = may_go_on(error);
        const bool passes_parent = !again && may_pass_parent(error);
        if (upload_) co_await cut_upload();
        end_try();
        if (passes_parent) pass_parent(error);
        else if (!again) co_return std::unexpected(error);
    }
}

RetryQuestion Forward::retry_question() const {
    return {.was_sent = was_sent_,
            .was_answered = outbound_ && outbound_->has_answer_begun(),
            .is_body_at_hand = exchange_.inbound_.body().octets() == first_octets_,
            .is_idempotent = http::is_idempotent(sent_.method)};
}

bool Forward::is_over() const { return exchange_.origin_stop_->is_requested() || exchange_.total_at_ <= exchange_.now(); }

bool Forward::may_go_on(const Error& error) {
    if (is_over() || !may_retry(error, retry_question())) return false;
    // RFC 9113 7: it has not looked at the request and says how it wants it. Once: over HTTP/1.1 nobody can say so again.
    if (error.code == ErrorCode::unsupported_version)
        return group_->options().protocol == upstream::Protocol::automatic && !std::exchange(wants_http11_, true);
    // A pooled connection that was dead says nothing of the peer: it does not count as a try.
    if (lease_ && lease_.is_reused() && error.code != ErrorCode::timeout) return ++broken_reused_ <= kReusedBrokenMax;
    if (lease_) tried_.add(lease_.peer_ref());
    return tried_.size() <= group_->options().retries && !tried_.is_full();
}

upstream::LeaseQuery Forward::lease_query() const {
    return {.facts = &exchange_.facts_,
            .arena = &exchange_.arena_,
            .tried = tried_.all(),
            .wants_new_connection = broken_reused_ >= kReusedBrokenMax || sends_proxy_header(),
            .wants_websocket = !sent_.upgrade.empty() && equal_ignoring_case(sent_.upgrade, "websocket"),
            .wants_http11 = wants_http11_,
            .prefix = sends_proxy_header() && group_->is_secure() ? proxy_header() : std::string_view{}};
}

// There is no connection at hand: makes one, or waits for its turn.
io::Task<Result<>> Forward::lease() {
    auto& facts = exchange_.facts_;
    const auto begun = exchange_.now();
    Ref<upstream::Peer> picked;
    auto query = lease_query();
    query.picked = &picked;
    query.picked_at = &facts.at.selected;
    auto leased = co_await group_->lease(query, exchange_.origin_deadline());
    const bool was_in_vain = !leased && leased.error().code == ErrorCode::queue_timeout;
    const auto waited_until = was_in_vain ? exchange_.now() : facts.at.selected;
    if (waited_until > begun) exchange_.lane_.metrics().queue_waited(waited_until - begun);
    if (leased) {
        lease_ = std::move(*leased);
        co_return Result<>{};
    }
    if (picked) {
        facts.peer = exchange_.arena_.copy(picked->name);
        facts.peer_label = picked->metrics_label;
    }
    tried_.add(std::move(picked));
    facts.tries = static_cast<std::uint8_t>(tried_.size() + broken_reused_);
    co_return std::unexpected(leased.error());
}

void Forward::note_lease() {
    auto& facts = exchange_.facts_;
    facts.tries = static_cast<std::uint8_t>(tried_.size() + broken_reused_ + 1);
    facts.peer = lease_.peer().name;
    facts.peer_label = lease_.peer().metrics_label;
    facts.reused_connection = lease_.is_reused();
    facts.is_peer_h2 = lease_.h2() != nullptr;
    facts.at.connected = exchange_.now();
    if (facts.at.selected == TimePoint{}) facts.at.selected = facts.at.connected;
}

io::Task<Result<>> Forward::try_once() {
    was_sent_ = false;
    if (tried_.is_full()) co_return fail(ErrorCode::no_peer, Side::upstream, "no try is left");
    lease_ = group_->try_lease(lease_query());
    if (!lease_) {
        const auto leased = co_await lease();
        if (!leased) co_return leased;
    }
    note_lease();
    const auto begun = begin_request();
    if (!begun) co_return begun;
    auto& response = exchange_.response_;
    for (unsigned interim = 0;; ++interim) {
        response.fields.clear();
        const auto head = co_await outbound_->read_head(response, answer_deadline(interim == 0));
        if (!head) co_return head;
        if (response.status >= 200 || response.status == 101) break;
        if (interim == kInterimMax) co_return fail(ErrorCode::malformed, Side::upstream, "too many interim answers");
        const auto relayed = co_await relay_interim();
        if (!relayed) co_return relayed;
    }
    co_return take_answer();
}

Result<> Forward::begin_request() {
    exchange_.facts_.phase = http::Phase::send;
    set_host(lease_.peer());
    outbound_.emplace(lease_, exchange_.arena_);
    outbound_->set_send_stall(route_.timeouts.between_bytes);
    outbound_->body().set_pace({.stall = route_.timeouts.between_bytes, .overall = exchange_.origin_deadline()});
    const auto sent = send_request();
    // A connection that takes nothing may still hold an answer: an origin may refuse a request it has not read.
    if (!sent && !outbound_->has_sent_any()) return sent;
    exchange_.facts_.at.sent = exchange_.now();
    was_sent_ = true;
    if (sent && (!outbound_->is_flushed() || !goes_with_head_)) {
        upload_.emplace(exchange_.origin_stop_, route_.timeouts.first_byte);
        scope_.spawn(upload());
    }
    return {};
}

Result<> Forward::send_request() {
    if (sends_proxy_header() && !group_->is_secure()) outbound_->put_prefix(proxy_header());
    return outbound_->put_head(sent_, target_, first_.all(), goes_with_head_);
}

// The client's address ahead of everything else: such a connection is of one client and is never shared.
std::string_view Forward::proxy_header() const {
    const auto& facts = exchange_.facts_;
    net::ProxyHeader header{.has_addresses = facts.client.family != net::Family::none, .source = {}, .destination = exchange_.listener_.at};
    header.source.ip = facts.client;
    header.source.port = facts.client_port;
    const auto room = exchange_.arena_.make_array<char>(net::kProxyWriteMax);
    const bool is_v1 = group_->options().proxy_protocol == upstream::ProxyProtocol::v1;
    const auto octets = is_v1 ? net::write_proxy_v1(header, room.data()) : net::write_proxy_v2(header, room.data());
    return {room.data(), octets};
}

io::Deadline Forward::answer_deadline(bool is_first) {
    auto deadline = exchange_.origin_deadline();
    if (upload_) deadline.stop = &upload_->answer;
    // While the request is still on its way its own pace bounds the wait; the origin's time begins when it has all of it, or when the
    // client waits for its word to go on.
    if (is_uploading() && !(exchange_.request_.expects_continue && is_first)) return deadline;
    return deadline.sooner(exchange_.now() + route_.timeouts.first_byte);
}

Result<> Forward::take_answer() {
    if (upload_) upload_->cancel();
    exchange_.facts_.at.first_byte = exchange_.now();
    exchange_.facts_.upstream_status = exchange_.response_.status;
    if (exchange_.facts_.is_peer_parent) exchange_.snapshot_.zones[route_.cache->zone]->note_parent_answered();
    lease_.report(upstream::Outcome::good);
    if (!plan_.allows_upgrade) exchange_.response_.upgrade = {};
    return check_switch();
}

io::Task<Result<>> Forward::relay_interim() {
    auto& inbound = exchange_.inbound_;
    http::h1::remove_hop_by_hop(exchange_.response_.fields);
    if (exchange_.leads() && !inbound.is_flushed()) co_return Result<>{};
    const auto put = inbound.put_interim(exchange_.response_);
    if (exchange_.leads()) co_return Result<>{};
    if (!put) co_return put;
    if (!inbound.is_flushed()) {
        const auto flushed = co_await inbound.flush(exchange_.origin_deadline());
        co_return flushed;
    }
    co_return Result<>{};
}

// The connection changes its protocol only when the client asked for it and the origin names one (RFC 9110 7.8).
Result<> Forward::check_switch() {
    const auto& response = exchange_.response_;
    const auto& request = exchange_.request_;
    // RFC 8441 5: to a client of HTTP/2 any 2xx would say that its WebSocket is open.
    if (request.version == http::Version::http2 && !request.upgrade.empty() && response.status / 100 == 2)
        return fail(ErrorCode::malformed, Side::upstream, "the origin answers a WebSocket's request as any other");
    if (!is_switched(response, sent_.method)) return {};
    const bool was_asked = response.status != 101 || is_offered(response.upgrade, sent_.upgrade);
    if (!was_asked) return fail(ErrorCode::malformed, Side::upstream, "the origin switched protocols though nobody asked it to");
    // RFC 8441 5: the client of HTTP/2 has no key; who made it for the origin checks its answer (RFC 6455 4.1).
    if (exchange_.request_.version == http::Version::http2 && response.status == 101 &&
        equal_ignoring_case(sent_.upgrade, http::kWebSocket) &&
        response.fields.value(Id::sec_websocket_accept) !=
            http::websocket_accept(sent_.fields.value(Id::sec_websocket_key), exchange_.arena_))
        return fail(ErrorCode::malformed, Side::upstream, "the origin's Sec-WebSocket-Accept does not fit");
    is_tunnel_ = true;
    return {};
}

// Runs beside the wait for the answer. A client that fails ends the exchange; an origin that takes no more may have answered already, so
// only its silence ends the try.
io::Task<> Forward::upload() {
    auto& attempt = *upload_;
    auto deadline = exchange_.origin_deadline();
    deadline.stop = &attempt.stop;
    set_pace(&attempt.stop);
    auto outcome = co_await outbound_->flush(deadline);
    if (outcome && !goes_with_head_) outcome = co_await pump({.from = exchange_.inbound_.body(), .to = *outbound_, .deadline = deadline});
    attempt.is_running = false;
    if (outcome || attempt.stop.is_requested()) {
        attempt.begin_answer_time();
        co_return;
    }
    if (outcome.error().side == Side::client) {
        client_failure_ = outcome.error();
        attempt.answer.request(ErrorCode::cancelled);
    } else if (outcome.error().code == ErrorCode::timeout) {
        attempt.answer.request(ErrorCode::timeout);
    } else {
        attempt.begin_answer_time();
    }
}

void Forward::end_try() {
    outbound_.reset();
    lease_.close();
}

bool Forward::ends_client_connection() const { return is_uploading() && !exchange_.response_.keeps_alive; }

void Forward::release_answer() {
    exchange_.response_.fields.clear();
    outbound_->release_head();
}

void Forward::add_via(http::Fields& fields) const {
    if (plan_.via.empty()) return;
    fields.add(Id::via, exchange_.arena_.concat({via_version(exchange_.response_.version), plan_.via}));
}

io::Task<> Forward::end_upload() {
    // An origin that has said all before it had the request may take the rest of it for a request of its own (CL.0, obfuscated Expect): the
    // answer to that must not become another client's.
    has_answer_too_soon_ = is_uploading() && !exchange_.facts_.is_peer_h2;
    // The answer is whole and the origin still takes the request: let it. It does not: cut it.
    const bool origin_listens = outbound_->body().is_done() && exchange_.response_.keeps_alive && !lease_.stream().readiness().saw_end();
    if (origin_listens && exchange_.facts_.is_complete) co_await scope_.join();
    co_await cut_upload();
}

io::Task<> Forward::cut_upload() {
    upload_->stop.request();
    co_await scope_.join();
    upload_.reset();
    set_pace(exchange_.origin_stop_);
}

void Forward::finish() {
    if (!outbound_) return;
    if (!is_tunnel_ && !has_answer_too_soon_ && outbound_->may_be_kept() && !sends_proxy_header()) lease_.keep();
    else lease_.close();
}

}  // namespace weir::proxy
