// Checks: the active health checks of all groups. Each distinct target is checked once for the whole process, at its interval with a jitter
// of a tenth; what comes out is written to the peers (Peer::is_down), logged and counted. Thread: the control worker's.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "io/scope.h"
#include "upstream/check.h"
#include "upstream/group.h"

namespace weir::upstream {

class Checks {
public:
    // Checks what the group's peers are now; again after they have changed.
    void watch(const Ref<Group>& group);
    void forget(const Group& group);
    // Ends all; joins.
    io::Task<> stop();

    std::size_t running() const { return checks_.size(); }

private:
    struct Subscriber {
        Ref<Group> group;
        Ref<Peer> peer;
        bool operator==(const Subscriber&) const = default;
    };
    // Owned by the coroutine that runs it.
    struct Check {
        std::string key;
        CheckTarget target;
        CheckState state;
        std::vector<Subscriber> subscribers;
        io::Stop stop;
    };

    using Members = std::vector<std::pair<Check*, Ref<Peer>>>;

    Check& find_or_start(CheckTarget target, const Peer& peer);
    void subscribe(Check& check, const Ref<Group>& group, const Ref<Peer>& peer);
    void unsubscribe(Check& check, const Group& group, const Ref<Peer>& peer);
    io::Task<> run(std::unique_ptr<Check> check);
    void take(Check& check, const CheckResult& result);

    std::unordered_map<std::string, Check*> checks_;
    std::unordered_map<const Group*, Members> members_;
    std::unordered_map<const Peer*, std::uint32_t> watched_;  // checks that have this peer
    io::Scope scope_;
};

}  // namespace weir::upstream
