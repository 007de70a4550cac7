// For tests: an origin in the simulated world that takes connections and does with them what the test says, and a group's options.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/test_world.h"
#include "net/listener.h"
#include "upstream/options.h"

namespace weir::upstream {

inline net::Address address_of(int number) {
    return {.ip = {.family = net::Family::ipv4, .octets = {10, 0, 0, static_cast<std::uint8_t>(number)}}, .port = 80, .path = {}};
}

inline GroupOptions options_of(std::initializer_list<int> servers) {
    GroupOptions options{.name = "shop"};
    for (const int number : servers) options.servers.push_back({.at = *net::HostPort::parse(address_of(number).text(), 80)});
    return options;
}

class Origin {
public:
    explicit Origin(int number) : Origin(address_of(number)) {}
    explicit Origin(const net::Address& at) : listener_(*net::listen(at, {})) {
        scope_.spawn(listener_.run([this](net::Accepted accepted) { take(accepted); }, stop_));
    }
    Origin(const Origin&) = delete;
    Origin& operator=(const Origin&) = delete;
    // Before it goes: turn until has_ended().
    void stop() { stop_.request(); }
    bool has_ended() const { return scope_.running() == 0; }

    std::size_t accepted() const { return connections_.size(); }
    net::Stream& connection(std::size_t index) { return *connections_[index]; }
    void close(std::size_t index) { connections_[index].reset(); }
    void reset(std::size_t index) {
        connections_[index]->abort();
        connections_[index].reset();
    }
    // In worlds without short writes.
    void send(std::size_t index, std::string_view octets) {
        auto part = net::iovec_of(octets);
        connections_[index]->write({&part, 1});
    }
    // Each answer to come, without being asked for what; "" for silence.
    void answer_with(std::string octets) { answer_ = std::move(octets); }
    // What came in on all connections together.
    std::string heard() {
        std::string all;
        char room[4096];
        for (auto& connection : connections_) {
            if (connection == nullptr) continue;
            for (;;) {
                const auto count = connection->read(room);
                if (!count.is_some()) break;
                all.append(room, count.octets());
            }
        }
        return all;
    }

private:
    void take(net::Accepted accepted) {
        connections_.push_back(std::make_unique<net::SocketStream>(accepted.handle));
        if (!answer_.empty()) send(connections_.size() - 1, answer_);
    }

    net::Listener listener_;
    std::vector<std::unique_ptr<net::Stream>> connections_;
    std::string answer_;
    io::Stop stop_;
    io::Scope scope_;
};

}  // namespace weir::upstream
