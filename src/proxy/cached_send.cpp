// The part of the cached walk that sends what is stored, or is being stored: whole, a part of it, several, or slice by slice.
#include "proxy/cached_walk.h"
#include "proxy/pump.h"
#include "proxy/sliced_body.h"
#include "proxy/stored_reply.h"

namespace weir::proxy {

using Id = http::FieldId;
using http::CacheUse;

io::Task<CachedWalk::Next> CachedWalk::send(Ref<cache::Entry> stored, cache::Follower* follower) {
    if (stored->slicing().any()) {
        exchange_.stored_ = std::move(stored);
        const auto next = co_await send_slices(*exchange_.stored_);
        co_return next;
    }
    StoredForm form(exchange_, zone_);
    if (exchange_.decision_.route->compress) form.choose(asked_.accepted(), stored, follower);
    exchange_.stored_ = std::move(stored);
    const auto& entry = *exchange_.stored_;
    entry.write_head(exchange_.response_);
    form.edit_head(exchange_.response_);
    const auto chosen = choose_part(exchange_.response_, entry, exchange_.request_, plan_.policy, exchange_.lane_.worker().random());
    if (chosen.several != nullptr) {
        co_await send_several(entry, *chosen.several);
        co_return Next::done;
    }
    StoredBody octets(entry, chosen.part, follower, exchange_.deadline());
    auto& body = form.body_of(octets);
    const auto stage = begin_reply(body, entry);
    if (!is_over(stage)) co_await go_on(body, stage);
    co_return Next::done;
}

io::Task<> CachedWalk::send_several(const cache::Entry& entry, const SeveralParts& parts) {
    MultipartBody body(entry, parts);
    const auto stage = begin_reply(body, entry);
    if (!is_over(stage)) co_await go_on(body, stage);
}

// The head goes out when there is something behind it: until then another answer may be sent, or the thing asked for anew.
io::Task<CachedWalk::Next> CachedWalk::send_slices(const cache::Entry& manifest) {
    manifest.write_head(exchange_.response_);
    const auto part = choose_part(exchange_.response_, manifest, exchange_.request_, plan_.policy, exchange_.lane_.worker().random()).part;
    auto order = order_for({});
    order.manifest = exchange_.stored_;
    order.manifest_hash = lookup_.hash;
    SlicedBody body(exchange_, std::move(order), part, exchange_.deadline());
    const auto begun = co_await body.begin();
    auto& facts = exchange_.facts_;
    if (!begun && (body.has_changed() || body.was_refused())) {
        status() = {};
        status().forwarded = cache::Forwarded::partial;
        facts.cache = CacheUse::none;
        co_return body.has_changed() ? Next::again : pass_by(cache::Refusal::slice_refused);
    }
    if (body.is_from_disk() && status().is_hit && status().detail.empty()) status().detail = "disk";
    if (body.was_fetched() && status().is_hit) {
        status() = {.forwarded = cache::Forwarded::partial};
        facts.cache = CacheUse::miss;
    }
    const auto stage = begun ? begin_reply(body, manifest) : std::unexpected(begun.error());
    if (!is_over(stage)) co_await go_on(body, stage);
    co_return Next::done;
}

// The head, and what is here of the body: mostly that is all.
CachedWalk::Stage CachedWalk::begin_reply(http::Body& body, const cache::Entry& entry) {
    auto& response = exchange_.response_;
    auto& inbound = exchange_.inbound_;
    Handful first;
    const auto taken = take_ready(body, first);
    if (!taken && first.empty()) return std::unexpected(taken.error());
    if (response.status == 304) exchange_.facts_.encoding = http::Coding::identity;
    // What is not stored has the Age that it came with.
    const auto age = cache::age_seconds(cache::age_of(entry.terms(), now_));
    if (exchange_.facts_.cache != CacheUse::miss || (age != 0 && status().is_stored)) say_age(response, age);
    exchange_.facts_.phase = http::Phase::response;
    exchange_.edit_response();
    const auto& via = exchange_.decision_.route->proxy->via;
    if (!via.empty()) response.fields.add(Id::via, exchange_.arena_.concat({"1.1 ", via}));
    if (exchange_.lane_.is_draining()) inbound.close_after();
    const bool is_whole = body.is_done();
    const auto put = inbound.put_head(response, first.all(), is_whole);
    exchange_.facts_.phase = http::Phase::body;
    if (put && !is_whole) return Exchange::RelayStage::body;
    if (put && !inbound.is_flushed()) return Exchange::RelayStage::flush;
    exchange_.end_relay(body, put);
    return Exchange::RelayStage::over;
}

io::Task<> CachedWalk::go_on(http::Body& body, Stage stage) {
    if (!stage) {
        co_await exchange_.send_error(stage.error());
        co_return;
    }
    auto& inbound = exchange_.inbound_;
    Result<> outcome;
    if (!inbound.is_flushed()) outcome = co_await inbound.flush(exchange_.deadline());
    if (outcome && *stage == Exchange::RelayStage::body)
        outcome = co_await pump({.from = body, .to = inbound, .deadline = exchange_.deadline()});
    exchange_.end_relay(body, outcome);
}

}  // namespace weir::proxy
