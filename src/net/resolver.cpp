#include "net/resolver.h"

#include <ares.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <stdexcept>

#include "io/event.h"
#include "io/scope.h"
#include "io/socket.h"
#include "io/worker.h"

namespace weir::net {
namespace {

constexpr int kReadsATurnMax = 64;  // datagrams of one socket, then others get their turn

// One question under way. Whoever lets go last deletes it: the coroutine that waits, or the answer that comes too late for it.
struct Query {
    io::Event done;
    Result<Resolution> result = fail(ErrorCode::unresolved, Side::upstream, "no answer", Retry::yes);
    bool is_answered = false;
    bool is_abandoned = false;
};

// c-ares opens, reads and closes its sockets through these; the loop tells of edges. Reading stops at EAGAIN, as edges demand.
struct WatchedSocket final : io::EdgeHook {
    WatchedSocket(int descriptor, io::Event& wake) : socket(descriptor, io::Socket::State::connecting), changed(wake) {
        socket.set_hook(this);
    }
    void on_edge(io::Readiness&) override {
        has_edge = true;
        changed.notify();
    }
    io::Socket socket;
    io::Event& changed;
    bool has_edge = true;
    bool is_drained = true;
};

class CaresResolver final : public Resolver {
public:
    explicit CaresResolver(ResolverOptions options) : options_(std::move(options)) { open(); }
    CaresResolver(const CaresResolver&) = delete;
    CaresResolver& operator=(const CaresResolver&) = delete;
    ~CaresResolver() override { ares_destroy(channel_); }

    io::Task<Result<Resolution>> resolve(std::string name, io::Deadline deadline) override;
    io::Task<> close() override;

private:
    void open();
    void open_again_if_changed();
    void ask(const std::string& name, Query& query);
    void answered(Query& query, int status, const ares_addrinfo* list);
    io::Task<> drive();
    void process(int descriptor);
    TimePoint next_timeout() const;

    static const ares_socket_functions kFunctions;

