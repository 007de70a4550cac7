#include "proxy/intake.h"

#include <algorithm>

#include "base/text.h"
#include "cache/vary.h"
#include "proxy/cache_key.h"
#include "proxy/early_hints.h"
#include "proxy/entry_tags.h"
#include "proxy/forward.h"
#include "proxy/lane.h"
#include "proxy/pump.h"
#include "proxy/stored_form.h"

namespace weir::proxy {
namespace {

using Id = http::FieldId;
using Outcome = cache::Fill::Outcome;

// Of the way to one server, which is Weir.
constexpr http::FieldSet kOfTheHop{Id::expect, Id::te};
// Who brings these may get what others don't.
constexpr http::FieldSet kOfOne{Id::authorization, Id::cookie};

}  // namespace

Intake::Intake(Exchange& exchange, Order order)
    : exchange_(exchange),
      growth_(exchange.lane_, *order.zone, *this),
      zone_(*order.zone),
      key_(order.key),
      slice_octets_(order.slice_octets),
      slice_(order.slice),
      manifest_(std::move(order.manifest)),
      manifest_hash_(order.manifest_hash),
      known_(std::move(order.known)),
      asked_(wall_now()),
      born_(order.zone->purges().now()),
      is_background_(order.is_background) {
    growth_.follow(std::move(order.fill));
}

WallTime Intake::wall_now() const { return exchange_.lane_.worker().wall_now(); }

bool Intake::is_clean(const http::Request& request, const cache::KeyPlan& plan) {
    const auto& fields = request.fields;
    return !cache::has_own_conditions(fields) && !fields.has_any(kOfTheHop) && !cache::has_dangerous_unkeyed(fields, plan);
}

// The whole is asked for, whatever part of it or condition the client has said; and nothing that is in no key may shape what all get.
void Intake::clean_request() {
    asked_ = wall_now();
    auto& fields = exchange_.request_.fields;
    cache::make_conditional(fields, known_ ? known_->validators() : cache::Validators{});
    if (slice_octets_ != 0) cache::ask_for_range(fields, wanted_range());
    if (manifest_) cache::ask_for_same(fields, manifest_->validators());
    cache::remove_dangerous_unkeyed(fields, exchange_.decision_.route->cache->key);
    fields.remove(kOfTheHop);
}

void Intake::set_leader(bool is_there) {
    has_leader_ = is_there;
    if (!is_there) readers_moved();
}

Intake::Step Intake::take(Forward& forward, const Result<>& answered) {
    auto& response = exchange_.response_;
    if (!answered) {
        note_refusal(cache::Refusal::no_answer);
        zone_.close(*growth_.fill());
        growth_.fill()->fail(answered.error());
        growth_.say();
        return Step::over;
    }
    if (response.framing == http::Framing::length) zone_.expect(*growth_.fill(), response.content_length);
    if (response.status == 304 && known_) return renew() ? Step::over : Step::again;
    if (forward.is_tunnel()) {
        release(response.status, cache::Refusal::upgrade);
        return Step::over;
    }
    const auto good = judge();
    if (good == Good::to_ask_again) return Step::again;
    if (good == Good::for_nothing) return Step::over;
    return begin(forward);
}

void Intake::release(std::uint16_t status, cache::Refusal why) {
    note_refusal(why);
    zone_.close(*growth_.fill());
    growth_.fill()->set_refusal(why);
    growth_.fill()->decide(Outcome::released, {}, status);
    growth_.say();
}

// RFC 9111 4.3.4: the stored answer with the newer fields, good for a new lifetime. Entries never change: it is another one with the same
// body. False: the 304 does not speak of it.
bool Intake::renew() {
    auto& answer = exchange_.response_;
    if (!cache::is_updated_by(known_->validators(), answer, true)) {
        known_ = {};  // it speaks of nothing we have: once more, for the whole
        return false;
    }
    http::h1::remove_hop_by_hop(answer.fields);
    cache::ensure_date(answer.fields, wall_now());  // without it the stored one would count, and its age
    http::Response renewed(exchange_.arena_);
    known_->write_head(renewed);
    cache::freshen(renewed.fields, answer.fields, cache::read_response_directives(answer.fields, policy()), policy());
    refusal_ = why_not(renewed);
    const bool may_store = refusal_ == cache::Refusal::none;
    auto entry = make_entry(renewed, {.body = known_->body(), .slicing = known_->slicing()}, may_store);
    entry->inherit_kept(*known_);
    entry->end(true);
    const auto& compress = exchange_.decision_.route->compress;
    if (may_store && compress) carry_forms(*known_, *entry, *compress, zone_.account());
    if (may_store) refusal_ = zone_.store(*growth_.fill(), key_, entry);
    is_stored_ = refusal_ == cache::Refusal::none;
    growth_.begin(std::move(entry), is_stored_);
    if (!is_stored_) give_up_storing(refusal_);
    decide(304);
    return true;
}

const http::Fields& Intake::selecting() {
    if (selecting_ == nullptr) selecting_ = &selecting_fields(*exchange_.decision_.route, exchange_.facts_);
    return *selecting_;
}

// Does the route make credentials out of what this client has sent, a cookie or a certificate? The origin takes them for his own.
bool Intake::gives_credentials() {
    const auto& edits = exchange_.decision_.route->request_headers;
    const auto makes = [](const filter::HeaderEdit& edit) {
        return !edit.value.is_literal() && equal_ignoring_case(edit.name, "Authorization");
    };
    return std::ranges::any_of(edits, makes) && selecting().has(Id::authorization);
}

// The origin's failure must not take the place of an answer that may stand in for it.
cache::Refusal Intake::why_not(const http::Response& response) {
    directives_ = exchange_.lane_.directives().read(response.fields, policy());
    terms_ = cache::read_terms(response, directives_, wall_now(), wall_now());
    if (known_ && cache::is_origin_failure(response.status)) return cache::Refusal::origin_failure;
    const auto& kept = policy_for(plan(), {response.fields.begin(), response.fields.end()});
    if (gives_credentials() && !cache::is_for_others_too(directives_)) return cache::Refusal::authorization;
    return cache::refuses_storing(exchange_.request_, response, directives_, kept, terms_);
}

// `head`: all that came; what is not kept is taken out of it.
Ref<cache::Entry> Intake::make_entry(http::Response& head, cache::EntryParts parts, bool is_stored) {
    auto& arena = exchange_.arena_;
    if (!head.fields.has(Id::date)) head.fields.add(Id::date, arena.copy(exchange_.lane_.date()));  // RFC 9110 6.6.1
    parts.terms = terms_;
    cache::count_delay(parts.terms, head.fields, asked_);
    if (is_stored) {
        cache::remove_unstorable(head.fields, directives_, policy());
        head.fields.remove(Id::age);
        parts.tags = read_tags(exchange_.request_, exchange_.facts_, head.fields, plan(), zone_.purges());
    }
    head.fields.remove({Id::content_length, Id::transfer_encoding});
    parts.response = &head;
    if (plan().early_hints != EarlyHints::off) learn(head, parts.tags, is_stored);
    parts.vary_names = cache::read_vary(head.fields, arena).names;
    parts.variant = cache::variant_key(parts.vary_names, selecting(), arena).value_or(std::string_view{});
    parts.born = born_;
    if (!http::has_body(http::Method::get, head.status)) parts.length = 0;
    else if (head.framing == http::Framing::length) parts.length = head.content_length;
    return cache::Entry::make(std::move(parts));
}

void Intake::learn(const http::Response& head, std::span<const cache::TagCell> tags, bool is_stored) {
    if (growth_.fill()->is_void()) return;
    const bool concerns_all = is_stored || cache::concerns_all(exchange_.request_, head, directives_, policy());
    if (!is_stored) tags = read_tags(exchange_.request_, exchange_.facts_, head.fields, plan(), zone_.purges());
    learn_hints(zone_, {.key = key_, .head = head, .born = born_, .tags = tags, .concerns_all = concerns_all});
}

Intake::Good Intake::judge() {
    auto& response = exchange_.response_;
    http::h1::remove_hop_by_hop(response.fields);
    if (manifest_) return judge_missing_slice();
    if (slice_octets_ != 0) return judge_slice();
    return judge_whole();
}

Intake::Good Intake::judge_whole() {
    const auto& response = exchange_.response_;
    const auto octets = response.framing == http::Framing::length ? response.content_length : 0;
    const bool is_part = response.status == 206;  // nobody asked for one
    refusal_ = why_not(response);
    if (refusal_ == cache::Refusal::none && is_part) refusal_ = cache::Refusal::partial;
    if (refusal_ == cache::Refusal::none && octets > zone_.object_max()) refusal_ = cache::Refusal::too_large;
    // Its memory is taken at once: not before there is room for it.
    if (refusal_ == cache::Refusal::none && !zone_.make_room(octets)) refusal_ = cache::Refusal::crowded;
    return Good::to_send;
}

// The head, and what is here of the body: mostly that is all.
Intake::Step Intake::begin(Forward& forward) {
    const bool may_store = refusal_ == cache::Refusal::none;
    auto& body = forward.body();
    auto& response = exchange_.response_;
    Handful first;
    const auto taken = take_ready(body, first);
    auto entry = make_entry(response, {.body = make_body(may_store, first.all())}, may_store);
    const bool is_whole = taken && body.is_done();
    if (is_whole) entry->end(true);
    if (may_store) refusal_ = come_in(entry);
    is_stored_ = refusal_ == cache::Refusal::none;
    growth_.begin(std::move(entry), is_stored_);
    if (!is_stored_) give_up_storing(refusal_);
    else if (response.status == 206) zone_.note_slice();
    first.clear();
    decide(response.status);
    if (is_whole) keep_slice();
    if (is_whole) return Step::over;
    if (taken) return Step::rest;
    end(false);
    return Step::over;
}

// The older one stays in its place until the newer one is whole: what breaks off, or comes slowly, is no reason to lose what may still be
// sent. Whoever may not have the older one joins the fetch.
cache::Refusal Intake::come_in(const Ref<cache::Entry>& entry) {
    if (entry->body()->size() > zone_.object_max()) return cache::Refusal::too_large;  // the answer did not say how long it is
    replaces_at_end_ = known_ && entry->state() != cache::Entry::State::whole;
    if (!replaces_at_end_) return zone_.store(*growth_.fill(), key_, entry);
    if (!zone_.make_room()) return cache::Refusal::crowded;
    return growth_.fill()->is_void() ? cache::Refusal::purged : cache::Refusal::none;
}

void Intake::take_place() {
    if (!is_stored_) return;
    if (growth_.entry()->state() != cache::Entry::State::whole) return zone_.close(*growth_.fill());
    const auto why = zone_.store(*growth_.fill(), key_, growth_.entry());
    if (why != cache::Refusal::none) give_up_storing(why);
}

io::Task<> Intake::take_rest(Forward& forward) {
    const auto outcome = co_await pump({.from = forward.body(), .to = growth_, .deadline = exchange_.origin_deadline()});
    end(outcome.has_value());
}

void Intake::end(bool is_whole) {
    growth_.end(is_whole);
    if (is_stored_ && !is_whole) note_refusal(cache::Refusal::cut_off);
    if (replaces_at_end_) take_place();
    else zone_.end(*growth_.entry(), key_, growth_.fill()->hash());
    if (is_whole) keep_slice();
    growth_.say();
}

Ref<cache::Segments> Intake::make_body(bool is_stored, std::span<const Piece> first) {
    const auto& response = exchange_.response_;
    std::uint64_t expected = 0;
    for (const auto& piece : first) expected += piece.size();
    const bool has_body = http::has_body(http::Method::get, response.status);
    const bool is_length = !has_body || response.framing == http::Framing::length;
    // What flows through gets small blocks, which go one by one.
    const bool has_known_size = is_length && (is_stored || !has_body);
    if (has_known_size) expected = has_body ? response.content_length : 0;
    auto body = cache::Segments::make(is_stored ? zone_.account() : growth_.window(), expected, has_known_size);
    for (const auto& piece : first) body->append(piece.octets);
    return body;
}

void Intake::decide(std::uint16_t status) {
    const bool is_shared_failure = !is_stored_ && cache::is_origin_failure(status) &&
                                   cache::concerns_all(exchange_.request_, exchange_.response_, directives_, policy());
    growth_.fill()->set_refusal(refusal_);
    growth_.fill()->decide(is_stored_ ? Outcome::stored : Outcome::passed, growth_.entry(), status, is_shared_failure);
    growth_.say();
    readers_moved();
}

// The answer goes to those who have begun with it, nobody else waits for it; nor for others like it, when none of them can be stored. What
// was purged while it came, or found no room, may be stored the next time. What is stored stays for those of whom the answer says nothing:
// else anybody could take a page out of the cache by asking for it with a header that the origin refuses, or with credentials.
void Intake::give_up_storing(cache::Refusal why) {
    is_stored_ = false;
    note_refusal(why);
    auto& fill = *growth_.fill();
    const auto status = exchange_.response_.status;
    const bool is_refusal = cache::is_refusal_of_one(status);
    if (cache::is_origin_failure(status)) return zone_.close(fill);
    if (cache::is_lasting(why) && !is_refusal) pass_by();
    else zone_.close(fill);
    const bool is_for_one = selecting().has_any(kOfOne);
    if (known_ && !is_refusal && !is_for_one) zone_.remove(*known_, fill.hash());  // the origin has said something else since
}

void Intake::note_refusal(cache::Refusal why) { zone_.refusals().note(growth_.fill()->hash(), why, exchange_.now()); }

void Intake::pass_by() {
    const auto& fill = *growth_.fill();
    zone_.pass(fill, pass_mark(fill.hash(), selecting()), exchange_.now());
}

void Intake::keep_no_more() {
    zone_.remove(*growth_.entry(), growth_.fill()->hash());
    give_up_storing(growth_.entry()->body()->size() > zone_.object_max() ? cache::Refusal::too_large : cache::Refusal::crowded);
}

// A fetch that nobody waits for goes on when its answer will be stored.
void Intake::readers_moved() {
    const auto& fill = *growth_.fill();
    if (has_leader_ || fill.readers() != 0) return;
    const bool is_of_use = fill.outcome() == Outcome::waiting ? is_background_ : is_stored_;
    if (!is_of_use) exchange_.origin_stop_->request(ErrorCode::cancelled);
}

}  // namespace weir::proxy
