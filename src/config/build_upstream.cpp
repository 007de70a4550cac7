// Upstreams: groups of servers.
#include <algorithm>

#include "config/builder.h"
#include "config/fallback.h"
#include "config/phrase.h"

namespace weir::config {

namespace {

using upstream::BalanceOptions;
using upstream::CheckOptions;
using upstream::GroupOptions;
using upstream::ProxyProtocol;

// In percent, from millionths.
std::uint16_t percent_of(std::string_view text) { return static_cast<std::uint16_t>(checked(read_percent(text)) / 10'000); }

void read_server(Builder& builder, const Item& item, GroupOptions& into) {
    for (const auto* word : item.all("SERVER")) {
        upstream::ServerOptions server;
        server.at = checked(config::read_server(word->text));
        server.weight = number_of<std::uint16_t>(item.option_text("weight"));
        server.is_backup = item.has_option("backup");
        if (const auto* max = item.option("max_connections")) server.connections_max = number_of<std::uint32_t>(max->text);
        const auto is_same = [&](const upstream::ServerOptions& other) { return other.at == server.at; };
        if (std::ranges::any_of(into.servers, is_same))
            builder.diagnostics.error(word->spot, concat({"the server ", in_quotes(word->text), " is given twice"}),
                                      "a server has one place in a group");
        into.servers.push_back(std::move(server));
    }
}

// The template whose value is hashed.
std::string hash_key(const Item& item) {
    if (item.says("client_ip")) return "$client_ip";
    if (item.says("path")) return "$path";
    if (item.says("header")) return concat({"$header{", item.text("FIELD"), "}"});
    if (item.says("cookie")) return concat({"$cookie{", item.text("NAME"), "}"});
    return std::string(item.text("TEMPLATE"));
}

void read_balance(Builder& builder, const Item& item, GroupOptions& into) {
    using Kind = BalanceOptions::Kind;
    into.balance = {};
    if (item.says("least_connections")) into.balance.kind = Kind::least_connections;
    if (item.says("random")) into.balance.kind = Kind::random_two;
    if (item.form == 0) return;
    into.balance.kind = Kind::hash;
    into.balance.key = hash_key(item);
    into.balance.load_bound_percent = percent_of(item.option_text("bound"));
    if (into.balance.load_bound_percent < 100)
        builder.diagnostics.error(item.option("bound")->spot, "this bound is below the average load", "expected at least 100%");
    if (template_of(into.balance.key).is_literal()) {
        constexpr std::string_view kKinds[] = {"client_ip", "path", "header", "cookie"};
        const auto* word = item.find("TEMPLATE");
        builder.diagnostics.error(
            word->spot, concat({"a key without variables in ", in_quotes(concat({"balance hash ", word->text}))}),
            joined("expected client_ip, path, header FIELD, cookie NAME or a text with variables", did_you_mean(word->text, kKinds)));
    }
}

void read_check(Builder&, const Item& item, GroupOptions& into) {
    into.check = {};
    if (item.says("off")) return;
    into.check.kind = item.says("tcp") ? CheckOptions::Kind::tcp : CheckOptions::Kind::http;
    into.check.every = duration_of(item.option_text("every"));
    into.check.timeout = duration_of(item.option_text("timeout"));
    into.check.rise = number_of<std::uint16_t>(item.option_text("rise"));
    into.check.fall = number_of<std::uint16_t>(item.option_text("fall"));
    if (into.check.kind == CheckOptions::Kind::tcp) return;
    if (item.says("HEAD")) into.check.method = "HEAD";
    into.check.path = item.text("PATH");
    if (const auto* host = item.option("host")) into.check.host = checked(config::read_host(host->text));
    const auto expected = checked(read_status_range(item.option_text("expect")));
    into.check.status_from = expected.from;
    into.check.status_to = expected.to;
}

void read_eject(Builder&, const Item& item, GroupOptions& into) {
    into.eject = {};
    if (item.says("off")) return void(into.eject.failures = 0);
    into.eject.failures = number_of<std::uint16_t>(item.text("N"));
    into.eject.base_time = duration_of(item.text("TIME"));
    into.eject.time_max = std::max(duration_of(item.option_text("up_to")), into.eject.base_time);
    into.eject.share_max_percent = std::min<std::uint16_t>(percent_of(item.option_text("max")), 100);
}

void read_queue(Builder&, const Item& item, GroupOptions& into) {
    into.queue = {};
    if (item.says("off")) return;
    into.queue.waiting_max = number_of<std::uint32_t>(item.text("N"));
    into.queue.wait_max = duration_of(item.text("TIME"));
}

void read_retry(Builder&, const Item& item, GroupOptions& into) { into.retries = number_of<std::uint8_t>(item.text("N")); }

void read_proxy_protocol(Builder&, const Item& item, GroupOptions& into) {
    into.proxy_protocol = item.says("v1") ? ProxyProtocol::v1 : item.says("v2") ? ProxyProtocol::v2 : ProxyProtocol::off;
}

void read_keep_alive(Builder& builder, const Item& item, GroupOptions& into) {
    if (item.has_option("off")) {
        if (!item.children.empty())
            builder.diagnostics.error(item.spot(), "'keep_alive off' takes no block", "take 'off' or the block away");
        return void(into.keep_alive.connections_max = 0);
    }
    if (const auto* idle = item.child("idle")) into.keep_alive.idle = duration_of(idle->text("TIME"));
    if (const auto* max = item.child("max")) into.keep_alive.connections_max = number_of<std::uint32_t>(max->text("N"));
    if (const auto* ping = item.child("ping")) {
        into.keep_alive.ping_after = ping->says("off") ? Duration::zero() : duration_of(ping->text("TIME"));
        if (!ping->says("off")) into.keep_alive.ping_wait = duration_of(ping->option_text("timeout"));
    }
    if (const auto* requests = item.child("requests"))
        into.keep_alive.requests_max = requests->says("off") ? 0 : number_of<std::uint32_t>(requests->text("N"));
}

void read_timeout(Builder&, const Item& item, GroupOptions& into) {
    if (const auto* connect = item.child("connect")) into.connect_timeout = duration_of(connect->text("TIME"));
}

void read_protocol(Builder&, const Item& item, GroupOptions& into) {
    using upstream::Protocol;
    into.protocol = item.says("h1")    ? Protocol::h1
                    : item.says("h2")  ? Protocol::h2
                    : item.says("h2c") ? Protocol::h2c
                                       : Protocol::automatic;
    into.streams_max = number_of<std::uint32_t>(item.option_text("streams"));
}

constexpr Reader<GroupOptions> kReaders[] = {
    {"server", read_server},         {"protocol", read_protocol}, {"tls", read_upstream_tls},
    {"balance", read_balance},       {"check", read_check},       {"eject", read_eject},
    {"queue", read_queue},           {"retry", read_retry},       {"proxy_protocol", read_proxy_protocol},
    {"keep_alive", read_keep_alive}, {"timeout", read_timeout},
};

GroupOptions group_defaults(Builder& builder) {
    GroupOptions options;
    for (const auto& item : fallbacks(BlockKind::upstream)) read_with(kReaders, builder, item, options);
    return options;
}

std::uint32_t add_group(Builder& builder, GroupOptions options) {
    const auto index = static_cast<std::uint32_t>(builder.snapshot.group_options.size());
    builder.groups.emplace(options.name, index);
    builder.snapshot.group_options.push_back(std::move(options));
    return index;
}

bool is_address(std::string_view origin) { return origin.contains(':'); }

// Servers that stand in the `proxy` itself: the same list is the same group.
std::uint32_t unnamed_group(Builder& builder, const std::vector<const Word*>& origins) {
    std::string name;
    for (const auto* word : origins) name.append(name.empty() ? "" : " ").append(word->text);
    if (const auto found = builder.groups.find(name); found != builder.groups.end()) return found->second;
    auto options = group_defaults(builder);
    options.name = name;
    for (const auto* word : origins) {
        options.servers.emplace_back();
        options.servers.back().at = checked(config::read_server(word->text));
    }
    finish_upstream_tls(builder, origins, origins.front()->spot, options);
    return add_group(builder, std::move(options));
}

}  // namespace

std::uint32_t named_group(Builder& builder, const Word& word) {
    const auto found = builder.groups.find(word.text);
    if (found != builder.groups.end()) return builder.used_groups[word.text] = true, found->second;
    std::vector<std::string_view> names;
    for (const auto& [name, index] : builder.groups)
        if (!is_address(name)) names.push_back(name);
    auto hint = did_you_mean(word.text, names);
    if (hint.empty()) hint = concat({"an address is written with its port: '", word.text, ":80'"});
    builder.diagnostics.error(word.spot, concat({"no upstream is named ", in_quotes(word.text)}), std::move(hint));
    return proxy::kNoIndex;
}

void build_upstreams(Builder& builder) {
    const auto defaults = group_defaults(builder);
    for (const auto& [upstream, items] : builder.resolved.upstreams) {
        auto options = defaults;
        options.name = upstream->text("NAME");
        std::vector<const Word*> servers;
        auto spot = upstream->node->spot();
        for (const auto* item : items) {
            read_with(kReaders, builder, *item, options);
            if (item->name() == "server") std::ranges::copy(item->all("SERVER"), std::back_inserter(servers));
            if (item->name() == "tls" || item->name() == "protocol") spot = item->spot();
        }
        finish_upstream_tls(builder, servers, spot, options);
        if (options.servers.empty() && upstream->is_whole)
            builder.diagnostics.error(upstream->node->spot(), concat({"the upstream ", in_quotes(options.name), " has no server"}),
                                      "expected 'server ADDRESS' in it");
        add_group(builder, std::move(options));
    }
}

void warn_of_unused_upstreams(Builder& builder) {
    if (builder.diagnostics.has_errors()) return;  // what uses them may be among what was dropped
    for (const auto& [upstream, items] : builder.resolved.upstreams)
        if (const auto name = upstream->text("NAME"); !builder.used_groups.contains(name))
            builder.diagnostics.warning(upstream->node->spot(), concat({"no route uses the upstream ", in_quotes(name)}));
}

std::uint32_t group_of(Builder& builder, const Item& proxy) {
    const auto origins = proxy.all("ORIGIN");
    for (const auto* word : origins)
        if (origins.size() > 1 && !is_address(word->text)) {
            builder.diagnostics.error(word->spot, concat({in_quotes(word->text), " stands in a list of servers"}),
                                      "expected one upstream, or addresses with their ports");
            return proxy::kNoIndex;
        }
    return is_address(origins.front()->text) ? unnamed_group(builder, origins) : named_group(builder, *origins.front());
}

}  // namespace weir::config
