#include "server/peer_request.h"

#include "http/h1/client.h"
#include "http/h2/client.h"
#include "upstream/aside.h"

namespace weir::server {
namespace {

io::Task<Result<>> read_body(http::Body& body, std::string& into) {
    for (;;) {
        const auto piece = body.ready();
        if (!piece) co_return std::unexpected(piece.error());
        into += piece->octets;
        if (into.size() > PeerReply::kBodyOctetsMax)
            co_return fail(ErrorCode::body_too_large, Side::upstream, "an answer of more than 64 KiB");
        if (!piece->empty()) continue;
        if (body.is_done()) co_return Result<>{};
        const auto more = co_await body.wait();
        if (!more) co_return std::unexpected(more.error());
    }
}

io::Task<Result<PeerReply>> exchange(http::Outbound& outbound, const http::Request& request, std::string_view target,
                                     io::Deadline deadline) {
    outbound.body().set_pace({.octets_max = PeerReply::kBodyOctetsMax, .overall = deadline});
    const auto put = outbound.put_head(request, target, {}, true);
    if (!put) co_return std::unexpected(put.error());
    const auto sent = co_await outbound.flush(deadline);
    if (!sent) co_return std::unexpected(sent.error());
    http::Response response(request.arena());
    for (response.status = 100; response.status < 200;) {
        response.fields.clear();
        const auto got = co_await outbound.read_head(response, deadline);
        if (!got) co_return std::unexpected(got.error());
    }
    PeerReply reply{.status = response.status, .content_type = std::string(response.fields.value(http::FieldId::content_type)), .body = {}};
    const auto read = co_await read_body(outbound.body(), reply.body);
    if (!read) co_return std::unexpected(read.error());
    co_return std::move(reply);
}

}  // namespace

io::Task<Result<PeerReply>> ask_peer(const upstream::Group& group, const upstream::Peer& peer, PeerRequest asked, io::Deadline deadline) {
    const auto& options = group.options();
    const upstream::Aside to{.address = peer.address,
                             .proxy_protocol = options.proxy_protocol,
                             .protocol = options.protocol,
                             .tls = group.tls(),
                             .tls_host = peer.host};
    auto reached = co_await upstream::connect_aside(to, deadline);
    if (!reached) co_return std::unexpected(reached.error());
    Arena arena;
    http::Request request(arena);
    request.method = asked.method;
    request.method_name = http::name_of(asked.method);
    request.authority = peer.name;
    request.fields.add(http::FieldId::host, request.authority);
    request.fields.add(http::FieldId::user_agent, "weir/" WEIR_VERSION);
    if (!reached->is_h2) {
        http::h1::ClientExchange outbound(*reached->stream, arena);
        auto reply = co_await exchange(outbound, request, asked.target, deadline);
        co_return std::move(reply);
    }
    upstream::NoOwner owner;
    http::h2::ClientConnection connection(*reached->stream, owner, {.streams_max = 1, .is_secure = static_cast<bool>(group.tls())});
    const auto opened = co_await connection.open(deadline);
    if (!opened) co_return std::unexpected(opened.error());
    Result<PeerReply> reply;
    {
        http::h2::ClientExchange outbound(connection, arena);
        reply = co_await exchange(outbound, request, asked.target, deadline);
    }
    connection.close();
    co_return std::move(reply);
}

}  // namespace weir::server
