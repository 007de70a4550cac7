// H2Origin: a scripted server of HTTP/2. What a script breaks it breaks for its own stream: others share the connection.
#pragma once

#include <memory>
#include <set>
#include <vector>

#include "http/h2/origin_for_test.h"
#include "sim/origin.h"

namespace weir::sim {

class H2Origin {
public:
    H2Origin(const net::Address& at, std::uint64_t seed, Ledger& ledger);

    io::Task<> run(io::Stop& stop);

private:
    using Session = http::h2::OriginSession;
    using Request = http::h2::HeardRequest;

    void hear_head(Session& session, Request& request);
    void hear_data(Session& session, Request& request);
    void hear_end(Session& session, Request& request);
    void answer(Session& session, const Request& request, const Script& script);
    static void reset(Session& session, const Request& request, std::uint32_t code);
    void check(const Script& script, const Request& request);
    bool refuses(const Script& script);

    Session::Options options_;
    net::Listener listener_;
    Random random_;
    Ledger& ledger_;
    std::set<std::uint64_t> refused_;  // scripts, once each
    std::vector<std::unique_ptr<Session>> sessions_;
    io::Scope scope_;
};

}  // namespace weir::sim
