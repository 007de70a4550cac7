#include "proxy/explain.h"

#include <algorithm>

#include "cache/storing.h"
#include "proxy/cache_key.h"
#include "proxy/decide.h"
#include "proxy/parent.h"
#include "proxy/parent_words.h"
#include "proxy/reply.h"
#include "proxy/request_marks.h"
#include "tls/facts.h"

namespace weir::proxy {
namespace {

constexpr std::size_t kNameWidth = 10;

class Page {
public:
    void line(std::string_view name, std::string_view text) {
        text_ += name;
        text_.append(name.size() < kNameWidth ? kNameWidth - name.size() : 1, ' ');
        text_ += text;
        text_ += '\n';
    }
    std::string take() { return std::move(text_); }

private:
    std::string text_;
};

struct Asked {
    http::Scheme scheme = http::Scheme::http;
    std::string authority;
    std::string target;
};

Asked split_url(const ExplainQuery& query) {
    Asked asked{.scheme = http::Scheme::http, .authority = {}, .target = query.url};
    if (const auto absolute = http::split_absolute(query.url)) {
        asked.scheme = equal_ignoring_case(absolute->scheme, "https") ? http::Scheme::https : http::Scheme::http;
        asked.authority = absolute->authority;
        asked.target = absolute->target;
    }
    return asked;
}

std::string raw_request(const ExplainQuery& query, const Asked& asked) {
    std::string raw = query.method + " " + (query.method == "CONNECT" ? asked.authority : asked.target) + " HTTP/1.1\r\n";
    const bool has_host = std::ranges::any_of(query.headers, [](const auto& field) { return equal_ignoring_case(field.first, "host"); });
    if (!has_host) raw += "Host: " + asked.authority + "\r\n";
    for (const auto& [name, value] : query.headers) raw += name + ": " + value + "\r\n";
    return raw + "\r\n";
}

tls::ConnectionFacts tls_of(const ExplainQuery& query, std::string_view host) {
    tls::ConnectionFacts facts;
    facts.version = "TLSv1.3";
    facts.server_name = host;
    facts.is_client_verified = !query.client_subject.empty();
    facts.client_subject = query.client_subject;
    facts.ja4 = query.ja4;
    return facts;
}

// The listener that a client of this URL would come to: the one on the URL's port, else the first.
std::uint32_t listener_for(const Snapshot& snapshot, const Asked& asked, Arena& arena) {
    const auto authority = http::parse_authority(asked.authority, arena);
    const std::uint16_t usual = asked.scheme == http::Scheme::https ? 443 : 80;
    const auto port = authority && authority->port ? *authority->port : usual;
    const auto found = std::ranges::find_if(snapshot.listeners, [port](const auto& listener) { return listener.at.port == port; });
    return found == snapshot.listeners.end() ? 0 : static_cast<std::uint32_t>(found - snapshot.listeners.begin());
}

std::string words_of_refusal(const Error& error) {
    return std::to_string(status_of(error)) + " " + std::string(http::reason_of(status_of(error))) + ": " + error.detail;
}

std::string words_of_routes(const std::vector<RoutePlan>& routes, const route::Trace& trace) {
    std::string text;
    for (const auto& step : trace.steps) {
        if (!text.empty()) text += "   ";
        const auto& plan = routes[step.route];
        text += std::to_string(step.route + 1) + " " + plan.name;
        text += step.matched ? " YES (" + plan.place.text() + ")" : " no" + (step.reason.empty() ? "" : " (" + step.reason + ")");
    }
    return text.empty() ? "the site has none" : text;
}

std::string words_of_balance(const upstream::GroupOptions& group) {
    using Kind = upstream::BalanceOptions::Kind;
    switch (group.balance.kind) {
        case Kind::round_robin: return "round_robin";
        case Kind::least_connections: return "least_connections";
        case Kind::random_two: return "random two";
        case Kind::hash: return "hash " + group.balance.key;
    }
    return {};
}

void add_cache(Page& page, const Snapshot& snapshot, const RoutePlan& route, const http::Facts& facts, Arena& arena) {
    const auto& plan = *route.cache;
    const auto& zone = snapshot.zone_options[plan.zone].name;
    if (facts.request->method == http::Method::purge && !plan.purgers.empty()) {
        return page.line("cache", zone + (net::is_in(facts.client, plan.purgers) ? ", what is stored of it is purged"
                                                                                 : ", 403: 'purge from' does not name this client"));
    }
    const auto refusal = cache::refuses_request(*facts.request);
    if (refusal != cache::Refusal::none)
        return page.line("cache",
                         zone + ", passed by (" + std::string(cache::word_of(refusal)) + "): " + std::string(cache::explain(refusal)));
    if (has_any_of(plan.bypass, *facts.request, facts)) return page.line("cache", zone + ", passed by: it has what 'bypass' names");
    auto input = key_input(*facts.request, facts);
    input.fields = &selecting_fields(route, facts);
    const auto key = cache::make_key(plan.key, input, arena);
    if (!key) return page.line("cache", zone + ", passed by: the key would be too long");
    auto text = std::string(key->text);
    std::ranges::replace(text, '\n', ' ');
    page.line("cache", zone + ", key " + text + (key->is_query_changed ? " (the query was cut down)" : ""));
    if (has_any_of(plan.refresh, *facts.request, facts))
        page.line("", "it has what 'refresh' names: the origin is asked, its answer stored");
    if (plan.parent.is_there()) page.line("parent", words_of_parent(snapshot, plan.parent, key->text));
}

void add_compress(Page& page, const filter::Compress& compress, const http::Request& request) {
    std::string offers;
    for (const auto& offer : compress.offers)
        offers.append(offers.empty() ? "" : ", ").append(http::name_of(offer.coding)).append(" ").append(std::to_string(offer.level));
    const auto* const offer = filter::offer_for(compress, filter::read_accept_encoding(request.fields), request);
    const std::string chosen(offer == nullptr ? "as it is" : http::name_of(offer->coding));
    const auto types = compress.types.empty() ? std::string("the usual types") : std::to_string(compress.types.size()) + " types";
    page.line("compress",
              chosen + " for this client, of " + offers + "; " + types + " from " + std::to_string(compress.octets_min) + " octets");
}

void add_proxy(Page& page, const Snapshot& snapshot, const RoutePlan& route, const http::Facts& facts, Arena& arena) {
    if (route.cache) add_cache(page, snapshot, route, facts, arena);
    if (route.compress) add_compress(page, *route.compress, *facts.request);
    const auto& group = snapshot.group_options[route.proxy->group];
    std::string servers;
    for (const auto& server : group.servers) servers += " " + server.at.text() + (server.is_backup ? " (backup)" : "");
    page.line("upstream", group.name + ", " + words_of_balance(group) + ":" + servers);
    if (route.proxy->rewrites.empty()) page.line("forwarded", std::string(facts.request->target) + " (as it came)");
    else page.line("forwarded", std::string(filter::rewritten_target(route.proxy->rewrites, facts, arena)) + " (rewritten)");
}

void add_reply(Page& page, const Snapshot& snapshot, const Decision& decision, const http::Facts& facts, Arena& arena) {
    if (decision.is_refused) return page.line("reply", words_of_refusal(decision.refusal));
    if (const auto refusal = refusal_by(*decision.route, *facts.request)) return page.line("reply", words_of_refusal(*refusal));
    if (decision.site->to_https && facts.scheme == http::Scheme::http) {
        const bool is_served_meanwhile = decision.route != &decision.site->fallback;
        if (const auto made = filter::make_reply(*decision.site->to_https, facts, arena))
            page.line("https", std::to_string(made->status) + " to " + std::string(made->location) +
                                   (is_served_meanwhile ? ", once there is a certificate; until then:" : ""));
        if (!is_served_meanwhile) return;
    }
    if (decision.route->loop) {
        const auto& loop = *decision.route->loop;
        const auto verdict = http::judge_loop(facts.request->fields, loop);
        if (verdict != http::LoopVerdict::none) return page.line("reply", "refused: " + std::string(http::explain(verdict)));
        page.line("cdn_loop", loop.id);
    }
    if (decision.site->canonical) {
        if (const auto made = filter::make_reply(*decision.site->canonical, facts, arena))
            return page.line("reply", std::to_string(made->status) + " to " + std::string(made->location) + " (canonical)");
    }
    const auto& route = *decision.route;
    if (route.redirect) {
        const auto made = filter::make_reply(*route.redirect, facts, arena);
        return page.line("reply", std::to_string(made.status) + " to " + std::string(made.location));
    }
    if (route.respond) {
        const auto made = filter::make_reply(*route.respond, facts, arena);
        return page.line("reply", std::to_string(made.status) + " " + std::string(made.content_type) + ", " +
                                      std::to_string(made.body.size()) + " octets");
    }
    if (route.proxy && goes_no_further(*facts.request)) return page.line("reply", "204 No Content: OPTIONS with Max-Forwards: 0");
    if (route.proxy) return add_proxy(page, snapshot, route, facts, arena);
    page.line("reply", "404 Not Found: no route of the site answers this");
}

void add_decision(Page& page, const Snapshot& snapshot, const Decision& decision, const route::Trace& trace) {
    if (decision.site == nullptr) {
        page.line("site", "none" + (trace.site_reason.empty() ? "" : ": " + trace.site_reason));
        return;
    }
    page.line("site", decision.site->name + " (" + decision.site->place.text() + ")" +
                          (trace.site_reason.empty() ? "" : ", by " + trace.site_reason));
    page.line("path", "raw " + std::string(decision.target.raw_path) + "   matched as " + std::string(decision.target.path) +
                          (decision.target.has_query ? "   query " + std::string(decision.target.query) : ""));
    page.line("route", words_of_routes(snapshot.routes_of(*decision.site), trace));
    const auto& route = *decision.route;
    if (route.body_max != 0) page.line("body", "at most " + std::to_string(route.body_max) + " octets");
}

}  // namespace

std::string explain(const Snapshot& snapshot, const ExplainQuery& query) {
    Page page;
    Arena arena;
    if (snapshot.listeners.empty()) return "nothing listens: the configuration has no site\n";
    const auto asked = split_url(query);
    const auto raw = raw_request(query, asked);
    http::Request request(arena);
    http::h1::HeadParser parser;
    const auto step = parser.parse(raw, snapshot.listeners.front().limits.head, request);
    if (step.state != http::h1::ParseState::done) {
        page.line("request", step.state == http::h1::ParseState::bad ? words_of_refusal(step.error) : "not a whole request");
        return page.take();
    }
    const auto listener = listener_for(snapshot, asked, arena);
    page.line("listener", snapshot.listeners[listener].at.text() + (snapshot.listeners[listener].speaks_tls ? " tls (" : " (") +
                              snapshot.listeners[listener].place.text() + ")");
    const auto told = filter::told_client(query.client, snapshot.trusted_proxies, request.fields);
    const bool is_encrypted = snapshot.listeners[listener].speaks_tls;
    const auto tls = tls_of(query, request.host);
    route::Trace trace;
    const auto decision = decide(snapshot,
                                 {.listener = listener,
                                  .request = &request,
                                  .authority = told.host.empty() ? request.authority : told.host,
                                  .client = told.ip,
                                  .tls = is_encrypted ? &tls : nullptr},
                                 arena, &trace);
    http::Facts facts;
    facts.request = &request;
    facts.target = decision.target;
    facts.host = decision.host;
    facts.client = told.ip;
    facts.scheme = told.scheme.value_or(asked.scheme);
    facts.port = snapshot.listeners[listener].at.port;
    facts.captures = decision.captures;
    if (is_encrypted) facts.tls = &tls;
    add_decision(page, snapshot, decision, trace);
    add_reply(page, snapshot, decision, facts, arena);
    return page.take();
}

}  // namespace weir::proxy
