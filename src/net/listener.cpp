#include "net/listener.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "base/log.h"
#include "io/epoll_backend.h"
#include "io/event.h"
#include "io/worker.h"

namespace weir::net {
namespace {

// accept(2): errors of the connection that was to be taken, gone meanwhile or forbidden by a firewall. The next one may be well.
bool concerns_one_connection(int system_errno) {
    switch (system_errno) {
        case ECONNABORTED:
        case EINTR:
        case EPERM:
        case EPROTO:
        case ENETDOWN:
        case ENETUNREACH:
        case ENOPROTOOPT:
        case EHOSTDOWN:
        case EHOSTUNREACH:
        case ENONET:
        case EOPNOTSUPP:
        case ETIMEDOUT: return true;
        default: return false;
    }
}

std::unexpected<Error> listen_error(int system_errno, const char* detail) {
    return std::unexpected(Error{.code = ErrorCode::system, .side = Side::self, .system_errno = system_errno, .detail = detail});
}

}  // namespace

Listener::Listener(io::Handle listening) : socket_(listening) {}

Address Listener::local() {
    io::SystemAddress address;
    io::Worker::current().backend().local_address(socket_.handle(), address);
    return Address::from(reinterpret_cast<const sockaddr*>(&address.storage), address.octets);
}

int Listener::accept_some(std::move_only_function<void(Accepted)>& take) {
    auto& backend = io::Worker::current().backend();
    for (int i = 0; i < kAcceptsATurnMax; ++i) {
        io::SystemAddress peer;
        const auto opened = backend.accept(socket_.handle(), peer);
        if (opened.handle == io::kNoHandle) {
            if (concerns_one_connection(opened.system_errno)) continue;
            return opened.system_errno;
        }
        take(Accepted{opened.handle, Address::from(reinterpret_cast<const sockaddr*>(&peer.storage), peer.octets)});
    }
    return 0;
}

io::Task<> Listener::run(std::move_only_function<void(Accepted)> take, io::Stop& stop) {
    if (socket_.watch_error() != 0) {
        log::error("listen_failed", "the system does not watch this listener",
                   {{"listen", local().text()}, {"errno", socket_.watch_error()}});
        co_return;
    }
    while (!stop.is_requested()) {
        const auto ready = co_await socket_.readable({kNever, &stop});
        if (!ready) break;
        const int error = accept_some(take);
        if (error == 0) {
            co_await io::yield();
        } else if (error == EAGAIN) {
            socket_.drained();
            report_recovery();
        } else {
            // No descriptors, no memory, or something unknown: those who wait stay in the backlog, and trying at once would spin.
            report_shortage(error);
            co_await io::sleep_until(io::Worker::current().now() + kPause, &stop);
        }
    }
    // Closing the socket would reset those whom the kernel has let in already: they are the last ones.
    for (int rounds = kLastAcceptsMax / kAcceptsATurnMax; rounds > 0 && accept_some(take) == 0; --rounds) {}
}

void Listener::report_shortage(int system_errno) {
    ++pauses_;
    const auto now = io::Worker::current().now();
    if (is_short_ || now < quiet_until_) return;
    is_short_ = true;
    quiet_until_ = now + kReportEvery;
    const auto address = local().text();
    const bool is_out_of_descriptors = system_errno == EMFILE || system_errno == ENFILE;
    log::warn("accept_paused",
              is_out_of_descriptors ? "no descriptors left for new connections; trying again every 100 ms (raise LimitNOFILE or ulimit -n)"
                                    : "the system gives no new connections; trying again every 100 ms",
              {{"listen", address}, {"errno", system_errno}});
}

void Listener::report_recovery() {
    if (std::exchange(is_short_, false)) log::info("accept_resumed", "new connections are accepted again", {{"listen", local().text()}});
}

Result<io::Handle> listen(const Address& at, const io::ListenOptions& options) {
    io::SystemAddress address;
    address.octets = at.to(address.storage);
    if (address.octets == 0) return fail(ErrorCode::system, Side::self, "the path of a Unix socket is at most 107 octets long");
    const auto opened = io::Worker::current().backend().listen(address, options);
    if (opened.handle == io::kNoHandle) return listen_error(opened.system_errno, "listen");
    return opened.handle;
}

Result<io::Handle> adopt_listening(int descriptor) {
    int is_listening = 0;
    socklen_t octets = sizeof is_listening;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &octets) != 0) return listen_error(errno, "not a socket");
    if (is_listening == 0) return listen_error(EINVAL, "not a listening socket");
    const int flags = ::fcntl(descriptor, F_GETFL);
    if (flags < 0 || ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0) return listen_error(errno, "O_NONBLOCK");
    if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) return listen_error(errno, "FD_CLOEXEC");
    io::set_up_listening(descriptor);
    return descriptor;
}

}  // namespace weir::net
