// Caches in front of the origin, and the name by which a loop of them is known.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>

#include "config/builder.h"
#include "config/phrase.h"
#include "upstream/balance_hash.h"

namespace weir::config {

namespace {

using upstream::BalanceOptions;

constexpr std::string_view kByKey = "$cache_key";

// Chosen by what is asked for: whoever asks for the same thing asks the same one, and it lies in one of them only.
void choose_by_key(Builder& builder, const Word& word, std::uint32_t group) {
    auto& balance = builder.snapshot.group_options[group].balance;
    if (balance.kind == BalanceOptions::Kind::hash) return;
    const auto is_it = [&](const ResolvedUpstream& one) { return one.upstream->text("NAME") == word.text; };
    const auto& upstreams = builder.resolved.upstreams;
    const auto written = std::ranges::find_if(upstreams, is_it);
    const bool says_balance =
        written != upstreams.end() && std::ranges::any_of(written->items, [](const Item* item) { return item->name() == "balance"; });
    if (says_balance)
        builder.diagnostics.error(word.spot, concat({"the servers of ", in_quotes(word.text), " are not chosen by a key"}),
                                  "expected 'balance hash …' in it, or no 'balance': then it is the cache's key");
    balance.kind = BalanceOptions::Kind::hash;
    balance.key = kByKey;
}

std::string first_line_of(const char* file) {
    std::string line;
    std::ifstream in(file);
    std::getline(in, line);
    return line;
}

// The same after a restart, another one for each host and each process on it; and it tells nobody the name of the host.
std::string own_id(const Builder& builder) {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    std::string text = host.data();
    text += '\n' + first_line_of("/etc/machine-id");
    for (const auto& listener : builder.snapshot.listeners) text += '\n' + listener.at.text();
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), upstream::hash_key(text), 16).ptr;
    return "weir-" + std::string(digits.data(), end);
}

}  // namespace

void build_tiers(Builder& builder) {
    auto& snapshot = builder.snapshot;
    for (const auto& item : builder.resolved.items) {
        if (item.name() != "purges") continue;
        for (const auto* word : item.all("CIDR")) snapshot.purgers.push_back(checked(read_network(word->text)));
        if (item.says("from")) continue;
        const auto group = named_group(builder, *item.find("UPSTREAM"));
        if (group != proxy::kNoIndex && !has(snapshot.purged_edges, group)) snapshot.purged_edges.push_back(group);
    }
}

void read_parent(Builder& builder, const Item& item, proxy::CachePlan& into) {
    into.parent = {};
    if (item.says("off")) return;
    const auto& word = *item.find("UPSTREAM");
    const auto group = named_group(builder, word);
    if (group == proxy::kNoIndex) return;
    into.parent.group = group;
    into.parent.may_be_passed = !item.has_option("or") || item.option_text("or") == "origin";
    choose_by_key(builder, word, group);
}

void read_cdn_loop(Builder& builder, const Item& item, RouteDraft& into) {
    into.says_loop = true;
    into.plan.loop.reset();
    if (item.says("off")) return;
    auto& guard = into.plan.loop.emplace();
    guard.rounds = number_of<std::uint32_t>(item.option_text("rounds"));
    if (item.says("on")) return;
    const auto* word = item.find("TEXT");
    guard.id = word->text;
    guard.is_named = true;
    if (!http::is_cdn_id(guard.id))
        builder.diagnostics.error(word->spot, concat({in_quotes(guard.id), " can't be a name in CDN-Loop"}),
                                  "expected a host, with a port if need be, or one word");
}

void finish_tiers(Builder& builder, const InEffect& items, RouteDraft& into) {
    auto& plan = into.plan;
    if (!plan.cache || !plan.cache->parent.is_there()) return;
    if (!into.says_loop) plan.loop.emplace();
    if (plan.cache->parent.group != into.proxy.group) return;
    for (const auto* item : items)
        if (item->name() == "cache")
            builder.diagnostics.error(item->spot(), "the parent of this cache is the origin itself", "expected another upstream");
}

void name_loop_guards(Builder& builder) {
    const auto id = own_id(builder);
    const auto name = [&](proxy::RoutePlan& route) {
        if (route.loop && route.loop->id.empty()) route.loop->id = id;
    };
    name(builder.snapshot.fallback);
    for (auto& site : builder.snapshot.sites) {
        std::ranges::for_each(site.routes, name);
        name(site.fallback);
    }
}

}  // namespace weir::config
