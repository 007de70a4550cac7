// Names: keeps the names of all groups resolved. Each distinct name is asked for once, again when its TTL is over, and told to every group
// that has it. A resolver that does not answer changes nothing: the last addresses stay. Thread: the control worker's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/scope.h"
#include "net/resolver.h"
#include "upstream/group.h"

namespace weir::upstream {

class Names {
public:
    static constexpr Duration kTtlMin = std::chrono::seconds(1);
    static constexpr Duration kTtlMax = std::chrono::minutes(5);
    static constexpr Duration kAnswerMax = std::chrono::seconds(10);  // for one answer, over all tries and servers
    static constexpr Duration kRetryMin = std::chrono::seconds(1);    // after a failure, doubled each time …
    static constexpr Duration kRetryMax = std::chrono::seconds(30);   // … up to this

    // `changed` is called after a group has got addresses.
    Names(net::Resolver& resolver, std::move_only_function<void(Group&)> changed) : resolver_(resolver), changed_(std::move(changed)) {}

    // Watches the names among a group's servers.
    void watch(const Ref<Group>& group);
    void forget(const Group& group);
    // Ends all; joins.
    io::Task<> stop();

    std::size_t watched() const { return names_.size(); }

private:
    struct Subscriber {
        Ref<Group> group;
        std::size_t server = 0;
    };
    // Owned by the coroutine that keeps it.
    struct Name {
        std::string host;
        std::vector<Subscriber> subscribers;
        std::optional<std::vector<net::Ip>> last;
        Duration retry = kRetryMin;
        bool is_failing = false;
        io::Stop stop;
    };

    io::Task<> keep(std::unique_ptr<Name> name);
    Duration accept(Name& name, const net::Resolution& resolution);
    Duration refuse(Name& name, const Error& error);
    void tell(const Name& name, const Subscriber& subscriber);

    net::Resolver& resolver_;
    std::move_only_function<void(Group&)> changed_;
    std::map<std::string, Name*, std::less<>> names_;
    io::Scope scope_;
};

}  // namespace weir::upstream
