#include "proxy/cached_walk.h"

#include <algorithm>

#include "cache/hash.h"
#include "cache/invalidation.h"
#include "cache/vary.h"
#include "proxy/cache_key.h"
#include "proxy/disk_fetch.h"
#include "proxy/early_hints.h"
#include "proxy/entry_tags.h"
#include "proxy/fetch.h"
#include "proxy/stored_reply.h"

namespace weir::proxy {
namespace {

using Id = http::FieldId;
using Outcome = cache::Fill::Outcome;
using http::CacheUse;

}  // namespace

// An answer that passes by the cache.
void Exchange::heed_answer() {
    cache_status_->forwarded_status = response_.status;
    const auto& plan = *decision_.route->cache;
    if (request_.method == http::Method::head && stored_) heed_head();
    if (!is_safe(request_.method)) invalidate_by(request_, response_, facts_, plan, *snapshot_.zones[plan.zone]);
}

CachedWalk::CachedWalk(Exchange& exchange)
    : exchange_(exchange),
      plan_(*exchange.decision_.route->cache),
      zone_(*exchange.snapshot_.zones[plan_.zone]),
      has_directives_(plan_.policy.heeds_requests && cache::has_request_directives(exchange.request_.fields)),
      now_(exchange.lane_.worker().wall_now()),
      asked_(exchange.request_, exchange.decision_.route->compress ? &*exchange.decision_.route->compress : nullptr) {
    exchange_.cache_status_ = exchange_.arena_.make<cache::CacheStatus>();
    // RFC 9211 2: among several caches a name tells which.
    const auto& loop = exchange.decision_.route->loop;
    if (loop && loop->is_named) status().cache = loop->id;
    if (has_directives_) directives_ = cache::read_request_directives(exchange_.request_.fields);
}

CachedWalk::~CachedWalk() {
    if (fetch_ != nullptr) fetch_->forget_asker();
}

// Most of what is not answered at once is led: with no coroutine between the exchange's and that.
io::Task<> CachedWalk::run() {
    const bool asks = !hit_ && !is_purge_ && !is_bypassed_;
    auto led = asks ? begin_lead() : Ref<cache::Fill>{};
    return led ? lead(std::move(led)) : go();
}

io::Task<> CachedWalk::go() {
    if (hit_) {
        co_await go_on(*hit_, hit_stage_);
        co_return;
    }
    if (is_purge_) {
        co_await purge();
        co_return;
    }
    if (is_bypassed_) {
        asked_.give_back();
        co_await exchange_.forward();
        co_return;
    }
    co_await go_rounds(Next::again);
}

io::Task<> CachedWalk::go_rounds(Next next) {
    for (unsigned rounds = 0; next == Next::again && rounds < kRoundsMax; ++rounds) next = co_await round();
    if (next == Next::done) co_return;
    if (next == Next::again) pass_by(cache::Refusal::beside);
    auto& facts = exchange_.facts_;
    if (facts.cache == CacheUse::none) facts.cache = CacheUse::miss;
    hint();
    if (!exchange_.inbound_.is_flushed()) co_await exchange_.inbound_.flush(exchange_.deadline());
    asked_.give_back();
    co_await exchange_.forward();
}

bool CachedWalk::make_key() {
    selecting_ = &selecting_fields(*exchange_.decision_.route, exchange_.facts_);
    auto input = key_input(exchange_.request_, exchange_.facts_);
    input.fields = selecting_;
    const auto key = cache::make_key(plan_.key, input, exchange_.arena_);
    if (!key) return false;
    key_ = *key;
    exchange_.facts_.cache_key = key_.text;
    lookup_ = {.key = key_.text, .hash = zone_.hash_of(key_), .fields = selecting_, .arena = &exchange_.arena_};
    return true;
}

// In memory; else on the disk, once, at least as far as that needs no waiting.
cache::Found CachedWalk::find() {
    using Loaded = cache::Zone::Loaded;
    auto found = zone_.find(lookup_);
    waits_for_disk_ = false;
    if (found.entry || zone_.disk() == nullptr || std::exchange(has_asked_disk_, true)) return found;
    const auto loaded = zone_.load(lookup_, exchange_.now());
    waits_for_disk_ = loaded == Loaded::waits;
    is_from_disk_ = loaded != Loaded::absent;
    return loaded == Loaded::here ? zone_.find(lookup_) : std::move(found);
}

cache::Use CachedWalk::use_of(const cache::Found& found) const {
    if (!found.entry) return cache::use_nothing(directives_, plan_.policy);
    if (is_refreshing_) return {.verdict = cache::Verdict::revalidate, .why = cache::Why::request_no_cache};
    const auto terms = found.entry->terms_now();
    const auto& policy = plan_.policy;
    const auto use = has_directives_ ? cache::use(terms, directives_, now_, policy) : cache::use(terms, now_, policy);
    if (use.verdict == cache::Verdict::fresh || plan_.tag_graces.empty()) [[likely]]
        return use;
    return cache::use(terms, directives_, now_, policy_for(plan_, found.entry->fields()));
}

void CachedWalk::note_hit(const cache::Use& use, CacheUse how) {
    exchange_.facts_.cache = how;
    status().is_hit = true;
    status().ttl_seconds = std::chrono::floor<std::chrono::seconds>(use.ttl).count();
    if (how == CacheUse::stale) status().detail = cache::word_of(use.why);
    else if (is_from_disk_) status().detail = "disk";
}

io::Task<CachedWalk::Next> CachedWalk::round() {
    const auto found = first_ ? *std::exchange(first_, std::nullopt) : find();
    if (waits_for_disk_) {
        const auto waited = co_await wait_for_disk(exchange_.lane_, zone_, lookup_, variation(found));
        if (waited) co_return Next::again;
    }
    const auto use = use_of(found);
    std::optional<cache::Follower> follower;
    if (found.fill) follower.emplace(found.fill);
    // Too large to be kept after all: it is just being taken out.
    if (follower && !found.entry->body()->first()) co_return Next::again;
    if (use.is_sendable()) {
        note_hit(use, use.verdict == cache::Verdict::fresh ? CacheUse::hit : CacheUse::stale);
        if (use.verdict == cache::Verdict::stale_while_revalidate) revalidate_behind(found);
        const auto next = co_await send(found.entry, follower ? &*follower : nullptr);
        co_return next;
    }
    follower.reset();
    if (use.verdict == cache::Verdict::unavailable) {  // RFC 9111 5.2.1.7
        status().detail = "only-if-cached";
        co_await exchange_.send(filter::error_reply(504, exchange_.decision_.route->error_pages, exchange_.facts_, exchange_.arena_));
        co_return Next::done;
    }
    if (found.entry) status().forwarded = cache::forwarded_because(use.why);
    else status().forwarded = found.has_others ? cache::Forwarded::vary_miss : cache::Forwarded::uri_miss;
    // What is not stored is not fetched for others; nor is a HEAD, whose answer has nothing to store.
    const bool is_head = exchange_.request_.method == http::Method::head;
    if (is_head) exchange_.stored_ = found.entry;
    if (is_head) co_return pass_by(cache::Refusal::head);
    if (passes()) co_return pass_by(cache::Refusal::hit_for_miss);
    if (plan_.min_uses > 1 && !found.entry && zone_.note_use(lookup_.hash, exchange_.now()) < plan_.min_uses)
        co_return pass_by(cache::Refusal::min_uses);
    if (plan_.slice == 0 && wants_middle(exchange_.request_)) {
        status().forwarded = cache::Forwarded::partial;
        co_return pass_by(cache::Refusal::range);
    }
    const auto next = co_await wait_for(found);
    co_return next;
}

bool CachedWalk::passes() const { return zone_.passes(pass_mark(lookup_.hash, *selecting_), exchange_.now()); }

Fetch::Order CachedWalk::order_for(const Ref<cache::Entry>& known) const {
    const auto& target = exchange_.facts_.target;
    Fetch::Order order{.zone = &zone_, .fill = {}, .key = key_.text, .target = exchange_.request_.target, .known = {}};
    if (!is_asked_by_key(key_, target))
        order.target = key_.has_query ? exchange_.arena_.concat({target.path, "?", key_.query}) : target.path;
    if (known && known->state() == cache::Entry::State::whole) order.known = known;
    return order;
}

void CachedWalk::start_fetch(const Ref<cache::Fill>& fill, const cache::Found& found, bool is_background) {
    auto order = order_for(std::exchange(is_refreshing_, false) ? Ref<cache::Entry>{} : found.entry);
    order.fill = fill;
    order.is_background = is_background;
    order.slice_octets = static_cast<std::uint32_t>(std::min<std::uint64_t>(plan_.slice, zone_.slice_max()));
    if (order.slice_octets != 0) order.slice = cache::first_slice(exchange_.request_.fields.value(Id::range), order.slice_octets);
    auto fetch = std::make_unique<Fetch>(exchange_, order);
    if (!is_background) fetch->tell_to(fetch_);
    Fetch::start(std::move(fetch));
}

// RFC 5861 3: the reply does not wait for it.
void CachedWalk::revalidate_behind(const cache::Found& found) {
    if (passes()) return;
    const auto joined = zone_.join(lookup_, variation(found));
    if (joined.is_new) start_fetch(joined.fill, found, true);
}

io::Task<CachedWalk::Next> CachedWalk::wait_for(const cache::Found& found) {
    const auto failed = std::move(failed_);
    const auto joined = failed ? zone_.join_next(lookup_, *failed) : zone_.join(lookup_, variation(found));
    auto& fill = *joined.fill;
    cache::Follower follower(joined.fill);
    if (joined.is_decided && !may_join_late(fill, static_cast<bool>(failed))) co_return pass_by(cache::Refusal::beside);
    if (joined.is_new) start_fetch(joined.fill, found, false);
    status().is_collapsed = !joined.is_new;
    if (fill.outcome() == Outcome::waiting) hint();
    exchange_.inbound_.watch_client(&exchange_.gone_, exchange_.listener_.limits.half_close_grace);
    while (fill.outcome() == Outcome::waiting) {
        follower.want_news();
        if (fill.outcome() != Outcome::waiting) break;
        const auto came = co_await follower.wait(exchange_.deadline());
        if (came) continue;
        co_await exchange_.send_error({.code = came.error().code, .side = Side::upstream, .detail = "the origin did not answer in time"});
        co_return Next::done;
    }
    auto& inbound = exchange_.inbound_;
    if (!inbound.is_flushed()) co_await inbound.flush(exchange_.deadline());  // an interim answer
    const auto next = co_await heed(follower, found, joined.is_new);
    co_return next;
}

// The fetch has its answer since before this request came, unless that has waited for an earlier try: then it must be good for it as if it
// were stored. A try that failed meanwhile has none.
bool CachedWalk::may_join_late(const cache::Fill& fill, bool has_waited) const {
    const auto& coming = fill.entry();
    if (!coming) return true;
    return coming->body()->first() && (has_waited || use_of({.entry = coming}).is_sendable());
}

// Once: what an earlier answer said that this page needs (RFC 8297).
void CachedWalk::hint() {
    if (!std::exchange(has_hinted_, true)) say_hints(zone_, *exchange_.decision_.route, key_.text, exchange_.request_, exchange_.inbound_);
}

// May what is stored stand in for an origin that failed (RFC 5861 4)?
bool CachedWalk::stands_in(const cache::Found& found) {
    if (!found.entry) return false;
    const auto terms = found.entry->terms_now();
    const auto why = cache::stands_in(terms, directives_, now_, policy_for(plan_, found.entry->fields()));
    if (!why) return false;
    note_hit({.verdict = cache::Verdict::stale, .why = *why, .age = {}, .ttl = cache::expiry_of(terms, plan_.policy) - now_},
             CacheUse::stale);
    return true;
}

// It may be its leader whom the origin could not answer, or would not: then those who waited are neither told so nor let loose upon the
// origin. Who has waited for a silent origin as long as one may has waited enough.
bool CachedWalk::deserves_next_try(const cache::Fill& fill) {
    if (fill.is_last_try()) return false;
    if (fill.outcome() == Outcome::failed) return fill.error().code != ErrorCode::timeout;
    return fill.outcome() == Outcome::passed && cache::is_refusal_of_one(fill.status());
}

io::Task<CachedWalk::Next> CachedWalk::heed(cache::Follower& follower, const cache::Found& found, bool is_own) {
    const auto& fill = follower.fill();
    const auto outcome = fill.outcome();
    const bool has_failed = outcome == Outcome::failed || cache::is_origin_failure(fill.status());
    if (outcome == Outcome::loaded) co_return Next::again;
    status().forwarded_status = fill.status();
    // It ended because nobody waited for it, just when this one came.
    if (outcome == Outcome::failed && fill.error().code == ErrorCode::cancelled && !is_own) co_return Next::again;
    if (has_failed && stands_in(found)) {
        const auto next = co_await send(found.entry, nullptr);
        co_return next;
    }
    if (!is_own && deserves_next_try(fill)) {
        failed_ = Ref<cache::Fill>(&follower.fill());
        co_return Next::again;
    }
    if (outcome == Outcome::failed) {
        co_await exchange_.send_error(fill.error());
        co_return Next::done;
    }
    // A failing origin is not asked again by everybody who has waited.
    const bool is_for_me = outcome == Outcome::stored ? fits(*fill.entry()) : is_own || (fill.concerns_all() && fits(*fill.entry()));
    if (outcome == Outcome::released || (outcome == Outcome::passed && !is_for_me && !has_failed)) co_return pass_by(fill.refusal());
    if (!is_for_me) co_return Next::again;
    const bool is_renewed = fill.status() == 304;
    exchange_.facts_.cache = is_renewed ? CacheUse::revalidated : is_own ? CacheUse::miss : CacheUse::collapsed;
    note_storing(fill);
    const auto next = co_await send(fill.entry(), &follower);
    co_return next;
}

void CachedWalk::note_storing(const cache::Fill& fill) {
    status().is_stored = fill.outcome() == Outcome::stored;
    if (!status().is_stored) status().detail = cache::word_of(fill.refusal());
}

CachedWalk::Next CachedWalk::pass_by(cache::Refusal why) {
    zone_.refusals().count(why);
    const auto word = cache::word_of(why);
    if (word != cache::word_of(status().forwarded)) status().detail = word;
    return Next::forward;
}

bool CachedWalk::fits(const cache::Entry& entry) const {
    if (entry.vary_names().empty()) return true;
    const auto wanted = cache::variant_key(entry.vary_names(), *selecting_, exchange_.arena_);
    return wanted && *wanted == entry.variant();
}

// Who brings credentials waits for nobody who brings others: what comes is seldom for both (RFC 9111 3.5).
std::uint64_t CachedWalk::variation(const cache::Found& found) const {
    const auto credentials = selecting_->value(Id::authorization);
    return credentials.empty() ? found.variation : cache::hash_of(credentials, found.variation + 1);
}

void invalidate_by(const http::Request& request, const http::Response& response, const http::Facts& facts, const CachePlan& plan,
                   cache::Zone& zone) {
    if (!cache::invalidates(request.method, response.status)) return;
    auto& arena = request.arena();
    auto input = key_input(request, facts);
    const auto void_one = [&] {
        const auto key = cache::uri_key(plan.key, input, arena);
        if (key) zone.invalidate(*key);
    };
    void_one();
    const cache::Origin origin{.scheme = facts.scheme, .host = facts.host, .port = input.port};
    for (const auto target : cache::also_invalid(origin, request, response).all()) {
        const auto parsed = http::parse_target(target, {}, arena);
        if (!parsed) continue;
        input.path = parsed->path;
        input.query = parsed->query;
        input.has_query = parsed->has_query;
        void_one();
    }
    for (const auto group : cache::read_invalid_groups(response.fields, arena))
        zone.invalidate_group(arena.concat({"group:", http::name_of(facts.scheme), "|", request.authority, "|", group}));
}

}  // namespace weir::proxy
