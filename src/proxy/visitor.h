// Visitor: who is connected, as an exchange needs to know it.
#pragma once

#include <cstdint>

#include "http/message.h"
#include "net/address.h"

namespace weir::tls {
struct ConnectionFacts;
}

namespace weir::proxy {

struct Visitor {
    net::Ip ip;  // of the connection, or what a PROXY header said
    std::uint16_t port = 0;
    std::uint16_t local_port = 0;
    http::Scheme scheme = http::Scheme::http;
    const tls::ConnectionFacts* tls = nullptr;  // of the connection; nullptr: in the clear
    std::uint64_t client_auth = 0;              // SitePlan::client_auth of the site that its handshake was with
    std::uint64_t serial = 0;                   // of the connection
    std::uint32_t requests = 0;                 // begun on it so far
};

}  // namespace weir::proxy
