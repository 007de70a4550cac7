#include "proxy/exchange.h"

#include <algorithm>

#include "observe/request_id.h"
#include "observe/worker_metrics.h"
#include "proxy/cached_walk.h"
#include "proxy/forward.h"
#include "proxy/grpc.h"
#include "proxy/lane.h"
#include "proxy/pump.h"
#include "proxy/reply.h"
#include "proxy/tunnel.h"
#include "tls/facts.h"

namespace weir::proxy {
namespace {

constexpr std::string_view kAllowedMethods = "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH";

Error client_error(ErrorCode code, const char* detail) { return {.code = code, .side = Side::client, .detail = detail}; }

}  // namespace

Exchange::Exchange(Lane& lane, const Snapshot& snapshot, std::uint32_t listener, http::Inbound& inbound, Arena& arena)
    : lane_(lane),
      snapshot_(snapshot),
      listener_(snapshot.listeners[listener]),
      inbound_(inbound),
      arena_(arena),
      request_(arena),
      response_(arena),
      listener_index_(listener),
      gone_(&lane.stopping()) {
    decision_.route = &snapshot.fallback;
    facts_.request = &request_;
    facts_.started = lane.worker().wall_now();
    facts_.at.begun = now();
}

TimePoint Exchange::now() const { return lane_.worker().now(); }

void Exchange::set_visitor(const Visitor& visitor) {
    facts_.client = facts_.connection_peer = visitor.ip;
    facts_.client_port = visitor.port;
    facts_.port = visitor.local_port;
    facts_.scheme = visitor.scheme;
    facts_.tls = visitor.tls;
    client_auth_ = visitor.client_auth;
    facts_.connection_serial = visitor.serial;
    facts_.request_on_connection = visitor.requests;
}

io::Task<> Exchange::run() {
    decide_all();
    if (request_.method == http::Method::purge && is_tier_purge()) {
        co_await purge_tiers();
        co_return finish();
    }
    auto refusal = admit();
    if (refusal) {
        co_await send_error(*refusal);
        co_return finish();
    }
    auto made = own_reply();
    if (made) co_await send(*made);
    else if (!decision_.route->cache) co_await forward();
    else if (const auto walk = std::make_unique<CachedWalk>(*this); !walk->answer_at_once()) co_await walk->run();
    finish();
}

io::Task<> Exchange::refuse(Error error) {
    decide_all();
    co_await send_error(error);
    finish();
}

void Exchange::decide_all() {
    lane_.metrics().exchange_begun();
    facts_.at.head_read = now();
    facts_.phase = http::Phase::admit;
    facts_.is_early = facts_.tls != nullptr && facts_.tls->is_early;
    const auto told = filter::told_client(facts_.connection_peer, snapshot_.trusted_proxies, request_.fields);
    facts_.client = told.ip;
    facts_.is_peer_trusted = told.is_trusted;
    if (told.scheme) facts_.scheme = *told.scheme;
    take_request_id();
    if (request_.target.empty()) return;  // nothing could be read
    const DecideQuery query{.listener = listener_index_,
                            .request = &request_,
                            .authority = told.host.empty() ? request_.authority : told.host,
                            .client = facts_.client,
                            .tls = facts_.tls};
    decision_ = decide(snapshot_, query, arena_);
    facts_.target = decision_.target;
    facts_.host = decision_.host;
    facts_.captures = decision_.captures;
    if (decision_.site != nullptr) facts_.site = decision_.site->name;
    facts_.route = decision_.route->name;
    if (decision_.route->timeouts.total != Duration::zero()) total_at_ = facts_.at.begun + decision_.route->timeouts.total;
    // A call that nobody waits for any more costs its origin nothing, whether or not its client says that it has left.
    if (const auto time = grpc_timeout_of(request_)) grpc_at_ = facts_.at.begun + *time;
    total_at_ = std::min(total_at_, grpc_at_);
}

// One is taken over from those we trust, else made: it joins the logs of all hops.
void Exchange::take_request_id() {
    const auto came = request_.fields.value(http::FieldId::x_request_id);
    if (facts_.is_peer_trusted && decision_.route->takes_request_id && observe::is_wellformed_request_id(came)) {
        facts_.request_id = came;
        return;
    }
    auto room = arena_.make_array<char>(observe::kRequestIdOctets);
    facts_.request_id = lane_.request_ids().write(room.data());
}

std::optional<Error> Exchange::admit() const {
    if (decision_.is_refused) return decision_.refusal;
    const auto& route = *decision_.route;
    // RFC 9110 15.5.20: the handshake was with another name, whose site wants other certificates of clients or none.
    if (decision_.site != nullptr && decision_.site->client_auth != 0 && decision_.site->client_auth != client_auth_)
        return client_error(ErrorCode::misdirected, "this site wants a certificate of the client, in a handshake with its own name");
    // RFC 8470 5.2: a replayed request must do nothing that the first one did not.
    if (facts_.is_early && !(route.allows_early_data && is_safe(request_.method)))
        return client_error(ErrorCode::too_early, "the request came as early data, which is not allowed here");
    return refusal_by(route, request_);
}

// RFC 8555 8.3: whoever asks for the token gets the key authorization, in the clear and before any redirect.
std::optional<filter::MadeReply> Exchange::challenge_reply() {
    constexpr std::string_view kFolder = "/.well-known/acme-challenge/";
    const auto& challenges = lane_.live()->http_challenges;
    if (challenges.empty() || facts_.scheme != http::Scheme::http || !request_.target.starts_with(kFolder)) return std::nullopt;
    const auto found = challenges.find(request_.target.substr(kFolder.size()));
    if (found == challenges.end()) return std::nullopt;
    filter::MadeReply made;
    made.status = 200;
    made.content_type = "application/octet-stream";
    made.body = arena_.copy(found->second);
    return made;
}

// RFC 8586 3. Before anything waits for a fetch: the request that came round would wait for itself.
std::optional<filter::MadeReply> Exchange::loop_reply() {
    using http::LoopVerdict;
    const auto verdict = http::judge_loop(request_.fields, *decision_.route->loop);
    if (verdict == LoopVerdict::none) return std::nullopt;
    const bool is_unreadable = verdict == LoopVerdict::unreadable;
    note({.code = is_unreadable ? ErrorCode::malformed : ErrorCode::over_limit, .side = Side::client, .detail = http::explain(verdict)});
    return filter::error_reply(is_unreadable ? 400 : 508, decision_.route->error_pages, facts_, arena_);  // RFC 5842 7.2
}

std::optional<filter::MadeReply> Exchange::own_reply() {
    auto challenge = challenge_reply();
    if (challenge) return challenge;
    if (decision_.route->loop) {
        auto refused = loop_reply();
        if (refused) return refused;
    }
    // Somebody in front whom we trust may have ended TLS already. Where no certificate is there yet, the site is served in the clear: a
    // redirect would lead to a handshake that fails.
    const bool has_redirect = decision_.site != nullptr && decision_.site->to_https && facts_.scheme == http::Scheme::http;
    if (has_redirect && lane_.live()->has(snapshot_.sites[decision_.site->served_by].tls->source, facts_.host)) {
        auto made = filter::make_reply(*decision_.site->to_https, facts_, arena_);
        if (made) return made;
    }
    if (decision_.site != nullptr && decision_.site->canonical) {
        auto made = filter::make_reply(*decision_.site->canonical, facts_, arena_);
        if (made) return made;
    }
    const auto& route = *decision_.route;
    if (route.redirect) return filter::make_reply(*route.redirect, facts_, arena_);
    if (route.respond) return filter::make_reply(*route.respond, facts_, arena_);
    if (!route.proxy) return filter::error_reply(404, route.error_pages, facts_, arena_);
    if (goes_no_further(request_)) {
        filter::MadeReply made;
        made.status = 204;
        made.allow = kAllowedMethods;
        return made;
    }
    return std::nullopt;
}

io::Task<> Exchange::forward() {
    facts_.phase = http::Phase::select;
    Forward forward(*this);
    const auto answered = co_await forward.answer();
    if (!answered) co_await send_error(answered.error());
    else if (forward.is_tunnel()) co_await run_tunnel(forward);
    else {
        const auto stage = begin_relay(forward);
        if (!stage) co_await send_error(stage.error());
        else if (*stage != RelayStage::over) co_await go_on_relaying(forward, *stage);
    }
    if (forward.has_upload()) co_await forward.end_upload();
    forward.finish();
}

void Exchange::edit_response() {
    http::h1::remove_hop_by_hop(response_.fields);
    if (!response_.fields.has(http::FieldId::date)) response_.fields.add(http::FieldId::date, lane_.date());  // RFC 9110 6.6.1
    facts_.status = response_.status;
    facts_.response = &response_;
    if (cache_status_ != nullptr) cache::append_cache_status(response_.fields, *cache_status_);
    filter::apply(decision_.route->hsts, facts_, response_.fields);
    filter::apply(decision_.route->response_headers, facts_, response_.fields);
}

// The head, and what is here of the body: mostly that is all.
Result<Exchange::RelayStage> Exchange::begin_relay(Forward& forward) {
    facts_.phase = http::Phase::response;
    if (cache_status_ != nullptr) heed_answer();
    if (decision_.route->compress) forward.compress_answer();
    auto& body = forward.body();
    Handful first;
    const auto taken = take_ready(body, first);
    if (!taken) return std::unexpected(taken.error());
    edit_response();
    forward.add_via(response_.fields);
    if (forward.ends_client_connection() || lane_.is_draining()) inbound_.close_after();
    // Trailers come behind the body: an end with trailers is the pump's.
    const bool is_whole = body.is_done() && body.trailers() == nullptr;
    if (is_whole && body.octets() != 0 && facts_.encoding != http::Coding::identity)
        response_.framing = http::Framing::length, response_.content_length = body.octets();
    const auto put = inbound_.put_head(response_, first.all(), is_whole);
    facts_.phase = http::Phase::body;
    if (put && !is_whole) return RelayStage::body;
    if (put && !inbound_.is_flushed()) return RelayStage::flush;
    end_relay(body, put);
    return RelayStage::over;
}

io::Task<> Exchange::go_on_relaying(Forward& forward, RelayStage stage) {
    Result<> outcome;
    if (!inbound_.is_flushed()) outcome = co_await inbound_.flush(deadline());
    if (outcome && stage == RelayStage::body) outcome = co_await pump({.from = forward.body(), .to = inbound_, .deadline = deadline()});
    const bool can_be_told = !outcome && outcome.error().side != Side::client && response_.framing != http::Framing::length;
    if (can_be_told && is_late_call()) {
        note_relay(forward.body(), outcome);
        co_await end_late_call();
        co_return;
    }
    end_relay(forward.body(), outcome);
}

void Exchange::end_relay(const http::Body& body, const Result<>& outcome) {
    note_relay(body, outcome);
    if (!outcome) inbound_.abort();
}

void Exchange::note_relay(const http::Body& body, const Result<>& outcome) {
    facts_.reply_body_octets = body.octets();
    facts_.is_complete = outcome.has_value();
    if (!outcome) note(outcome.error());
}

io::Task<> Exchange::run_tunnel(Forward& forward) {
    facts_.phase = http::Phase::body;
    was_tunnel_ = true;
    edit_response();
    auto head = inbound_.put_head(response_, {}, true);
    if (head && !inbound_.is_flushed()) head = co_await inbound_.flush(deadline());
    inbound_.watch_client(nullptr, {});
    inbound_.close_after();  // what comes now is no HTTP: it must never be read as a request
    if (!head) {
        note(head.error());
        co_return;
    }
    forward.release_answer();
    lane_.metrics().tunnel_opened();
    auto& upstream = forward.outbound();
    const auto count = co_await tunnel({.client = inbound_.raw(),
                                        .upstream = upstream.raw(),
                                        .from_client = inbound_.take_buffered(),
                                        .from_upstream = upstream.take_buffered(),
                                        .idle = decision_.route->timeouts.tunnel_idle,
                                        .stop = &lane_.stopping()});
    lane_.metrics().tunnel_closed();
    facts_.request_body_octets += count.from_client;
    facts_.reply_body_octets += count.from_upstream;
    facts_.is_complete = count.outcome.has_value();
    if (count.outcome) co_return;
    // An end that broke is passed on as one: neither side may take what it got for whole.
    note(count.outcome.error());
    if (count.outcome.error().code == ErrorCode::timeout) co_return;
    inbound_.abort();
    upstream.raw().abort();
}

io::Task<> Exchange::send(filter::MadeReply made) {
    // What is here of the request's body is taken, so that the connection can go on; the client does not wait for us to want more.
    Handful unread;
    auto& body = inbound_.body();
    while (!body.is_done()) {
        const auto taken = take_ready(body, unread);
        const bool more = taken && !unread.empty();
        unread.clear();
        if (!more) break;
    }
    if (!body.is_done() || lane_.is_draining()) inbound_.close_after();
    facts_.encoding = http::Coding::identity;
    response_.fields.clear();
    response_.status = made.status;
    response_.reason = {};
    response_.framing = http::Framing::length;
    response_.content_length = made.body.size();
    using Id = http::FieldId;
    if (!made.content_type.empty()) response_.fields.add(Id::content_type, made.content_type);
    if (!made.location.empty()) response_.fields.add(Id::location, made.location);
    if (!made.etag.empty()) response_.fields.add(Id::etag, made.etag);
    if (!made.allow.empty()) response_.fields.add(Id::allow, made.allow);
    if (made.retry_after_s != 0) response_.fields.add(Id::retry_after, arena_.copy(std::to_string(made.retry_after_s)));
    filter::Compressor compressor;
    if (made.status >= 400 && is_grpc(request_)) say_grpc(made);
    else if (decision_.route->compress) compressor = compress_own();
    edit_response();
    if (compressor) {
        co_await send_compressed(std::move(compressor), made.body);
        co_return;
    }
    const Piece piece{.octets = made.body, .owner = {}};
    Result<> outcome = inbound_.put_head(response_, {&piece, 1}, true);
    if (outcome && !inbound_.is_flushed()) outcome = co_await inbound_.flush({kNever, &lane_.stopping()});
    facts_.reply_body_octets = http::has_body(request_.method, made.status) ? made.body.size() : 0;
    facts_.is_complete = outcome.has_value();
    if (!outcome) note(outcome.error());
}

// A gRPC client hears of errors in the head of a reply without a body (Trailers-Only).
void Exchange::say_grpc(filter::MadeReply& made) {
    using Id = http::FieldId;
    response_.status = 200;
    response_.framing = http::Framing::none;
    response_.fields.remove(Id::content_type);
    response_.fields.add(Id::content_type, "application/grpc");
    if (is_late_call()) {
        add_late_status(response_.fields);
    } else {
        response_.fields.add("grpc-status", arena_.copy(std::to_string(grpc_status_of(made.status))));
        response_.fields.add("grpc-message", http::reason_of(made.status));
    }
    made.body = {};
}

// The head is out: the status follows the messages that came in time, as if the origin had kept the deadline.
io::Task<> Exchange::end_late_call() {
    http::Fields trailers(arena_);
    add_late_status(trailers);
    const io::Deadline deadline{kNever, &lane_.stopping()};
    Result<> outcome;
    if (!inbound_.is_flushed()) outcome = co_await inbound_.flush(deadline);
    if (outcome) outcome = inbound_.put({}, true, &trailers);
    if (outcome && !inbound_.is_flushed()) outcome = co_await inbound_.flush(deadline);
    if (!outcome) inbound_.abort();
}

bool Exchange::is_late_call() const { return grpc_at_ <= now(); }

Error Exchange::gone_error() const { return {.code = gone_.why(), .side = Side::client, .detail = "the client went away"}; }

io::Task<> Exchange::send_error(Error error) {
    // What failed because the client went away is the client's, wherever it was noticed.
    if (gone_.is_requested()) error = gone_error();
    note(error);
    const auto status = status_of(error);
    if (status == 0 || inbound_.has_begun_reply()) {
        inbound_.abort();
        co_return;
    }
    if (error.side == Side::client) inbound_.close_after();
    auto made = filter::error_reply(status, decision_.route->error_pages, facts_, arena_);
    if (status == 405) made.allow = kAllowedMethods;
    co_await send(made);
}

void Exchange::note(const Error& error) {
    if (facts_.has_error) return;  // the first one is the cause
    facts_.has_error = true;
    facts_.error = error.code;
    facts_.error_side = error.side;
    facts_.error_detail = error.detail;
}

// Accounts and logs, once.
void Exchange::finish() {
    if (std::exchange(is_finished_, true)) return;
    inbound_.watch_client(nullptr, {});
    facts_.at.done = now();
    facts_.reply_octets = inbound_.octets_out();
    facts_.request_octets = inbound_.octets_in();
    facts_.request_body_octets += inbound_.body().octets();
    lane_.account(facts_, snapshot_, decision_.site, *decision_.route);
}

}  // namespace weir::proxy
