// A connection to a server of an upstream that is for no client's request and in no pool: for health checks, and for what Weir itself asks.
// Thread: the control worker's.
#pragma once

#include <memory>
#include <string_view>

#include "http/h2/client.h"
#include "io/deadline.h"
#include "io/task.h"
#include "net/stream.h"
#include "tls/client_side.h"
#include "upstream/options.h"

namespace weir::upstream {

struct Aside {
    const net::Address& address;
    ProxyProtocol proxy_protocol = ProxyProtocol::off;  // the header tells of ourselves
    Protocol protocol = Protocol::automatic;
    const Ref<const tls::ClientSide>& tls;  // nullptr: in the clear
    std::string_view tls_host;              // the server's name as configured
};

struct AsideConnection {
    std::unique_ptr<net::Stream> stream;
    bool is_h2 = false;
};

// Connects, says who is there and shakes hands, as the group is configured. What `to` refers to stays until it has ended.
io::Task<Result<AsideConnection>> connect_aside(Aside to, io::Deadline deadline);

// Of a connection over HTTP/2 that nobody shares.
struct NoOwner final : http::h2::ClientOwner {
    void on_over(http::h2::ClientConnection&) override {}
};

}  // namespace weir::upstream