    ResolverOptions options_;
    ares_channel channel_{};
    std::map<int, std::unique_ptr<WatchedSocket>> sockets_;
    io::Event changed_;
    io::Scope scope_;
    std::size_t pending_ = 0;
    struct timespec configured_at_{};
};

std::runtime_error unusable(const char* what, int status) { return std::runtime_error(std::string(what) + ": " + ares_strerror(status)); }

struct timespec changed_at(const char* path) {
    struct stat status{};
    return ::stat(path, &status) == 0 ? status.st_mtim : timespec{};
}

const ares_socket_functions CaresResolver::kFunctions{
    .asocket = [](int family, int type, int protocol, void*) -> ares_socket_t {
        return ::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    },
    .aclose =
        [](ares_socket_t descriptor, void* self) {
            // The watched socket closes its descriptor.
            if (static_cast<CaresResolver*>(self)->sockets_.erase(descriptor) == 0) ::close(descriptor);
            return 0;
        },
    .aconnect =
        [](ares_socket_t descriptor, const sockaddr* to, ares_socklen_t octets, void* self) {
            auto& resolver = *static_cast<CaresResolver*>(self);
            const int outcome = ::connect(descriptor, to, octets);
            const int why = errno;
            // Watched from here on: an unconnected TCP socket would tell of a hang-up.
            if (outcome == 0 || why == EINPROGRESS)
                resolver.sockets_[descriptor] = std::make_unique<WatchedSocket>(descriptor, resolver.changed_);
            errno = why;
            return outcome;
        },
    .arecvfrom = [](ares_socket_t descriptor, void* into, std::size_t size, int flags, sockaddr* from, ares_socklen_t* octets,
                    void* self) -> ares_ssize_t {
        const auto count = ::recvfrom(descriptor, into, size, flags, from, octets);
        auto& sockets = static_cast<CaresResolver*>(self)->sockets_;
        if (const auto found = sockets.find(descriptor); found != sockets.end()) found->second->is_drained = count < 0;
        return count;
    },
    .asendv = [](ares_socket_t descriptor, const iovec* parts, int count, void*) -> ares_ssize_t {
        msghdr message{};
        message.msg_iov = const_cast<iovec*>(parts);
        message.msg_iovlen = static_cast<std::size_t>(count);
        return ::sendmsg(descriptor, &message, MSG_NOSIGNAL);
    },
};

void CaresResolver::open() {
    if (const int status = ares_library_init(ARES_LIB_INIT_ALL); status != ARES_SUCCESS) throw unusable("c-ares", status);
    configured_at_ = changed_at("/etc/resolv.conf");
    ares_options given{};
    given.timeout = static_cast<int>(options_.try_timeout.count());
    given.tries = options_.tries;
    char files_first[] = "fb";
    given.lookups = files_first;
    const int status = ares_init_options(&channel_, &given, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS);
    if (status != ARES_SUCCESS) throw unusable("resolver", status);
// c-ares 1.34 names a successor, which Debian 12's does not have.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
    ares_set_socket_functions(channel_, &kFunctions, this);
#pragma clang diagnostic pop
    if (options_.servers.empty()) return;
    std::string list;
    for (const auto& server : options_.servers) list += (list.empty() ? "" : ",") + server;
    if (const int set = ares_set_servers_ports_csv(channel_, list.c_str()); set != ARES_SUCCESS) {
        ares_destroy(channel_);
        throw unusable(("resolvers " + list).c_str(), set);
    }
}

// A laptop changes its network, a container its name server: the next question goes to the new ones.
void CaresResolver::open_again_if_changed() {
    if (!options_.servers.empty() || pending_ != 0) return;
    const auto now = changed_at("/etc/resolv.conf");
    if (now.tv_sec == configured_at_.tv_sec && now.tv_nsec == configured_at_.tv_nsec) return;
    ares_destroy(channel_);
    open();
}

io::Task<Result<Resolution>> CaresResolver::resolve(std::string name, io::Deadline deadline) {
    open_again_if_changed();
    auto* query = new Query;
    ask(name, *query);
    if (!query->is_answered) {
        const auto waited = co_await query->done.wait(deadline);
        if (!query->is_answered) {
            query->is_abandoned = true;
            co_return fail(waited ? ErrorCode::timeout : waited.error().code, Side::upstream, "the name was not resolved in time",
                           Retry::yes);
        }
    }
    auto result = std::move(query->result);
    delete query;
    co_return std::move(result);
}

void CaresResolver::ask(const std::string& name, Query& query) {
    struct Call {
        CaresResolver& resolver;
        Query& query;
    };
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = ARES_AI_NOSORT;  // balancing decides, not the order
    ++pending_;
    ares_getaddrinfo(
        channel_, name.c_str(), nullptr, &hints,
        [](void* argument, int status, int, ares_addrinfo* list) {
            const std::unique_ptr<Call> call(static_cast<Call*>(argument));
            call->resolver.answered(call->query, status, list);
            if (list != nullptr) ares_freeaddrinfo(list);
        },
        new Call{*this, query});
    if (pending_ != 0 && scope_.running() == 0) scope_.spawn(drive());
    changed_.notify();
}

Result<Resolution> resolution_of(int status, const ares_addrinfo* list) {
    if (status != ARES_SUCCESS) return fail(ErrorCode::unresolved, Side::upstream, ares_strerror(status), Retry::yes);
    Resolution out;
    int ttl = -1;
    const auto shorten = [&ttl](int other) { ttl = ttl < 0 ? other : std::min(ttl, other); };
    for (const auto* node = list->nodes; node != nullptr && out.addresses.size() < Resolver::kAddressesMax; node = node->ai_next) {
        out.addresses.push_back(Address::from(node->ai_addr, node->ai_addrlen).ip);
        shorten(node->ai_ttl);
    }
    for (const auto* alias = list->cnames; alias != nullptr; alias = alias->next) shorten(alias->ttl);
    if (out.addresses.empty()) return fail(ErrorCode::unresolved, Side::upstream, "the name has no address", Retry::yes);
    std::ranges::sort(out.addresses);
    const auto repeated = std::ranges::unique(out.addresses);
    out.addresses.erase(repeated.begin(), repeated.end());
    out.ttl = std::chrono::seconds(std::max(ttl, 0));
    return out;
}

void CaresResolver::answered(Query& query, int status, const ares_addrinfo* list) {
    --pending_;
    changed_.notify();
    if (query.is_abandoned) {
        delete &query;
        return;
    }
    query.result = resolution_of(status, list);
    query.is_answered = true;
    query.done.notify();
}

TimePoint CaresResolver::next_timeout() const {
    timeval left{};
    if (ares_timeout(channel_, nullptr, &left) == nullptr) return kNever;
    return io::Worker::current().now() + std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
}

// Runs while questions are under way: c-ares does nothing by itself.
io::Task<> CaresResolver::drive() {
    while (pending_ != 0) {
        co_await changed_.wait({next_timeout(), nullptr});
        std::vector<int> ready;
        for (const auto& [descriptor, watched] : sockets_)
            if (std::exchange(watched->has_edge, false)) ready.push_back(descriptor);
        for (const int descriptor : ready) process(descriptor);
        ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // timeouts
    }
}

void CaresResolver::process(int descriptor) {
    for (int reads = 0; reads < kReadsATurnMax; ++reads) {
        const auto found = sockets_.find(descriptor);
        if (found == sockets_.end()) return;
        found->second->is_drained = true;  // unless a read finds something
        ares_process_fd(channel_, descriptor, descriptor);
        const auto still = sockets_.find(descriptor);
        if (still == sockets_.end() || still->second->is_drained) return;
    }
    const auto left = sockets_.find(descriptor);
    if (left == sockets_.end()) return;
    left->second->has_edge = true;
    changed_.notify();
}

io::Task<> CaresResolver::close() {
    ares_cancel(channel_);
    co_await scope_.join();
}

}  // namespace

std::unique_ptr<Resolver> make_resolver(const ResolverOptions& options) { return std::make_unique<CaresResolver>(options); }

}  // namespace weir::net
