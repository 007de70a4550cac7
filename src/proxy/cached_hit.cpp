// The part of the cached walk that waits for nothing: most requests of a route with a cache end here, without a coroutine of their own.
#include "cache/storing.h"
#include "proxy/cached_walk.h"
#include "proxy/request_marks.h"
#include "proxy/stored_reply.h"

namespace weir::proxy {

// False: the cache has no part in it.
bool CachedWalk::begin() {
    auto& facts = exchange_.facts_;
    facts.phase = http::Phase::lookup;
    // Before anything that lets a request pass by: a PURGE that the origin answers purges nothing here.
    is_purge_ = exchange_.request_.method == http::Method::purge && !plan_.purgers.empty();
    if (is_purge_) return false;
    const auto refused = refuses();
    if (refused == cache::Refusal::none) {
        is_refreshing_ = !plan_.refresh.is_empty() && has_any_of(plan_.refresh, exchange_.request_, facts);
        return true;
    }
    is_bypassed_ = true;
    facts.cache = http::CacheUse::bypass;
    status().forwarded = cache::forwarded_because(refused);
    pass_by(refused);
    return false;
}

cache::Refusal CachedWalk::refuses() {
    const auto refused = cache::refuses_request(exchange_.request_);
    if (refused != cache::Refusal::none) return refused;
    if (!plan_.bypass.is_empty() && has_any_of(plan_.bypass, exchange_.request_, exchange_.facts_)) return cache::Refusal::bypass;
    return make_key() ? cache::Refusal::none : cache::Refusal::key;
}

bool CachedWalk::answer_at_once() {
    if (!begin()) return false;
    first_.emplace(find());
    if (!first_->entry || first_->entry->state() != cache::Entry::State::whole || first_->entry->slicing().any()) return false;
    if (wants_several(exchange_.request_)) return false;
    const auto use = use_of(*first_);
    if (use.verdict != cache::Verdict::fresh) return false;
    if (!exchange_.decision_.route->compress) first_->entry->write_head(exchange_.response_);
    else if (!StoredForm::write_head_at_once(exchange_, asked_.accepted(), first_->entry)) return false;
    note_hit(use, http::CacheUse::hit);
    send_whole(std::move(first_->entry));
    return is_over(hit_stage_);
}

// Its head is in the response already.
void CachedWalk::send_whole(Ref<cache::Entry> stored) {
    exchange_.stored_ = std::move(stored);
    const auto& entry = *exchange_.stored_;
    const auto part = choose_part(exchange_.response_, entry, exchange_.request_, plan_.policy, exchange_.lane_.worker().random()).part;
    hit_.emplace(entry, part, nullptr, exchange_.deadline());
    hit_stage_ = begin_reply(*hit_, entry);
}

}  // namespace weir::proxy
