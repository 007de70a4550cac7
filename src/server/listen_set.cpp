#include "server/listen_set.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/text.h"
#include "net/listener.h"

namespace weir::server {
namespace {

constexpr int kFirstActivated = 3;  // SD_LISTEN_FDS_START

void close_all(std::span<const ListenSocket> sockets) {
    for (const auto& socket : sockets) ::close(socket.handle);
}

std::string why_not(const proxy::ListenerPlan& listener, int system_errno) {
    std::string text = listener.place.text() + ": can't listen on " + listener.at.text() + ": " + std::strerror(system_errno);
    if (system_errno == EADDRINUSE) text += " (another program listens there: `ss -ltnp` shows which)";
    if (system_errno == EACCES) text += " (ports below 1024 need root or CAP_NET_BIND_SERVICE)";
    return text;
}

}  // namespace

void ListenSet::take_activated() {
    const char* pid = std::getenv("LISTEN_PID");
    const char* count = std::getenv("LISTEN_FDS");
    if (pid == nullptr || count == nullptr || parse_decimal<int>(pid) != ::getpid()) return;
    const int descriptors = parse_decimal<int>(count).value_or(0);
    for (int i = 0; i < descriptors; ++i) {
        const int descriptor = kFirstActivated + i;
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) continue;
        ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
        ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
        activated_.push_back({net::Address::from(reinterpret_cast<const sockaddr*>(&address), size), 0, descriptor});
    }
    ::unsetenv("LISTEN_PID");
    ::unsetenv("LISTEN_FDS");
}

std::expected<std::vector<ListenSocket>, std::string> ListenSet::open(const proxy::ListenerPlan& listener, std::uint32_t workers,
                                                                      bool has_port) {
    const auto activated = std::ranges::find(activated_, listener.at, &ListenSocket::at);
    if (activated != activated_.end()) return std::vector<ListenSocket>{{listener.at, 0, ::fcntl(activated->handle, F_DUPFD_CLOEXEC, 0)}};
    // SO_REUSEPORT would let a second Weir listen here, too, and take half of the connections in silence: ask for the address alone first.
    // Not where another listener of ours has the port already, on a narrower or wider address.
    if (!has_port && listener.at.family() != net::Family::local) {
        const auto probe = net::listen(listener.at, {.reuses_port = false, .only_binds = true});
        if (!probe) return std::unexpected(why_not(listener, probe.error().system_errno));
        ::close(*probe);
    }
    const std::uint32_t sockets = listener.at.family() == net::Family::local ? 1 : workers;
    std::vector<ListenSocket> opened;
    for (std::uint32_t worker = 0; worker < sockets; ++worker) {
        const auto handle = net::listen(listener.at, {});
        if (!handle) {
            close_all(opened);
            return std::unexpected(why_not(listener, handle.error().system_errno));
        }
        opened.push_back({listener.at, worker, *handle});
    }
    return opened;
}

std::expected<ListenSet::Change, std::string> ListenSet::change_to(std::span<const proxy::ListenerPlan> listeners, std::uint32_t workers) {
    Change change;
    for (const auto& listener : listeners) {
        if (std::ranges::find(present_, listener.at) != present_.end()) continue;
        const bool has_port = std::ranges::any_of(present_, [&](const auto& at) { return at.port == listener.at.port; }) ||
                              std::ranges::any_of(change.opened, [&](const auto& socket) { return socket.at.port == listener.at.port; });
        auto opened = open(listener, workers, has_port);
        if (!opened) {
            close_all(change.opened);
            return std::unexpected(std::move(opened.error()));
        }
        change.opened.insert(change.opened.end(), opened->begin(), opened->end());
    }
    for (const auto& at : present_)
        if (std::ranges::find(listeners, at, &proxy::ListenerPlan::at) == listeners.end()) change.closed.push_back(at);
    remember(listeners);
    return change;
}

void ListenSet::undo(const Change& change, std::span<const proxy::ListenerPlan> before) {
    close_all(change.opened);
    remember(before);
}

void ListenSet::remember(std::span<const proxy::ListenerPlan> listeners) {
    present_.clear();
    for (const auto& listener : listeners) present_.push_back(listener.at);
}

}  // namespace weir::server
