// DemoShop: the origin inside `weir demo`: a small shop over HTTP/1.1 with pages, assets, a JSON API, /slow, /fail, a WebSocket echo (/ws)
// and server-sent events (/events). It is an origin to play with, on Weir's own runtime, not a web server for anybody's files.
// Thread: its worker's. Limits: kVisitorsMax connections, kBodyMax octets of a request's body.
#pragma once

#include <cstdint>

#include "cli/demo/carts.h"
#include "io/scope.h"
#include "net/listener.h"

namespace weir::cli {

class DemoShop {
public:
    static constexpr std::size_t kVisitorsMax = 10'000;
    static constexpr std::size_t kBodyMax = 64 * 1024;

    // Serves until stopped; returns when the last visitor is gone.
    io::Task<> run(net::Listener& listener, io::Stop& stop);

    Carts& carts() { return carts_; }
    std::uint64_t visits() const { return visits_; }
    void count_visit() { ++visits_; }

private:
    Carts carts_;
    std::uint64_t visits_ = 0;
    io::Scope visitors_;
};

}  // namespace weir::cli
