// What the configuration says of an upstream group. Plain data; equality tells a reload whether a group stays as it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/place.h"
#include "net/address.h"
#include "tls/options.h"

namespace weir::upstream {

using namespace std::chrono_literals;

struct ServerOptions {
    net::HostPort at;
    std::uint16_t weight = 1;           // 1 … 1000
    bool is_backup = false;             // used only while no other peer can be
    std::uint32_t connections_max = 0;  // over all workers; 0: no limit
    bool operator==(const ServerOptions&) const = default;
};

struct BalanceOptions {
    enum class Kind : std::uint8_t { round_robin, least_connections, random_two, hash };
    Kind kind = Kind::round_robin;
    std::string key;                         // hash: a template, "$client_ip", "$cookie{sid}", "$path" …
    std::uint16_t load_bound_percent = 125;  // hash: no peer gets more than this share of the average load
    bool operator==(const BalanceOptions&) const = default;
};

struct CheckOptions {
    enum class Kind : std::uint8_t { none, http, tcp };
    Kind kind = Kind::none;
    std::string method = "GET";
    std::string path = "/";
    std::string host;     // empty: the server's name as written
    Duration every = 2s;  // ± 10 % jitter
    Duration timeout = 1s;
    std::uint16_t status_from = 200, status_to = 399;
    std::uint16_t rise = 2, fall = 3;
    bool operator==(const CheckOptions&) const = default;
};

// Passive ejection: a peer that fails this often in a row is left out for a while that doubles each time.
struct EjectOptions {
    std::uint16_t failures = 5;  // 0: off
    Duration base_time = 10s;
    Duration time_max = 300s;
    std::uint16_t share_max_percent = 50;  // never more of the group than this; a group of one is never ejected
    bool operator==(const EjectOptions&) const = default;
};

struct QueueOptions {
    std::uint32_t waiting_max = 0;  // 0: no queue
    Duration wait_max = 5s;
    bool operator==(const QueueOptions&) const = default;
};

struct KeepAliveOptions {
    Duration idle = 60s;
    std::uint32_t connections_max = 256;  // idle ones, a worker and peer
    std::uint32_t requests_max = 0;       // on one connection; 0: no limit
    Duration ping_after = 20s;            // of silence on a connection of HTTP/2; zero: never
    Duration ping_wait = 15s;
    bool operator==(const KeepAliveOptions&) const = default;
};

enum class ProxyProtocol : std::uint8_t { off, v1, v2 };

// What is spoken with the servers. automatic: what both sides know (ALPN) over TLS, HTTP/1.1 in the clear.
enum class Protocol : std::uint8_t { automatic, h1, h2, h2c };

struct GroupOptions {
    std::string name;  // as configured, or the address of an unnamed one
    std::vector<ServerOptions> servers;
    BalanceOptions balance;
    CheckOptions check;
    EjectOptions eject;
    QueueOptions queue;
    KeepAliveOptions keep_alive;
    ProxyProtocol proxy_protocol = ProxyProtocol::off;
    std::uint8_t retries = 1;       // further tries on another peer, when the request may be repeated
    Duration connect_timeout = 5s;  // TLS and the beginning of HTTP/2 included
    Protocol protocol = Protocol::automatic;
    std::uint32_t streams_max = 100;  // at once on one HTTP/2 connection, unless the server allows fewer
    std::optional<tls::ClientOptions> tls;
    std::uint64_t tls_files_hash = 0;  // of the octets of the files that `tls` names: a new certificate is another group
    bool operator==(const GroupOptions&) const = default;
};

}  // namespace weir::upstream
