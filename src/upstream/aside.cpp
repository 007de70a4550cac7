#include "upstream/aside.h"

#include <array>

#include "net/connect.h"
#include "net/proxy_protocol.h"
#include "tls/stream.h"

namespace weir::upstream {
namespace {

std::string_view proxy_header(ProxyProtocol version, std::array<char, net::kProxyWriteMax>& room) {
    const net::ProxyHeader of_ourselves{};
    if (version == ProxyProtocol::v1) return {room.data(), net::write_proxy_v1(of_ourselves, room.data())};
    return {room.data(), net::write_proxy_v2(of_ourselves, room.data())};
}

}  // namespace

io::Task<Result<AsideConnection>> connect_aside(Aside to, io::Deadline deadline) {
    auto connected = co_await net::connect(to.address, deadline);
    if (!connected) co_return std::unexpected(connected.error());
    AsideConnection connection{.stream = std::move(*connected), .is_h2 = to.protocol == Protocol::h2c};
    if (to.proxy_protocol != ProxyProtocol::off) {
        std::array<char, net::kProxyWriteMax> room;
        auto part = net::iovec_of(proxy_header(to.proxy_protocol, room));
        const auto sent = co_await net::write_all(*connection.stream, {&part, 1}, deadline, Duration::max(), Side::upstream);
        if (!sent) co_return std::unexpected(sent.error());
    }
    if (!to.tls) co_return std::move(connection);
    auto secured = tls::connect_tls(std::move(connection.stream), to.tls, to.tls_host);
    const auto agreed = co_await secured->handshake(deadline);
    if (!agreed) co_return std::unexpected(agreed.error());
    connection.is_h2 = secured->facts().protocol == "h2";
    connection.stream = std::move(secured);
    co_return std::move(connection);
}

}  // namespace weir::upstream
