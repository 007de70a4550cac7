// Outflow: what the sockets of a worker write during a turn, gathered and sent before the worker waits. A send goes through so much of the
// system's code that none of the proxy's own is left in the processor's nearest cache: with the sends in one row, what works on a request
// stays there from one request to the next, and several writes to one socket leave as one.
// Small writes only: of larger ones the copy would cost more than it saves. Owner: the Worker. Thread: its.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/backend.h"

namespace weir::io {

class Worker;

class Outflow {
public:
    static constexpr std::size_t kWriteMax = 4 * 1024;    // what is larger is sent at once
    static constexpr std::size_t kOctetsMax = 64 * 1024;  // gathered; more is not waited for: they are sent
    static constexpr std::size_t kSendsMax = 256;

    explicit Outflow(Worker& worker);
    Outflow(const Outflow&) = delete;
    Outflow& operator=(const Outflow&) = delete;
    ~Outflow();

    // Copies the parts, kWriteMax octets at most. The socket calls send() before it goes.
    void add(Socket& socket, std::span<const iovec> parts, std::size_t octets);
    void send();

    // The owner of a socket has gone before all was sent: the handle is closed when it is, when the other side has gone, or in the end.
    static constexpr Duration kStraggleTime = std::chrono::seconds(30);
    static constexpr std::size_t kStragglersMax = 4096;  // above, the connection is reset
    void finish_later(Handle handle, std::unique_ptr<std::string> rest);

private:
    class Straggler;
    struct Sending {
        Socket* socket;
        std::size_t octets;
    };

    Worker& worker_;
    std::unique_ptr<char[]> octets_;
    std::size_t used_ = 0;
    std::size_t count_ = 0;
    std::array<Sending, kSendsMax> sendings_;
    std::vector<std::unique_ptr<Straggler>> stragglers_;
};

}  // namespace weir::io
