#include "acme/fetch.h"

#include <algorithm>
#include <array>

#include "base/arena.h"
#include "base/text.h"
#include "http/h1/client.h"
#include "http/uri.h"
#include "io/worker.h"
#include "net/connect.h"
#include "net/resolver.h"
#include "tls/client_side.h"
#include "tls/stream.h"

namespace weir::acme {
namespace {

constexpr std::array<std::string_view, 7> kKeptFields{"replay-nonce", "location", "retry-after", "link",
                                                      "content-type", "date",     "connection"};

Failure failure_of(const Error& error, std::string_view host) {
    const auto kind =
        error.code == ErrorCode::cancelled || error.code == ErrorCode::draining ? Failure::Kind::stopped : Failure::Kind::unreachable;
    std::string text(host);
    text += ": ";
    text += word_of(error.code);
    if (error.detail[0] != '\0') text += std::string(" (") + error.detail + ")";
    return {.kind = kind, .text = std::move(text), .type = {}, .retry_after = {}};
}

void fill(http::Request& request, const FetchRequest& from, std::string_view authority, Arena& arena) {
    request.method_name = from.method;
    request.method = http::method_of(from.method);
    request.authority = authority;
    request.fields.add(http::FieldId::host, authority);
    request.fields.add(http::FieldId::user_agent, "weir/" WEIR_VERSION);
    request.fields.add(http::FieldId::accept, "*/*");
    if (from.content_type.empty()) return;
    request.fields.add(http::FieldId::content_type, arena.copy(from.content_type));
    request.framing = http::Framing::length;
    request.content_length = from.body.size();
}

io::Task<Result<>> read_body(http::Body& body, std::string& into) {
    for (;;) {
        const auto piece = body.ready();
        if (!piece) co_return std::unexpected(piece.error());
        if (into.size() + piece->size() > Fetcher::kBodyOctetsMax)
            co_return fail(ErrorCode::body_too_large, Side::upstream, "an answer of more than 512 KiB");
        into += piece->octets;
        if (!piece->empty()) continue;
        if (body.is_done()) co_return Result<>{};
        const auto more = co_await body.wait();
        if (!more) co_return std::unexpected(more.error());
    }
}

FetchAnswer answer_of(const http::Response& response) {
    FetchAnswer answer{.status = response.status, .fields = {}, .body = {}};
    for (const auto name : kKeptFields)
        if (const auto value = response.fields.joined(name); !value.empty()) answer.fields.emplace_back(name, value);
    return answer;
}

}  // namespace

struct Fetcher::Server {
    bool is_tls = true;
    std::string host;
    std::uint16_t port = 443;
    std::string authority;  // as written
    std::string target;

    std::string origin() const { return (is_tls ? "https://" : "http://") + host + ":" + std::to_string(port); }

