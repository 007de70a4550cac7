#include "server/admin.h"

#include <unistd.h>

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "http/h1/server.h"
#include "io/worker.h"
#include "observe/exposition.h"
#include "proxy/explain.h"
#include "proxy/reply.h"
#include "server/certificate_list.h"
#include "server/process.h"

namespace weir::server {
namespace {

constexpr Duration kIdle = std::chrono::seconds(30);
constexpr std::uint32_t kOtherOctetsMax = 16 * 1024;  // of a request, beside its target
constexpr http::h1::HeadLimits kHeadLimits{.request_line_max = kAdminTargetMax + kOtherOctetsMax,
                                           .header_bytes_max = kAdminTargetMax + kOtherOctetsMax};

struct Answer {
    std::uint16_t status = 200;
    std::string_view content_type = "text/plain; charset=utf-8";
    std::string body;
};

Answer not_found() {
    return {.status = 404,
            .body = "not here; try /metrics /status /certs /explain /cache/stats /cache/show /cache/purge /reload /reopen /drain\n"};
}

Answer bad_request(const Error& error) {
    return {.status = std::max<std::uint16_t>(proxy::status_of(error), 400),
            .body = "not a request: " + std::string(word_of(error.code)) + "\n"};
}

Answer status_page(const Process& process) {
    const auto& snapshot = process.snapshot();
    std::string body = "{\"pid\":" + std::to_string(::getpid()) + ",\"snapshot\":" + std::to_string(snapshot.serial) +
                       ",\"listeners\":" + std::to_string(snapshot.listeners.size()) +
                       ",\"sites\":" + std::to_string(snapshot.sites.size()) + ",\"upstreams\":" + std::to_string(snapshot.groups.size()) +
                       "}\n";
    return {.content_type = "application/json", .body = std::move(body)};
}

Answer explain_page(const Process& process, std::string_view query, Arena& arena) {
    proxy::ExplainQuery asked;
    http::for_each_parameter(query, [&](std::string_view name, std::string_view raw, bool) {
        const auto value = std::string(http::percent_decode(raw, true, arena));
        if (name == "url") asked.url = value;
        if (name == "method") asked.method = value;
        if (name == "client_cert") asked.client_subject = value;
        if (name == "ja4") asked.ja4 = value;
        if (name == "client") asked.client = net::Ip::parse(value).value_or(asked.client);
        const auto colon = value.find(':');
        if (name == "header" && colon != std::string::npos)
            asked.headers.emplace_back(value.substr(0, colon), std::string(trim(std::string_view(value).substr(colon + 1))));
    });
    if (asked.url.empty()) return {.status = 400, .body = "which url? /explain?url=http%3A%2F%2Fexample.com%2F\n"};
    return {.body = proxy::explain(process.snapshot(), asked)};
}

Answer answer_of(Caches::Told told) {
    return told ? Answer{.body = std::move(*told)} : Answer{.status = 400, .body = std::move(told.error())};
}

Answer show_page(const Process& process, std::string_view query, Arena& arena) {
    const auto url = http::query_parameter(query, "url", arena);
    if (!url) return {.status = 400, .body = "which url? /cache/show?url=http%3A%2F%2Fexample.com%2F\n"};
    const auto& worker = io::Worker::current();
    const Caches::Moment now{.wall = worker.wall_now(), .steady = worker.now()};
    return answer_of(process.caches().show(*url, process.snapshot(), now, arena));
}

bool is_purge(const http::Request& request, AdminRights rights) {
    const auto path = request.target.substr(0, request.target.find('?'));
    return rights == AdminRights::everything && request.method == http::Method::post && path == "/cache/purge";
}

// In all tiers of caches, which takes its time.
io::Task<Answer> purge(Process& process, const http::Request& request) {
    const auto question = request.target.find('?');
    const auto query = question == std::string_view::npos ? std::string_view{} : request.target.substr(question + 1);
    auto order = proxy::read_purge(query, request.arena());
    if (!order) co_return Answer{.status = 400, .body = "purge what? one of url=, prefix=, tag=, host= or all\n"};
    order->from = proxy::PurgeOrder::From::here;
    auto report = co_await process.purge(std::move(*order));
    co_return Answer{.status = report.status, .body = std::move(report.text)};
}

Answer certificates_page(const Process& process, std::string_view query) {
    const CertificateList list(process.certificates());
    const auto now = io::Worker::current().wall_now();
    if (query == "format=json") return {.content_type = "application/json", .body = list.json(now)};
    return {.body = list.text(now)};
}

Answer renew(Process& process, std::string_view query, Arena& arena) {
    const auto name = std::string(http::query_parameter(query, "name", arena).value_or(""));
    if (process.acme().renew_now(name)) return {.body = "a new certificate is ordered; 'weir certs' tells what comes of it\n"};
    return {.status = 404, .body = "no certificate that an authority gives has the name '" + name + "'\n"};
}

Answer act(Process& process, const http::Target& target, Arena& arena) {
    const auto path = target.path;
    if (path == "/certs/renew") return renew(process, target.query, arena);
    if (path == "/reload") {
        auto report = process.reload();
        if (report) return {.body = std::move(*report)};
        return {.status = 422, .body = report.error() + "nothing was changed: the running configuration stays\n"};
    }
    if (path == "/reopen") {
        process.reopen_logs();
        return {.body = "log files were opened again\n"};
    }
    if (path == "/drain") {
        process.drain();
        return {.body = "draining\n"};
    }
    return not_found();
}

Answer answer_to(Process& process, const http::Request& request, AdminRights rights) {
    auto& arena = request.arena();
    const auto target = http::parse_target(request.target, {}, arena);
    if (!target) return {.status = 400, .body = "bad path\n"};
    const bool reads = request.method == http::Method::get || request.method == http::Method::head;
    if (reads && target->path == "/metrics") return {.content_type = observe::Exposition::kContentType, .body = process.metrics_text()};
    if (rights == AdminRights::metrics_only) return {.status = 404, .body = "only /metrics is here\n"};
    if (reads && target->path == "/status") return status_page(process);
    if (reads && target->path == "/certs") return certificates_page(process, target->query);
    if (reads && target->path == "/explain") return explain_page(process, target->query, arena);
    if (reads && target->path == "/cache/stats") return {.body = process.caches().stats()};
    if (reads && target->path == "/cache/show") return show_page(process, target->query, arena);
    if (request.method == http::Method::post) return act(process, *target, arena);
    return not_found();
}

io::Task<bool> serve_one(Process& process, http::h1::ServerConnection& connection, AdminRights rights, io::Stop& stop) {
    Arena arena;
    http::h1::ServerExchange inbound(connection, arena);
    http::Request request(arena);
    const auto head = co_await inbound.read_head(request, kHeadLimits, {}, {io::Worker::current().now() + kIdle, &stop});
    if (!head && !inbound.has_begun()) co_return false;
    Answer answer;
    if (!head) answer = bad_request(head.error());
    else if (is_purge(request, rights)) answer = co_await purge(process, request);
    else answer = answer_to(process, request, rights);
    if (!head || !inbound.body().is_done()) inbound.close_after();
    http::Response response(arena);
    response.status = answer.status;
    response.framing = http::Framing::length;
    response.content_length = answer.body.size();
    response.fields.add(http::FieldId::content_type, answer.content_type);
    response.fields.add(http::FieldId::cache_control, "no-store");
    const Piece body{.octets = answer.body, .owner = {}};
    const auto put = inbound.put_head(response, {&body, 1}, true);
    if (!put) co_return false;
    const auto flushed = co_await inbound.flush({io::Worker::current().now() + kIdle, &stop});
    co_return flushed&& inbound.may_continue();
}

io::Task<> serve_connection(Process& process, io::Handle handle, AdminRights rights, io::Stop& stop) {
    net::SocketStream stream(handle);
    http::h1::ServerConnection connection(stream);
    for (bool goes_on = true; goes_on;) goes_on = co_await serve_one(process, connection, rights, stop);
}

}  // namespace

io::Task<> serve_admin(Process& process, net::Listener& listener, AdminRights rights, io::Stop& stop) {
    io::Scope connections;
    co_await listener.run(
        [&](const net::Accepted& accepted) {
            if (connections.running() >= kAdminConnectionsMax) io::Worker::current().backend().close(accepted.handle, true);
            else connections.spawn(serve_connection(process, accepted.handle, rights, stop));
        },
        stop);
    co_await connections.join();
}

}  // namespace weir::server
