#include "io/epoll_backend.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>

#include "io/socket.h"

namespace weir::io {
namespace {

constexpr std::size_t kEventsMax = 256;  // edges taken in one turn

Duration read_clock(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec);
}

void set_option(int descriptor, int level, int option, int value) { ::setsockopt(descriptor, level, option, &value, sizeof value); }

bool is_tcp(const SystemAddress& address) { return address.storage.ss_family == AF_INET || address.storage.ss_family == AF_INET6; }

Opened opened_or_errno(int descriptor) { return descriptor >= 0 ? Opened{descriptor, 0} : Opened{kNoHandle, errno}; }

Opened give_up(int descriptor) {
    const int why = errno;
    ::close(descriptor);
    return {kNoHandle, why};
}

const sockaddr* as_system(const SystemAddress& address) { return reinterpret_cast<const sockaddr*>(&address.storage); }
sockaddr* as_system(SystemAddress& address) { return reinterpret_cast<sockaddr*>(&address.storage); }

// A Unix socket's file that nobody listens on any more is in the way of a new one: remove it, but only such a one.
void remove_stale_socket(const SystemAddress& at) {
    const auto* local = reinterpret_cast<const sockaddr_un*>(&at.storage);
    struct stat status {};
    if (local->sun_path[0] == '\0' || ::lstat(local->sun_path, &status) != 0 || !S_ISSOCK(status.st_mode)) return;
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) return;
    if (::connect(probe, as_system(at), at.octets) != 0 && errno == ECONNREFUSED) ::unlink(local->sun_path);
    ::close(probe);
}

class EpollBackend final : public Backend {
public:
    EpollBackend() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (epoll_ < 0 || wake_ < 0) std::abort();
        epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.ptr = nullptr}};
        if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) != 0) std::abort();
    }
    EpollBackend(const EpollBackend&) = delete;
    EpollBackend& operator=(const EpollBackend&) = delete;
    ~EpollBackend() override {
        ::close(wake_);
        ::close(epoll_);
    }

    TimePoint now() override { return now_ = TimePoint(read_clock(CLOCK_MONOTONIC)); }
    WallTime wall_now() override { return WallTime(read_clock(CLOCK_REALTIME)); }

    void poll(TimePoint until) override {
        const int count = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), timeout_ms(until));
        for (int i = 0; i < count; ++i) tell(events_[static_cast<std::size_t>(i)]);
    }

    void wake() override {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
    }

    Opened listen(const SystemAddress& at, const ListenOptions& options) override {
        const int descriptor = ::socket(at.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (descriptor < 0) return {kNoHandle, errno};
        if (is_tcp(at)) {
            set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
            if (options.reuses_port) set_option(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
            if (at.storage.ss_family == AF_INET6) set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, options.is_ipv6_only ? 1 : 0);
            set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);  // accepted connections inherit it
        } else {
            remove_stale_socket(at);
        }
        if (::bind(descriptor, as_system(at), at.octets) != 0) return give_up(descriptor);
        if (!is_tcp(at)) {
            const auto* path = reinterpret_cast<const sockaddr_un*>(&at.storage)->sun_path;
            if (path[0] != '\0') ::chmod(path, options.local_mode);
        }
        if (::listen(descriptor, options.backlog) != 0) return give_up(descriptor);
        return {descriptor, 0};
    }

    Opened accept(Handle listener, SystemAddress& peer) override {
        peer.octets = sizeof peer.storage;
        return opened_or_errno(::accept4(listener, as_system(peer), &peer.octets, SOCK_NONBLOCK | SOCK_CLOEXEC));
    }

    Opened connect(const SystemAddress& to) override {
        const int descriptor = ::socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (descriptor < 0) return {kNoHandle, errno};
        if (is_tcp(to)) set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
        if (::connect(descriptor, as_system(to), to.octets) != 0 && errno != EINPROGRESS) return give_up(descriptor);
        return {descriptor, 0};
    }

    int connect_error(Handle handle) override {
        int error = 0;
        socklen_t size = sizeof error;
        return ::getsockopt(handle, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
    }

    void local_address(Handle handle, SystemAddress& address) override {
        address.octets = sizeof address.storage;
        if (::getsockname(handle, as_system(address), &address.octets) != 0) address.octets = 0;
    }

    IoCount read(Handle handle, std::span<char> into) override {
        const auto count = ::recv(handle, into.data(), into.size(), 0);
        return count >= 0 ? IoCount::of(static_cast<std::size_t>(count)) : blocked_or_failed();
    }

    IoCount write(Handle handle, std::span<const iovec> from) override {
        msghdr message{};
        message.msg_iov = const_cast<iovec*>(from.data());
        message.msg_iovlen = from.size();
        const auto count = from.size() == 1 ? ::send(handle, from[0].iov_base, from[0].iov_len, MSG_NOSIGNAL)
                                            : ::sendmsg(handle, &message, MSG_NOSIGNAL);
        return count >= 0 ? IoCount::of(static_cast<std::size_t>(count)) : blocked_or_failed();
    }

    void close_write(Handle handle) override { ::shutdown(handle, SHUT_WR); }

    void close(Handle handle, bool with_reset) override {
        if (with_reset) {
            const linger reset{.l_onoff = 1, .l_linger = 0};
            ::setsockopt(handle, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        }
        ::close(handle);
    }

    int watch(Handle handle, Socket& socket) override {
        epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &socket}};
        return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, handle, &event) == 0 ? 0 : errno;
    }

    void unwatch(Handle handle) override { ::epoll_ctl(epoll_, EPOLL_CTL_DEL, handle, nullptr); }

private:
    int timeout_ms(TimePoint until) const {
        if (until == kNever) return -1;
        if (until <= now_) return 0;
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - now_).count();
        return static_cast<int>(std::min<std::int64_t>(wait, 60'000));
    }

    static IoCount blocked_or_failed() {
        return errno == EAGAIN || errno == EINTR ? IoCount::blocked() : IoCount::failed(errno);
    }

    void tell(const epoll_event& event) const {
        if (event.data.ptr == nullptr) {
            std::uint64_t count = 0;
            [[maybe_unused]] const auto got = ::read(wake_, &count, sizeof count);
            return;
        }
        const auto what = event.events;
        static_cast<Socket*>(event.data.ptr)
            ->edge((what & EPOLLIN) != 0, (what & EPOLLOUT) != 0, (what & EPOLLRDHUP) != 0, (what & (EPOLLHUP | EPOLLERR)) != 0);
    }

    int epoll_;
    int wake_;
    TimePoint now_{};
    std::array<epoll_event, kEventsMax> events_;
};

}  // namespace

std::unique_ptr<Backend> make_epoll_backend() { return std::make_unique<EpollBackend>(); }

}  // namespace weir::io
