// Origin: a scripted server. Each request says in its target what its answer shall be.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "io/scope.h"
#include "net/listener.h"
#include "sim/script.h"
#include "sim/wire.h"

namespace weir::sim {

// What the origins saw of one script, over all its tries.
struct Seen {
    int heads = 0;
    int whole = 0;
    bool is_wrong = false;
    std::string why;
};
using Ledger = std::map<std::uint64_t, Seen>;

class Origin {
public:
    Origin(const net::Address& at, std::uint64_t seed, Ledger& ledger);

    io::Task<> run(io::Stop& stop);

private:
    io::Task<> serve(io::Handle handle);
    io::Task<bool> serve_one(Wire& wire);
    io::Task<bool> answer(Wire& wire, const Script& script);
    io::Task<bool> upgrade(Wire& wire, const Script& script, Message& message);
    void check(const Script& script, const Message& message);

    net::Listener listener_;
    Random random_;
    Ledger& ledger_;
    io::Scope scope_;
};

}  // namespace weir::sim