    static std::optional<Server> of(std::string_view url) {
        const auto form = http::split_absolute(url);
        if (!form) return std::nullopt;
        Arena arena;
        const auto authority = http::parse_authority(form->authority, arena);
        if (!authority || form->target.contains('#')) return std::nullopt;
        const bool is_tls = equal_ignoring_case(form->scheme, "https");
        const std::string_view slash = form->target.starts_with('/') ? "" : "/";
        return Server{.is_tls = is_tls,
                      .host = std::string(authority->host),
                      .port = authority->port.value_or(is_tls ? 443 : 80),
                      .authority = std::string(form->authority),
                      .target = std::string(slash) + std::string(form->target)};
    }
};

std::string_view FetchAnswer::field(std::string_view name) const {
    const auto at = std::ranges::find(fields, name, [](const auto& field) -> std::string_view { return field.first; });
    return at == fields.end() ? std::string_view{} : std::string_view(at->second);
}

std::string fault_of_url(std::string_view url, bool allows_http) {
    Arena arena;
    const auto form = http::split_absolute(url);
    const auto authority = form ? http::parse_authority(form->authority, arena) : std::nullopt;
    if (!authority) return "expected a URL such as https://ca.example/directory";
    if (allows_http || equal_ignoring_case(form->scheme, "https")) return {};
    const bool is_here = authority->host == "localhost" || authority->host == "127.0.0.1" || authority->host == "::1";
    return is_here ? "" : "a CA is spoken to by https only";
}

Fetcher::Fetcher(net::Resolver& resolver, Ref<const tls::ClientSide> side) : resolver_(resolver), side_(std::move(side)) {}

Fetcher::~Fetcher() = default;

std::unique_ptr<net::Stream> Fetcher::take_idle(const std::string& origin) {
    const auto at = std::ranges::find(idle_, origin, &Idle::origin);
    if (at == idle_.end()) return nullptr;
    auto stream = std::move(at->stream);
    idle_.erase(at);
    return stream;
}

io::Task<Result<std::unique_ptr<net::Stream>>> Fetcher::open(const Server& server, io::Deadline deadline) {
    std::vector<net::Address> addresses;
    if (const auto literal = net::Ip::parse(server.host)) {
        addresses.push_back({.ip = *literal, .port = server.port, .path = {}});
    } else {
        const auto found = co_await resolver_.resolve(server.host, deadline);
        if (!found) co_return std::unexpected(found.error());
        for (const auto& ip : found->addresses) addresses.push_back({.ip = ip, .port = server.port, .path = {}});
    }
    auto stream = co_await net::connect_any(addresses, deadline);
    if (!stream || !server.is_tls) co_return std::move(stream);
    auto secured = tls::connect_tls(std::move(*stream), side_, server.host);
    const auto agreed = co_await secured->handshake(deadline);
    if (!agreed) co_return std::unexpected(agreed.error());
    co_return std::unique_ptr<net::Stream>(std::move(secured));
}

io::Task<Result<FetchAnswer>> Fetcher::exchange(std::unique_ptr<net::Stream>& stream, const Server& server, const FetchRequest& request,
                                                io::Deadline deadline) {
    Arena arena;
    http::Request head(arena);
    fill(head, request, server.authority, arena);
    http::h1::ClientExchange exchange(*stream, arena);
    exchange.body().set_pace({.octets_max = kBodyOctetsMax, .overall = deadline});
    const Piece body{.octets = request.body, .owner = {}};
    const auto put = exchange.put_head(head, server.target, {&body, request.body.empty() ? 0U : 1U}, true);
    if (!put) co_return std::unexpected(put.error());
    const auto sent = co_await exchange.flush(deadline);
    if (!sent) co_return std::unexpected(sent.error());
    http::Response response(arena);
    for (response.status = 100; response.status < 200;) {
        response.fields.clear();
        const auto got = co_await exchange.read_head(response, deadline);
        if (!got) co_return std::unexpected(got.error());
    }
    auto answer = answer_of(response);
    const auto read = co_await read_body(exchange.body(), answer.body);
    if (!read) co_return std::unexpected(read.error());
    if (!exchange.may_be_kept()) stream.reset();
    co_return std::move(answer);
}

io::Task<Outcome<FetchAnswer>> Fetcher::fetch(FetchRequest request, io::Deadline deadline) {
    const auto server = Server::of(request.url);
    if (!server) co_return failure(Failure::Kind::unreachable, "this is no URL: " + request.url);
    if (server->is_tls && !side_) co_return failure(Failure::Kind::local, "no trust for https was set up");
    deadline = deadline.sooner(io::Worker::current().now() + kRequestTime);
    auto stream = take_idle(server->origin());
    const bool is_reused = stream != nullptr;
    for (bool is_first = true;; is_first = false) {
        if (!stream) {
            auto opened = co_await open(*server, deadline);
            if (!opened) co_return std::unexpected(failure_of(opened.error(), server->authority));
            stream = std::move(*opened);
        }
        auto answer = co_await exchange(stream, *server, request, deadline);
        if (answer) {
            if (stream && idle_.size() < kIdleMax) idle_.push_back({server->origin(), std::move(stream)});
            co_return std::move(*answer);
        }
        stream.reset();
        // The server has closed a connection while it idled. A signed request that it did see would now bring a badNonce, no second act.
        const bool may_repeat = is_reused && is_first && (answer.error().retry != Retry::no || answer.error().code == ErrorCode::reset);
        if (!may_repeat) co_return std::unexpected(failure_of(answer.error(), server->authority));
    }
}

}  // namespace weir::acme
