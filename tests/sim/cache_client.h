// A client of a CacheWorld: asks for one of a few things, waits, asks again, and holds each reply against the second reading of the rules.
#pragma once

#include <string>

#include "net/address.h"
#include "sim/cache_messages.h"
#include "sim/cache_origin.h"
#include "sim/cache_world.h"

namespace weir::sim {

class CacheClient {
public:
    // What the world's configuration allows.
    static constexpr Allowed kAllowed{.while_revalidate = 8, .if_error = 18, .keep_serving = 50};

    CacheClient(const net::Address& weir, std::uint64_t seed, const CacheOrigin& origin, CacheWorldResult& result)
        : weir_(weir), messages_(seed), name_(std::to_string(seed)), origin_(origin), result_(result) {}

    io::Task<> run();

private:
    struct Asked {
        std::string method, target, id;
        Lines fields;
        double begun = 0;
    };

    Asked draw();
    io::Task<bool> ask(Wire& wire);
    void judge(const Asked& asked, const Message& reply);
    void judge_body(const Asked& asked, const Message& reply, std::uint64_t answer);
    void judge_hint(const Asked& asked, const Message& hint);
    void judge_own(const Asked& asked, const Message& reply);
    void judge_status(const Asked& asked, const Message& reply);
    std::string forbids_reuse(const Asked& asked, const CacheOrigin::Given& given, const Message& reply);
    std::string forbids_state(const Asked& asked, const Kept& state, const Message& reply);
    void fault(const Asked& asked, const Message& reply, const std::string& what);

    net::Address weir_;
    CacheMessages messages_;
    std::string name_;
    const CacheOrigin& origin_;
    CacheWorldResult& result_;
    std::string seen_tag_;  // an ETag that it was shown
    int asks_ = 0;
};

}  // namespace weir::sim
