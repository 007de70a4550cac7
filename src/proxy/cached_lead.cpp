// The part of the cached walk in which a request leads the fetch itself: most misses go this way, and most answers are here at once.
#include "proxy/cache_key.h"
#include "proxy/cached_walk.h"
#include "proxy/lead.h"

namespace weir::proxy {

using Outcome = cache::Fill::Outcome;

// Nothing is stored, nobody fetches it yet, and it is asked for as it would be in the name of all. What the client says that concerns only
// him, or that his exchange alone heeds, is asked for apart.
Ref<cache::Fill> CachedWalk::begin_lead() {
    const auto& request = exchange_.request_;
    const bool is_plain = request.method == http::Method::get && is_asked_by_key(key_, exchange_.facts_.target) &&
                          Intake::is_clean(request, plan_.key) && !exchange_.facts_.is_early && exchange_.grpc_at_ == kNever;
    const bool is_for_all = plan_.slice == 0 && plan_.min_uses <= 1 && !passes();
    if (!is_plain || !is_for_all || first_->entry || waits_for_disk_) return {};
    if (has_directives_ && use_of(*first_).verdict == cache::Verdict::unavailable) return {};
    auto joined = zone_.join(lookup_, variation(*first_), !first_->is_fetched);
    return joined.is_new ? std::move(joined.fill) : Ref<cache::Fill>{};
}

io::Task<> CachedWalk::lead(Ref<cache::Fill> fill) {
    const auto found = *std::exchange(first_, std::nullopt);
    status().forwarded = found.has_others ? cache::Forwarded::vary_miss : cache::Forwarded::uri_miss;
    is_refreshing_ = false;
    auto order = order_for({});
    order.fill = std::move(fill);
    auto next = Next::done;
    {
        Lead lead(exchange_, std::move(order));
        hint();
        const auto answered = co_await lead.ask();
        const auto step = lead.take(answered);
        if (!answers_at_once(*lead.fill())) {
            next = co_await follow_own(lead.fill(), found, step == Intake::Step::rest ? &lead : nullptr);
        } else if (!is_over(hit_stage_)) {
            co_await go_on(*hit_, hit_stage_);
        }
        lead.leave();
        if (!lead.is_over()) co_await lead.end();
    }
    if (next != Next::done) co_await go_rounds(next);
}

// As any other who waited for it. `resting`: the rest of it is still to come.
io::Task<CachedWalk::Next> CachedWalk::follow_own(Ref<cache::Fill> fill, const cache::Found& found, Lead* resting) {
    auto& inbound = exchange_.inbound_;
    cache::Follower follower(std::move(fill));
    if (resting != nullptr) resting->begin_rest();
    if (!inbound.is_flushed()) co_await inbound.flush(exchange_.deadline());  // an interim answer
    if (exchange_.gone_.is_requested()) {
        co_await exchange_.send_error(exchange_.gone_error());
        co_return Next::done;
    }
    const auto next = co_await heed(follower, found, true);
    co_return next;
}

// All of it is here, and nothing is to be made of it.
bool CachedWalk::answers_at_once(const cache::Fill& fill) {
    const bool is_there = fill.outcome() == Outcome::stored || fill.outcome() == Outcome::passed;
    if (!is_there || fill.entry()->state() != cache::Entry::State::whole || exchange_.decision_.route->compress) return false;
    if (!exchange_.inbound_.is_flushed() || exchange_.gone_.is_requested()) return false;
    exchange_.facts_.cache = http::CacheUse::miss;
    status().forwarded_status = fill.status();
    note_storing(fill);
    fill.entry()->write_head(exchange_.response_);
    send_whole(fill.entry());
    return true;
}

}  // namespace weir::proxy
