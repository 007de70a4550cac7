// PROXY protocol, versions 1 and 2 (haproxy.org/download/2.9/doc/proxy-protocol.txt): who is connected, said by the proxy in front in the
// first octets of a connection. Strict and bounded; no I/O. Whoever may send it can name any client: take it from trusted peers only,
// and then demand it, so that no client's own octets are ever taken for one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/address.h"

namespace weir::net {

inline constexpr std::size_t kProxyV1OctetsMax = 107;   // the longest line that the format allows, with its CRLF
inline constexpr std::size_t kProxyV2OctetsMax = 4096;  // with what follows the addresses (TLVs), which is skipped; the format needs 536
inline constexpr std::size_t kProxyWriteMax = 232;      // a v2 header of Unix sockets, which is the longest one written

struct ProxyHeader {
    // LOCAL and UNKNOWN: the proxy speaks for itself (a health check) or does not know: the connection's own addresses hold.
    bool has_addresses = false;
    Address source;
    Address destination;
};

struct ProxyStep {
    enum class State : std::uint8_t { need_more, done, bad };
    State state = State::need_more;
    std::size_t octets = 0;   // when done: the header's length
    const char* reason = "";  // when bad: which rule
};

// `buffer` begins with the connection's first octet and holds all octets so far. Octets that are no beginning of a header are
// refused at once, so that nobody waits for more of them.
ProxyStep parse_proxy_header(std::string_view buffer, ProxyHeader& header);

// Both write at most kProxyWriteMax octets and return how many. Addresses of different families are written as unknown; a header without
// addresses (a health check) as UNKNOWN in v1 and LOCAL in v2.
std::size_t write_proxy_v1(const ProxyHeader& header, char* out);
std::size_t write_proxy_v2(const ProxyHeader& header, char* out);

}  // namespace weir::net
