// SessionShelf: the sessions of one worker thread that can be resumed with the servers of upstreams, by a key that names the client side
// and the host. A TLS 1.3 session is used once (RFC 8446 C.4). Thread: one. Limits: kHostsMax hosts, kSessionsAHostMax sessions each.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tls/owned.h"

namespace weir::tls {

class SessionShelf {
public:
    static constexpr std::size_t kHostsMax = 256;
    static constexpr std::size_t kSessionsAHostMax = 4;

    // nullptr when there is none.
    Owned<ssl_session_st> take(std::string_view key);
    void put(std::string_view key, Owned<ssl_session_st> session);
    void forget(std::string_view key);
    std::size_t size() const { return hosts_.size(); }

private:
    struct Host {
        std::string key;
        std::vector<Owned<ssl_session_st>> sessions;
    };
    using Order = std::list<Host>;

    Order hosts_;  // used last comes first
    std::unordered_map<std::string_view, Order::iterator> by_key_;
};

}  // namespace weir::tls
