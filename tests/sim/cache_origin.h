// The origin of a CacheWorld and its memory: every answer that it gave, to whom and when, and every validation of it since.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "io/scope.h"
#include "net/listener.h"
#include "sim/cache_messages.h"
#include "sim/wire.h"

namespace weir::sim {

double wall_seconds();  // of the current worker

class CacheOrigin {
public:
    CacheOrigin(const net::Address& at, std::uint64_t seed);

    io::Task<> run(io::Stop& stop);

    struct Given {
        std::string target;
        std::vector<Kept> states;  // as it was given, then all that it may be after each 304, or after a HEAD told of it
        std::size_t size = 0;      // octets of its body
    };
    const Given* given(std::uint64_t answer) const;
    std::string body_of(std::uint64_t answer) const;
    // The answer that this request got when it came through; 0: none.
    std::uint64_t served(const std::string& ask) const;
    // An unsafe request succeeded: what was given before is invalid to those who ask after its reply.
    double last_change(const std::string& target) const;
    // Has it failed anybody since then?
    bool has_failed_since(const std::string& target, double since) const;
    int asked() const { return asked_; }

private:
    io::Task<> serve(io::Handle handle);
    io::Task<bool> answer(Wire& wire, const Message& message);
    std::uint64_t known_of(const Message& message) const;
    std::uint64_t latest_of(const Message& message);
    std::string not_modified(std::uint64_t answer, const Message& message);
    std::string anew(const Message& message);

    net::Listener listener_;
    CacheMessages messages_;
    io::Scope scope_;
    std::map<std::uint64_t, Given> given_;
    std::map<std::string, std::uint64_t> served_;
    std::map<std::string, std::uint64_t> latest_;
    std::map<std::string, double> changes_;
    std::map<std::string, double> failures_;
    std::uint64_t last_answer_ = 0;
    double fails_until_ = 0;
    int asked_ = 0;
};

}  // namespace weir::sim
