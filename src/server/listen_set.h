// ListenSet: the listening sockets of the process. For TCP each worker has its own (SO_REUSEPORT); a Unix socket, and one that systemd
// passed, is the first worker's, who hands connections over. Opened by the control thread before privileges are dropped.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "io/backend.h"
#include "net/address.h"
#include "proxy/plan.h"

namespace weir::server {

struct ListenSocket {
    net::Address at;
    std::uint32_t worker = 0;
    io::Handle handle = io::kNoHandle;
};

class ListenSet {
public:
    // Descriptors of socket activation (LISTEN_FDS, LISTEN_PID), to be used for the listeners whose address they have.
    void take_activated();

    struct Change {
        std::vector<ListenSocket> opened;  // to be handed to their workers
        std::vector<net::Address> closed;  // to be closed by all workers
    };
    // What has to change so that exactly these are listened on. On an error nothing has changed.
    std::expected<Change, std::string> change_to(std::span<const proxy::ListenerPlan> listeners, std::uint32_t workers);

    // The change is not to be after all: closes what it opened.
    void undo(const Change& change, std::span<const proxy::ListenerPlan> before);

private:
    std::expected<std::vector<ListenSocket>, std::string> open(const proxy::ListenerPlan& listener, std::uint32_t workers, bool has_port);
    void remember(std::span<const proxy::ListenerPlan> listeners);
    std::vector<net::Address> present_;
    std::vector<ListenSocket> activated_;
};

}  // namespace weir::server
