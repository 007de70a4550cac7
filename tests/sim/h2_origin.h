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
    // `pause_max`: for so long it does not read, now and then; it takes many streams then, and opens no window for what it does not take.
    H2Origin(const net::Address& at, std::uint64_t seed, Ledger& ledger, std::chrono::milliseconds pause_max);

    io::Task<> run(io::Stop& stop);

private:
    using Session = http::h2::OriginSession;
    using Request = http::h2::HeardRequest;

    void hear_head(Session& session, Request& request);
    void hear_data(Session& session, Request& request);
    void hear_end(Session& session, Request& request);
    void answer(Session& session, const Request& request, const Script& script);
    void die_late(Session& session, const Request& request, const Script& script);
    void take(Session& session, Request& request, const Script& script);
    void reset_due(Session& session);
    TimePoint later(std::chrono::milliseconds at_most);
    static void reset(Session& session, const Request& request, std::uint32_t code);
    void check(const Script& script, const Request& request);
    bool refuses(const Script& script);

    // A stream that is reset at its time.
    struct Due {
        Session* session;
        std::int32_t stream;
        TimePoint at;
    };

    const std::chrono::milliseconds pause_max_;
    std::vector<Due> due_;
    Session::Options options_;
    net::Listener listener_;
    Random random_;
    Ledger& ledger_;
    std::set<std::uint64_t> refused_;  // scripts, once each
    std::vector<std::unique_ptr<Session>> sessions_;
    io::Scope scope_;
};

}  // namespace weir::sim
