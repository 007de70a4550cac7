#include "proxy/fetch.h"

#include "cache/storing.h"
#include "cache/vary.h"
#include "filter/headers.h"
#include "io/broken.h"
#include "observe/worker_metrics.h"
#include "proxy/early_hints.h"
#include "proxy/entry_tags.h"
#include "proxy/forward.h"
#include "proxy/pump.h"
#include "proxy/stored_form.h"

namespace weir::proxy {
namespace {

using Id = http::FieldId;
using Outcome = cache::Fill::Outcome;

constexpr Duration kLookAgain = std::chrono::milliseconds(50);  // when news could not be delivered, or may not have been heard
constexpr unsigned kAsksMax = 4;                                // of one fetch: without condition, for another slice, for the whole

}  // namespace

Fetch::Fetch(Exchange& asker, const Order& order)
    : FetchMemory(asker.lane_, asker.snapshot_),
      lane_(asker.lane_),
      exchange_(asker.lane_, *snapshot, asker.listener_index_, *this, arena),
      asker_(order.is_background || order.manifest ? nullptr : &asker),
      zone_(order.zone),
      fill_(order.fill),
      key_(arena.copy(order.key)),
      slice_octets_(order.slice_octets),
      slice_(order.slice),
      manifest_(order.manifest),
      manifest_hash_(order.manifest_hash),
      known_(order.known),
      born_(order.zone->purges().now()),
      is_background_(order.is_background) {
    copy_request(asker, order.target);
    clean_request(known_.raw() != nullptr);
    fill_->watch(this);
}

Fetch::~Fetch() {
    forget_asker();
    fill_->watch(nullptr);
}

void Fetch::forget_asker() {
    asker_ = nullptr;
    if (asker_at_ != nullptr) *std::exchange(asker_at_, nullptr) = nullptr;
}

net::Stream& Fetch::raw() { io::broken("a fetch for the cache has no client"); }

void Fetch::copy_request(const Exchange& asker, std::string_view target) {
    const auto& from = asker.request_;
    auto& request = exchange_.request_;
    request.method = http::Method::get;
    request.method_name = "GET";
    request.version = from.version;
    request.scheme = from.scheme;
    request.target = arena.copy(target);
    request.authority = arena.copy(from.authority);
    request.host = arena.copy(from.host);
    for (const auto& field : from.fields) {
        auto copy = field;
        copy.name = field.id == Id::other ? arena.copy(field.name) : http::name_of(field.id);
        copy.value = arena.copy(field.value);
        copy.is_line = false;
        request.fields.add(copy);
    }
    auto& facts = exchange_.facts_;
    facts = asker.facts_;
    facts.request = &request;
    facts.response = nullptr;
    facts.tls = nullptr;  // the client's connection may end before this does
    facts.is_early = false;
    facts.host = arena.copy(facts.host);
    facts.request_id = arena.copy(facts.request_id);
    facts.target.raw_path = arena.copy(facts.target.raw_path);
    facts.target.path = arena.copy(facts.target.path);
    facts.target.query = arena.copy(facts.target.query);
    const auto captures = arena.make_array<std::string_view>(facts.captures.size());
    for (std::size_t i = 0; i < captures.size(); ++i) captures[i] = arena.copy(facts.captures[i]);
    facts.captures = captures;
    facts.at.begun = facts.at.head_read = exchange_.now();
    exchange_.decision_ = asker.decision_;
    exchange_.decision_.target = facts.target;
    exchange_.decision_.host = facts.host;
    exchange_.decision_.captures = facts.captures;
    const auto total = asker.decision_.route->timeouts.total;
    if (total != Duration::zero()) exchange_.total_at_ = exchange_.now() + total;
}

// The whole is asked for, whatever part of it or condition the client has said; and nothing that is in no key may shape what all get.
void Fetch::clean_request(bool is_conditional) {
    auto& fields = exchange_.request_.fields;
    cache::make_conditional(fields, is_conditional ? known_->validators() : cache::Validators{});
    if (slice_octets_ != 0) cache::ask_for_range(fields, wanted_range());
    if (manifest_) cache::ask_for_same(fields, manifest_->validators());
    cache::remove_dangerous_unkeyed(fields, exchange_.decision_.route->cache->key);
    fields.remove({Id::expect, Id::te});
}

void Fetch::start(std::unique_ptr<Fetch> fetch) {
    auto& scope = fetch->lane_.sessions();
    scope.spawn(carry_out(std::move(fetch)));
}

io::Task<> Fetch::carry_out(std::unique_ptr<Fetch> fetch) {
    co_await fetch->run();
    // Who waits on another worker must hear the end.
    while (fetch->owes_news_) {
        co_await io::sleep_until(fetch->exchange_.now() + kLookAgain);
        fetch->say();
    }
}

io::Task<> Fetch::run() {
    for (unsigned tries = 0; tries < kAsksMax; ++tries) {
        const bool is_done = co_await ask();
        if (is_done) co_return;
        clean_request(known_.raw() != nullptr);
    }
    release(0);
}

// False: ask again, for something else.
io::Task<bool> Fetch::ask() {
    asked_ = lane_.worker().wall_now();
    Forward forward(exchange_);
    const auto answered = co_await forward.answer();
    bool is_done = true;
    tell_asker();
    if (!answered) {
        zone_->close(*fill_, key_);
        fill_->fail(answered.error());
        say();
    } else if (exchange_.response_.status == 304 && known_) {
        is_done = renew();
    } else if (forward.is_tunnel()) {
        release(exchange_.response_.status);
    } else {
        const auto good = judge();
        is_done = good != Good::to_ask_again;
        if (good == Good::to_store || good == Good::to_pass) co_await take(forward, good == Good::to_store);
    }
    if (forward.has_upload()) co_await forward.end_upload();
    forward.finish();
    if (!was_told_) lane_.metrics().fetch_done(exchange_.facts_, exchange_.facts_.peer_label);
    co_return is_done;
}

// Its log line and its metrics tell of the origin as if it had asked itself.
void Fetch::tell_asker() {
    if (asker_ == nullptr) return;
    const auto& from = exchange_.facts_;
    auto& facts = asker_->facts_;
    facts.upstream = from.upstream;
    facts.peer = asker_->arena_.copy(from.peer);
    facts.peer_label = from.peer_label;
    facts.upstream_status = from.upstream_status;
    facts.tries = from.tries;
    facts.reused_connection = from.reused_connection;
    facts.is_peer_h2 = from.is_peer_h2;
    facts.at.selected = from.at.selected;
    facts.at.connected = from.at.connected;
    facts.at.sent = from.at.sent;
    facts.at.first_byte = from.at.first_byte;
    was_told_ = true;
    forget_asker();
}

// To the one who asked, as long as he is there to hear it at once (RFC 9110 15.2: others need not have them).
Result<> Fetch::put_interim(const http::Response& response) {
    if (asker_ == nullptr || !asker_->inbound_.is_flushed()) return {};
    auto& its_arena = asker_->arena_;
    http::Response copy(its_arena);
    copy.status = response.status;
    for (const auto& field : response.fields) copy.fields.add(its_arena.copy(field.name), its_arena.copy(field.value));
    [[maybe_unused]] const auto put = asker_->inbound_.put_interim(copy);  // an asker who is gone notices that himself
    return {};
}

void Fetch::say() {
    owes_news_ = !fill_->announce();
    if (told_ && told_->announce()) told_ = {};
    owes_news_ |= told_.raw() != nullptr;
}

// Everybody goes to the origin by himself.
void Fetch::release(std::uint16_t status) {
    zone_->close(*fill_, key_);
    fill_->decide(Outcome::released, {}, status);
    say();
}

// RFC 9111 4.3.4: the stored answer with the newer fields, good for a new lifetime. Entries never change: it is another one with the same
// body. False: the 304 does not speak of it.
bool Fetch::renew() {
    auto& answer = exchange_.response_;
    if (!cache::is_updated_by(known_->validators(), answer, true)) {
        known_ = {};  // it speaks of nothing we have: once more, for the whole
        return false;
    }
    http::h1::remove_hop_by_hop(answer.fields);
    cache::ensure_date(answer.fields, lane_.worker().wall_now());  // without it the stored one would count, and its age
    http::Response renewed(arena);
    known_->write_head(renewed);
    cache::freshen(renewed.fields, answer.fields, cache::read_response_directives(answer.fields, policy()), policy());
    const bool may_store = why_not(renewed) == cache::Refusal::none;
    entry_ = make_entry(renewed, {.body = known_->body(), .slicing = known_->slicing()}, may_store);
    entry_->inherit_kept(*known_);
    entry_->end(true);
    const auto& compress = exchange_.decision_.route->compress;
    if (may_store && compress) carry_forms(*known_, *entry_, *compress, zone_->account());
    is_stored_ = may_store && zone_->store(*fill_, key_, entry_);
    if (!is_stored_) give_up_storing(!may_store);
    decide(304);
    return true;
}

// The origin's failure must not take the place of an answer that may stand in for it.
cache::Refusal Fetch::why_not(const http::Response& response) {
    directives_ = cache::read_response_directives(response.fields, policy());
    if (known_ && cache::is_origin_failure(response.status)) return cache::Refusal::status;
    if (response.status == 206) return cache::Refusal::partial;  // nobody asked for a part
    const auto& plan = *exchange_.decision_.route->cache;
    const auto& kept = policy_for(plan, {response.fields.begin(), response.fields.end()});
    return cache::refuses_storing(exchange_.request_, response, directives_, kept, lane_.worker().wall_now());
}

// `head`: all that came; what is not kept is taken out of it.
Ref<cache::Entry> Fetch::make_entry(http::Response& head, cache::EntryParts parts, bool is_stored) {
    parts.terms = cache::read_terms(head, directives_, asked_, lane_.worker().wall_now());
    if (is_stored) {
        cache::remove_unstorable(head.fields, directives_, policy());
        head.fields.remove(Id::age);
        parts.tags = read_tags(exchange_.request_, exchange_.facts_, head.fields, *exchange_.decision_.route->cache, zone_->purges());
    }
    head.fields.remove({Id::content_length, Id::transfer_encoding});
    parts.response = &head;
    learn(head, parts.tags, is_stored);
    parts.vary_names = cache::read_vary(head.fields, arena).names;
    parts.variant = cache::variant_key(parts.vary_names, exchange_.request_.fields, arena).value_or(std::string_view{});
    parts.born = born_;
    if (!http::has_body(http::Method::get, head.status)) parts.length = 0;
    else if (head.framing == http::Framing::length) parts.length = head.content_length;
    return cache::Entry::make(is_stored ? zone_->account() : window_account(), parts);
}

void Fetch::learn(const http::Response& head, std::span<const cache::TagCell> tags, bool is_stored) {
    if (exchange_.decision_.route->cache->early_hints == EarlyHints::off || fill_->is_void()) return;
    const bool concerns_all = is_stored || cache::concerns_all(exchange_.request_, head, directives_, policy());
    if (!is_stored) tags = read_tags(exchange_.request_, exchange_.facts_, head.fields, *exchange_.decision_.route->cache, zone_->purges());
    learn_hints(*zone_, {.key = key_, .head = head, .born = born_, .tags = tags, .concerns_all = concerns_all});
}

const Ref<cache::Account>& Fetch::window_account() {
    if (!window_) window_ = make_ref<cache::Account>();
    return window_;
}

Fetch::Good Fetch::judge() {
    auto& response = exchange_.response_;
    http::h1::remove_hop_by_hop(response.fields);
    cache::ensure_date(response.fields, lane_.worker().wall_now());
    if (manifest_) return judge_missing_slice();
    if (slice_octets_ != 0) return judge_slice();
    return judge_whole();
}

Fetch::Good Fetch::judge_whole() {
    const auto& response = exchange_.response_;
    const bool is_too_large = response.framing == http::Framing::length && response.content_length > zone_->object_max();
    return why_not(response) == cache::Refusal::none && !is_too_large ? Good::to_store : Good::to_pass;
}

io::Task<> Fetch::take(Forward& forward, bool may_store) {
    auto& body = forward.body();
    Handful first;
    const auto taken = take_ready(body, first);
    begin_entry(may_store, first.all());
    const bool is_whole = taken && body.is_done();
    if (is_whole) entry_->end(true);
    is_stored_ = may_store && zone_->store(*fill_, key_, entry_);
    if (!is_stored_) give_up_storing(!may_store);
    else if (exchange_.response_.status == 206) zone_->note_slice();
    first.clear();
    decide(exchange_.response_.status);
    if (is_whole) co_return;
    Result<> outcome;
    if (!taken) outcome = std::unexpected(taken.error());
    if (outcome) outcome = co_await pump({.from = body, .to = *this, .deadline = exchange_.deadline()});
    entry_->body()->close();
    entry_->end(outcome.has_value());  // an answer that was cut off is nobody's answer
    zone_->end(*entry_, key_, fill_->hash());
    say();
}

void Fetch::begin_entry(bool is_stored, std::span<const Piece> first) {
    auto& response = exchange_.response_;
    std::uint64_t expected = 0;
    for (const auto& piece : first) expected += piece.size();
    const bool has_body = http::has_body(http::Method::get, response.status);
    const bool is_length = !has_body || response.framing == http::Framing::length;
    // What flows through gets small blocks, which go one by one.
    const bool has_known_size = is_length && (is_stored || !has_body);
    if (has_known_size) expected = has_body ? response.content_length : 0;
    auto body = make_ref<cache::Segments>(is_stored ? zone_->account() : window_account(), expected, has_known_size);
    for (const auto& piece : first) body->append(piece.octets);
    entry_ = make_entry(response, {.body = std::move(body)}, is_stored);
}

void Fetch::decide(std::uint16_t status) {
    const bool is_shared_failure = !is_stored_ && cache::is_origin_failure(status) &&
                                   cache::concerns_all(exchange_.request_, exchange_.response_, directives_, policy());
    fill_->decide(is_stored_ ? Outcome::stored : Outcome::passed, entry_, status, is_shared_failure);
    say();
    readers_moved();
}

// The answer goes to those who have begun with it, nobody else waits for it; nor for others like it, when none of them can be stored. What
// was purged while it came, or found no room, may be stored the next time.
void Fetch::give_up_storing(bool is_for_long) {
    is_stored_ = false;
    const bool is_failure = cache::is_origin_failure(exchange_.response_.status);
    if (is_failure) return zone_->close(*fill_, key_);
    if (is_for_long) zone_->pass(*fill_, key_, lane_.worker().now());
    else zone_->close(*fill_, key_);
    if (known_) zone_->remove(*known_, fill_->hash());  // the origin has said something else since
}

Result<> Fetch::put(std::span<const Piece> pieces, bool /*is_last*/, const http::Fields* /*trailers*/) {
    auto& body = *entry_->body();
    for (const auto& piece : pieces) body.append(piece.octets);
    if (is_stored_ && (body.size() > zone_->object_max() || !zone_->make_room())) {
        zone_->remove(*entry_, fill_->hash());
        give_up_storing(body.size() > zone_->object_max());
    }
    if (!is_stored_) let_go();
    say();
    return {};
}

// From here on what has been read by all goes. Whoever is about to begin must find the beginning.
void Fetch::let_go() {
    if (is_let_go_ || !fill_->have_all_begun()) return;
    is_let_go_ = true;
    entry_->body()->let_go(window_account());
}

bool Fetch::is_flushed() const { return is_stored_ || !window_ || window_->used() <= kWindow; }

io::Task<Result<>> Fetch::flush(io::Deadline deadline) {
    fill_->want_room(true);
    while (!is_flushed()) {
        let_go();
        const auto moved = co_await moved_.wait(deadline.sooner(exchange_.now() + kLookAgain));
        const bool is_over = exchange_.gone_.is_requested() || exchange_.now() >= deadline.at;
        if (!moved && is_over) co_return fail(moved.error().code, Side::client, "nobody takes the answer");
        if (owes_news_) say();
    }
    fill_->want_room(false);
    co_return Result<>{};
}

// A fetch that nobody waits for goes on when its answer will be stored.
void Fetch::readers_moved() {
    moved_.notify();
    if (fill_->readers() != 0) return;
    const bool is_of_use = fill_->outcome() == Outcome::waiting ? is_background_ : is_stored_;
    if (!is_of_use && gone_ != nullptr) gone_->request(ErrorCode::cancelled);
}

}  // namespace weir::proxy
