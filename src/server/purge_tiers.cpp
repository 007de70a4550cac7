#include "server/purge_tiers.h"

#include <algorithm>

#include "base/log.h"
#include "io/scope.h"
#include "io/worker.h"
#include "server/peer_request.h"
#include "upstream/group.h"

namespace weir::server {
namespace {

using proxy::PurgeOrder;
using From = PurgeOrder::From;

// Those that routes ask, each once.
std::vector<std::uint32_t> parents_of(const proxy::Snapshot& snapshot) {
    std::vector<std::uint32_t> groups;
    const auto add = [&](const proxy::RoutePlan& route) {
        if (!route.cache || !route.cache->parent.is_there()) return;
        if (std::ranges::find(groups, route.cache->parent.group) == groups.end()) groups.push_back(route.cache->parent.group);
    };
    for (const auto& site : snapshot.sites) {
        std::ranges::for_each(site.routes, add);
        add(site.fallback);
    }
    return groups;
}

// What one cache answered, as lines that begin with its name.
struct Told {
    std::string name, text;
    bool is_done = false;
};

std::string in_front_of_each_line(const std::string& name, std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        out.append(name).append(": ").append(text.substr(0, end)).append("\n");
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::string why_not(const Result<PeerReply>& reply) {
    if (!reply) return std::string(word_of(reply.error().code));
    const auto status = "status " + std::to_string(reply->status);
    if (reply->status == 403) return status + "; its 'purges from' must name the address that we come from";
    return status + (reply->content_type == proxy::kPurgeType ? "" : ", but not by a Weir");
}

io::Task<> ask(Ref<upstream::Group> group, Ref<upstream::Peer> peer, std::string target, io::Deadline deadline, Told* into) {
    const auto reply = co_await ask_peer(*group, *peer, {.method = http::Method::purge, .target = std::move(target)}, deadline);
    const bool is_word_of_weir = reply && reply->content_type == proxy::kPurgeType;
    into->is_done = is_word_of_weir && reply->status == 200;
    if (is_word_of_weir && !reply->body.empty()) into->text = reply->body;
    else into->text = "NOT purged: " + why_not(reply) + "\n";
    if (!into->is_done)
        log::warn("purge_not_passed", "a cache has not carried out a purge", {{"upstream", group->options().name}, {"peer", peer->name}});
}

class Tiers {
public:
    Tiers(const proxy::Snapshot& snapshot, PurgeOrder order, io::Stop& stop) : snapshot_(snapshot), order_(std::move(order)), stop_(stop) {}

    // All members of these groups, at once.
    io::Task<> pass_to(const std::vector<std::uint32_t>& groups, From from) {
        if (order_.tiers <= 1) co_return;
        auto passed = order_;
        passed.from = from;
        --passed.tiers;
        const auto target = std::string(proxy::kPurgePath) + "?" + proxy::write_purge(passed);
        // Less for each tier further on, so that its word of a third that is silent comes in time.
        const auto time = proxy::kTierTime / (1U << (proxy::kTiersMax - order_.tiers));
        std::vector<std::pair<Ref<upstream::Group>, Ref<upstream::Peer>>> members;
        for (const auto index : groups)
            for (const auto& peer : snapshot_.groups[index]->peers()) members.emplace_back(snapshot_.groups[index], peer);
        std::vector<Told> told(members.size());
        io::Scope scope;
        const io::Deadline deadline{io::Worker::current().now() + time, &stop_};
        for (std::size_t i = 0; i < members.size(); ++i) {
            told[i].name = members[i].second->name;
            scope.spawn(ask(members[i].first, members[i].second, target, deadline, &told[i]));
        }
        co_await scope.join();
        for (const auto& one : told) {
            text_ += in_front_of_each_line(one.name, one.text);
            are_done_ &= one.is_done;
        }
        has_passed_ |= !told.empty();
    }
    void add_own(const std::string& text) {
        text_ += has_passed_ || !snapshot_.purged_edges.empty() ? in_front_of_each_line("here", text) : text;
    }
    PurgeReport report() { return {.status = static_cast<std::uint16_t>(are_done_ ? 200 : 502), .text = std::move(text_)}; }

private:
    const proxy::Snapshot& snapshot_;
    PurgeOrder order_;
    io::Stop& stop_;
    std::string text_;
    bool are_done_ = true;
    bool has_passed_ = false;
};

Caches::Purge own_part(const PurgeOrder& order) {
    using What = Caches::Purge::What;
    constexpr What kSame[] = {What::url, What::prefix, What::tag, What::host, What::all};
    return {.what = kSame[static_cast<std::size_t>(order.what)], .text = order.text, .is_soft = order.is_soft};
}

}  // namespace

io::Task<PurgeReport> purge_tiers(Caches& caches, Ref<proxy::Snapshot> snapshot, proxy::PurgeOrder order, io::Stop& stop) {
    Arena arena;
    Tiers tiers(*snapshot, order, stop);
    if (order.from != From::above) co_await tiers.pass_to(parents_of(*snapshot), From::below);
    const auto own = caches.purge(own_part(order), *snapshot, arena);
    if (!own) co_return PurgeReport{.status = 400, .text = own.error()};
    tiers.add_own(*own);
    co_await tiers.pass_to(snapshot->purged_edges, From::above);
    co_return tiers.report();
}

}  // namespace weir::server
