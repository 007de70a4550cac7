#include "upstream/check.h"

#include <vector>

#include "http/h1/parser.h"
#include "http/h1/writer.h"
#include "http/h2/client.h"
#include "io/worker.h"
#include "upstream/aside.h"

namespace weir::upstream {
namespace {

constexpr std::size_t kAnswerHeadMax = Chunk::kMedium;  // a longer head is a failed check

CheckResult bad(const Error& error) {
    return {.is_good = false, .reason = error.code == ErrorCode::handshake_failed ? error.detail : std::string(word_of(error.code))};
}

void fill(http::Request& request, const CheckTarget& target) {
    request.method_name = target.options.method;
    request.method = http::method_of(request.method_name);
    request.fields.add(http::FieldId::host, target.host);
    request.fields.add(http::FieldId::user_agent, "weir-check");
    request.fields.add("Accept", "*/*");
}

std::string_view request_head(const CheckTarget& target, Arena& arena) {
    http::Request request(arena);
    fill(request, target);
    const auto room = arena.make_array<char>(http::h1::head_octets_max(request) + target.options.path.size());
    return {room.data(), http::h1::write_head(request, target.options.path, http::h1::ConnectionField::close, room.data())};
}

io::Task<Result<>> send(net::Stream& stream, std::string_view octets, const CheckTarget& target, io::Deadline deadline) {
    auto part = net::iovec_of(octets);
    const std::span<iovec> parts(&part, octets.empty() ? 0 : 1);
    auto sent = co_await net::write_all(stream, parts, deadline, target.options.timeout, Side::upstream);
    co_return std::move(sent);
}

// The status of the final answer; interim ones (1xx) are passed over.
io::Task<Result<std::uint16_t>> read_status(net::Stream& stream, const CheckTarget& target, Arena& arena, io::Deadline deadline) {
    const auto chunk = Chunk::take(kAnswerHeadMax);
    const http::h1::HeadLimits limits{.header_count_max = 256, .header_bytes_max = kAnswerHeadMax};
    http::h1::HeadParser parser;
    std::size_t begin = 0;
    std::size_t end = 0;
    for (;;) {
        http::Response response(arena);
        const auto step = parser.parse({chunk.data() + begin, end - begin}, limits, http::method_of(target.options.method), response);
        if (step.state == http::h1::ParseState::bad) co_return std::unexpected(step.error);
        if (step.state == http::h1::ParseState::done) {
            if (response.status >= 200) co_return response.status;
            begin += step.head_octets;
            continue;
        }
        if (end == chunk.size()) co_return fail(ErrorCode::fields_too_large, Side::upstream);
        const auto count = stream.read({chunk.data() + end, chunk.size() - end});
        if (count.is_some()) {
            end += count.octets();
            continue;
        }
        if (!count.is_blocked()) co_return std::unexpected(net::error_of(count, Side::upstream));
        const auto ready = co_await stream.readable(deadline);
        if (!ready) co_return std::unexpected(ready.error());
    }
}

io::Task<Result<std::uint16_t>> ask_h2(net::Stream& stream, const CheckTarget& target, Arena& arena, io::Deadline deadline) {
    NoOwner owner;
    http::h2::ClientConnection connection(stream, owner, {.streams_max = 1, .is_secure = static_cast<bool>(target.tls)});
    const auto opened = co_await connection.open(deadline);
    if (!opened) co_return std::unexpected(opened.error());
    http::Request request(arena);
    fill(request, target);
    http::h2::ClientExchange exchange(connection, arena);
    const auto put = exchange.put_head(request, target.options.path, {}, true);
    if (!put) co_return std::unexpected(put.error());
    for (;;) {
        http::Response response(arena);
        const auto head = co_await exchange.read_head(response, deadline);
        if (!head) co_return std::unexpected(head.error());
        if (response.status < 200) continue;
        connection.close();
        co_return response.status;
    }
}

io::Task<Result<std::uint16_t>> ask_h1(net::Stream& stream, const CheckTarget& target, Arena& arena, io::Deadline deadline) {
    const auto sent = co_await send(stream, request_head(target, arena), target, deadline);
    if (!sent) co_return std::unexpected(sent.error());
    auto status = co_await read_status(stream, target, arena, deadline);
    co_return std::move(status);
}

io::Task<CheckResult> ask(net::Stream& stream, bool is_h2, const CheckTarget& target, io::Deadline deadline) {
    Arena arena;
    Result<std::uint16_t> status{0};
    if (is_h2) status = co_await ask_h2(stream, target, arena, deadline);
    else status = co_await ask_h1(stream, target, arena, deadline);
    if (!status) co_return bad(status.error());
    if (*status >= target.options.status_from && *status <= target.options.status_to) co_return CheckResult{.is_good = true, .reason = {}};
    co_return CheckResult{.is_good = false, .reason = "status " + std::to_string(*status)};
}

// The server's name as it is written, without the port that its scheme means anyway.
std::string host_of(const ServerOptions& server, bool is_secure) {
    if (!server.at.path.empty()) return "localhost";
    auto host = server.at.host.contains(':') ? "[" + server.at.host + "]" : server.at.host;
    return server.at.port == (is_secure ? 443 : 80) ? host : host + ":" + std::to_string(server.at.port);
}

}  // namespace

CheckTarget target_of(const GroupOptions& group, const ServerOptions& server, const net::Address& address,
                      const Ref<const tls::ClientSide>& tls) {
    return {.address = address,
            .host = group.check.host.empty() ? host_of(server, group.tls.has_value()) : group.check.host,
            .options = group.check,
            .proxy_protocol = group.proxy_protocol,
            .protocol = group.protocol,
            .tls = tls,
            .tls_host = server.at.host};
}

std::string CheckTarget::key() const {
    std::string key = address.text();
    for (const auto& word : {host, options.method, options.path, tls_host}) key += '\n' + word;
    for (const std::int64_t number :
         {static_cast<std::int64_t>(options.kind), static_cast<std::int64_t>(proxy_protocol), static_cast<std::int64_t>(protocol),
          reinterpret_cast<std::int64_t>(tls.raw()), options.every.count(), options.timeout.count(), std::int64_t{options.status_from},
          std::int64_t{options.status_to}, std::int64_t{options.rise}, std::int64_t{options.fall}})
        key += '\n' + std::to_string(number);
    return key;
}

io::Task<CheckResult> run_check(const CheckTarget& target, io::Stop& stop) {
    const io::Deadline deadline{io::Worker::current().now() + target.options.timeout, &stop};
    const bool is_tcp = target.options.kind == CheckOptions::Kind::tcp;
    const Aside to{.address = target.address,
                   .proxy_protocol = is_tcp && !target.tls ? ProxyProtocol::off : target.proxy_protocol,
                   .protocol = target.protocol,
                   .tls = target.tls,
                   .tls_host = target.tls_host};
    auto connection = co_await connect_aside(to, deadline);
    if (!connection) co_return bad(connection.error());
    if (is_tcp) co_return CheckResult{.is_good = true, .reason = {}};
    auto result = co_await ask(*connection->stream, connection->is_h2, target, deadline);
    co_return std::move(result);
}

}  // namespace weir::upstream
