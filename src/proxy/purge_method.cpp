// PURGE: the method by which many applications tell their cache that a page has changed. Only for the addresses that the route names.
#include <string>

#include "cache/disk/store.h"
#include "proxy/cache_key.h"
#include "proxy/cached_walk.h"

namespace weir::proxy {

// Its 200 says that nothing brings it back, a crash neither.
io::Task<> CachedWalk::purge() {
    auto& arena = exchange_.arena_;
    const auto& facts = exchange_.facts_;
    // Whoever may empty a cache may bring down what is behind it.
    if (!net::is_in(facts.client, plan_.purgers)) {
        co_await exchange_.send(filter::error_reply(403, exchange_.decision_.route->error_pages, facts, arena));
        co_return;
    }
    if (plan_.parent.is_there() || !exchange_.snapshot_.purged_edges.empty()) {
        const auto& request = exchange_.request_;
        const auto authority = facts.host == request.host ? request.authority : facts.host;
        const auto url = arena.concat({http::name_of(facts.scheme), "://", authority, request.target});
        co_await exchange_.purge_everywhere({.what = PurgeOrder::What::url, .text = std::string(url)});
        co_return;
    }
    const auto key = cache::uri_key(plan_.key, key_input(exchange_.request_, facts), arena);
    const auto count = key ? zone_.purge_url(*key, false) : 0;
    bool is_noted = true;
    if (zone_.disk() != nullptr) is_noted = co_await zone_.disk()->settled(exchange_.now() + cache::DiskStore::kSettleTimeMax);
    filter::MadeReply made;
    made.status = is_noted ? 200 : 500;
    made.content_type = "text/plain";
    made.body = arena.concat({arena.copy(std::to_string(count)), count == 1 ? " stored answer purged\n" : " stored answers purged\n",
                              is_noted ? "" : "but the disk did not take a note of it: a crash would undo it there\n"});
    co_await exchange_.send(made);
}

}  // namespace weir::proxy
