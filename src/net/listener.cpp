#include "net/listener.h"

#include <cerrno>

#include "base/log.h"
#include "io/event.h"
#include "io/worker.h"

namespace weir::net {

Listener::Listener(io::Handle listening) : socket_(listening) {}

Address Listener::local() {
    io::SystemAddress address;
    io::Worker::current().backend().local_address(socket_.handle(), address);
    return Address::from(reinterpret_cast<const sockaddr*>(&address.storage), address.octets);
}

io::Task<> Listener::run(std::move_only_function<void(Accepted)> take, io::Stop& stop) {
    auto& backend = io::Worker::current().backend();
    while (!stop.is_requested()) {
        const auto ready = co_await socket_.readable({kNever, &stop});
        if (!ready) break;
        int error = 0;
        for (int i = 0; i < kAcceptsATurnMax && error == 0; ++i) {
            io::SystemAddress peer;
            const auto opened = backend.accept(socket_.handle(), peer);
            error = opened.system_errno;
            if (opened.handle != io::kNoHandle)
                take(Accepted{opened.handle, Address::from(reinterpret_cast<const sockaddr*>(&peer.storage), peer.octets)});
        }
        if (error == EAGAIN) {
            is_short_ = false;
            socket_.drained();
            continue;
        }
        // ECONNABORTED and its like concern one connection that is gone already: on to the next.
        const bool is_shortage = error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
        if (is_shortage) report_shortage(error);
        const auto pause = is_shortage ? kPause : Duration::zero();
        co_await io::sleep_until(io::Worker::current().now() + pause, &stop);
    }
}

void Listener::report_shortage(int system_errno) {
    if (std::exchange(is_short_, true)) return;
    log::warn("accept_paused", "no descriptors left for new connections; trying again every 100 ms (raise LimitNOFILE or ulimit -n)",
              {{"errno", system_errno}});
}

Result<io::Handle> listen(const Address& at, const io::ListenOptions& options) {
    io::SystemAddress address;
    address.octets = at.to(address.storage);
    if (address.octets == 0) return fail(ErrorCode::system, Side::self, "the path of a Unix socket is at most 107 octets long");
    const auto opened = io::Worker::current().backend().listen(address, options);
    if (opened.handle == io::kNoHandle)
        return std::unexpected(Error{.code = ErrorCode::system, .side = Side::self, .system_errno = opened.system_errno, .detail = "listen"});
    return opened.handle;
}

}  // namespace weir::net
