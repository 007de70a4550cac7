// Resolver: names to addresses, without blocking the worker it runs on. A and AAAA by c-ares, /etc/hosts first; the servers are those of
// /etc/resolv.conf (read again when it changes) or configured ones. It caches nothing: the TTL tells the caller when to ask again.
// Owner: the control worker; its thread. A simulation has its own.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/task.h"
#include "io/wait.h"
#include "net/address.h"

namespace weir::net {

struct Resolution {
    std::vector<Ip> addresses;  // sorted, each once
    Duration ttl{};             // the shortest of the answer; zero for /etc/hosts
};

class Resolver {
public:
    static constexpr std::size_t kAddressesMax = 1024;  // of one name; further ones are left out

    virtual ~Resolver() = default;
    // Errors: unresolved (with the reason as detail), timeout, cancelled. The name is copied.
    virtual io::Task<Result<Resolution>> resolve(std::string name, io::Deadline deadline) = 0;
    // Ends what is under way with an error; must have ended before the resolver is destroyed.
    virtual io::Task<> close() = 0;
};

struct ResolverOptions {
    std::vector<std::string> servers;  // "10.0.0.2", "10.0.0.2:5353", "[::1]:53"; empty: as the system has it
    std::chrono::milliseconds try_timeout{2000};
    int tries = 3;  // over all servers, each with a longer timeout
};

// On a worker with the real backend. Throws std::runtime_error when the options are not usable.
std::unique_ptr<Resolver> make_resolver(const ResolverOptions& options);

}  // namespace weir::net
