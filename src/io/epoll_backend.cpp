#include "io/epoll_backend.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "base/sanitizers.h"
#include "io/socket.h"

namespace weir::io {
namespace {

constexpr std::size_t kEventsMax = 256;  // edges taken in one turn
constexpr std::uint64_t kWakeMark = ~std::uint64_t{0};

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
    struct stat status{};
    if (local->sun_path[0] == '\0' || ::lstat(local->sun_path, &status) != 0 || !S_ISSOCK(status.st_mode)) return;
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) return;
    if (::connect(probe, as_system(at), at.octets) != 0 && errno == ECONNREFUSED) ::unlink(local->sun_path);
    ::close(probe);
}

// The system itself is asked, not glibc's recv() and send(): those are points where a thread may be cancelled, and what they do about it
// costs more than the way into the kernel. No thread here is ever cancelled. Sanitizers watch glibc's calls only.
constexpr bool kAsksSystem = !kHasAddressSanitizer && !kHasThreadSanitizer;

ssize_t receive(Handle handle, std::span<char> into) {
    if constexpr (!kAsksSystem) return ::recv(handle, into.data(), into.size(), 0);
    return ::syscall(SYS_recvfrom, handle, into.data(), into.size(), 0, nullptr, nullptr);
}

ssize_t send(Handle handle, const iovec& part) {
    if constexpr (!kAsksSystem) return ::send(handle, part.iov_base, part.iov_len, MSG_NOSIGNAL);
    return ::syscall(SYS_sendto, handle, part.iov_base, part.iov_len, MSG_NOSIGNAL, nullptr, 0);
}

ssize_t send(Handle handle, const msghdr& message) {
    if constexpr (!kAsksSystem) return ::sendmsg(handle, &message, MSG_NOSIGNAL);
    return ::syscall(SYS_sendmsg, handle, &message, MSG_NOSIGNAL);
}

class EpollBackend final : public Backend {
public:
    EpollBackend() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (epoll_ < 0 || wake_ < 0) std::abort();
        epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u64 = kWakeMark}};
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
            set_up_listening(descriptor);
        } else {
            remove_stale_socket(at);
        }
        if (::bind(descriptor, as_system(at), at.octets) != 0) return give_up(descriptor);
        if (!is_tcp(at)) {
            const auto* path = reinterpret_cast<const sockaddr_un*>(&at.storage)->sun_path;
            if (path[0] != '\0' && ::chmod(path, options.local_mode) != 0) return give_up(descriptor);
        }
        if (options.only_binds) return {descriptor, 0};
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
        return counted([&] { return receive(handle, into); });
    }

    IoCount write(Handle handle, std::span<const iovec> from) override {
        if (from.size() == 1) return counted([&] { return send(handle, from[0]); });
        msghdr message{};
        message.msg_iov = const_cast<iovec*>(from.data());
        message.msg_iovlen = from.size();
        return counted([&] { return send(handle, message); });
    }

    void close_write(Handle handle) override { ::shutdown(handle, SHUT_WR); }

    void close(Handle handle, bool with_reset) override {
        forget(handle);
        if (with_reset) {
            const linger reset{.l_onoff = 1, .l_linger = 0};
            ::setsockopt(handle, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        }
        ::close(handle);
    }

    // A socket has room when it is new: told of that, each connection would cost a turn for nothing.
    int watch(Handle handle, Socket& socket, Edges edges) override {
        const auto index = static_cast<std::size_t>(handle);
        if (index >= watched_.size()) watched_.resize(std::max(index + 1, watched_.size() * 2));
        auto& watched = watched_[index];
        const bool is_new = watched.socket != &socket;
        if (is_new) watched = {.socket = &socket, .generation = ++generation_};
        epoll_event event{.events = EPOLLIN | EPOLLRDHUP | EPOLLET | (edges == Edges::all ? EPOLLOUT : 0U),
                          .data = {.u64 = std::uint64_t{watched.generation} << 32U | static_cast<std::uint32_t>(handle)}};
        if (::epoll_ctl(epoll_, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, handle, &event) == 0) return 0;
        const int why = errno;
        forget(handle);
        return why;
    }

    void unwatch(Handle handle) override {
        forget(handle);
        ::epoll_ctl(epoll_, EPOLL_CTL_DEL, handle, nullptr);
    }

private:
    int timeout_ms(TimePoint until) const {
        if (until == kNever) return -1;
        if (until <= now_) return 0;
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - now_).count();
        return static_cast<int>(std::min<std::int64_t>(wait, 60'000));
    }

    // An interrupted call is made again: taken for a blocked one it would wait for an edge that has been told already.
    template <class Call>
    static IoCount counted(Call call) {
        for (;;) {
            const auto count = call();
            if (count >= 0) return IoCount::of(static_cast<std::size_t>(count));
            if (errno == EAGAIN) return IoCount::blocked();
            if (errno != EINTR) return IoCount::failed(errno);
        }
    }

    void forget(Handle handle) {
        const auto index = static_cast<std::size_t>(handle);
        if (index < watched_.size()) watched_[index].socket = nullptr;
    }

    void tell(const epoll_event& event) const {
        // The wake's counter is never read: each write is an edge of its own.
        if (event.data.u64 == kWakeMark) return;
        const auto& watched = watched_[event.data.u64 & 0xffff'ffffU];
        // Closed since, by a hook in this very poll; or closed while a forked child still held the description, which goes on telling.
        if (watched.socket == nullptr || watched.generation != event.data.u64 >> 32U) return;
        const auto what = event.events;
        watched.socket->edge((what & EPOLLIN) != 0, (what & EPOLLOUT) != 0, (what & EPOLLRDHUP) != 0, (what & (EPOLLHUP | EPOLLERR)) != 0);
    }

    struct Watched {
        Socket* socket = nullptr;
        std::uint32_t generation = 0;
    };

    int epoll_;
    int wake_;
    TimePoint now_{};
    std::uint32_t generation_ = 0;
    std::vector<Watched> watched_;  // by descriptor
    std::array<epoll_event, kEventsMax> events_;
};

}  // namespace

void set_up_listening(int descriptor) {
    set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsentOctetsMax);
}

std::unique_ptr<Backend> make_epoll_backend() { return std::make_unique<EpollBackend>(); }

}  // namespace weir::io
