// PURGE where there are several tiers of caches: the control thread carries it out over all of them.
#include <algorithm>

#include "filter/respond.h"
#include "proxy/exchange.h"
#include "proxy/lane.h"

namespace weir::proxy {

// Of another Weir, which says what it wants purged.
bool Exchange::is_tier_purge() const {
    const auto& target = request_.target;
    return target.starts_with(kPurgePath) && (target.size() == kPurgePath.size() || target[kPurgePath.size()] == '?');
}

// It is for no origin, whoever sends it.
io::Task<> Exchange::purge_tiers() {
    // Whoever may empty a cache may bring down what is behind it. Whoever is connected counts, not whom he tells of.
    const auto peer = facts_.connection_peer.unmapped();
    const bool may = net::is_in(peer, snapshot_.purgers);
    auto order = read_purge(request_.target.substr(std::min(request_.target.size(), kPurgePath.size() + 1)), arena_);
    if (may && order) co_await purge_everywhere(std::move(*order));
    else co_await send(filter::error_reply(may ? 400 : 403, decision_.route->error_pages, facts_, arena_));
}

io::Task<> Exchange::purge_everywhere(PurgeOrder order) {
    const auto answer = make_ref<PurgeAnswer>(lane_.worker());
    filter::MadeReply made{.status = 503};
    if (lane_.purge(order, answer)) {
        const auto came = co_await answer->told().wait({now() + 2 * kTierTime, &gone_});
        made.status = came ? answer->status() : 504;
        made.content_type = order.from == PurgeOrder::From::here ? "text/plain" : kPurgeType;
        made.body = arena_.copy(answer->text());
    }
    co_await send(made);
}

}  // namespace weir::proxy
