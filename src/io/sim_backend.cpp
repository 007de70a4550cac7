#include "io/sim_backend.h"

#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "io/socket.h"

namespace weir::io {
namespace {

std::string key_of(const SystemAddress& address) {
    return {reinterpret_cast<const char*>(&address.storage), address.octets};
}

std::uint16_t* port_of(SystemAddress& address) {
    if (address.storage.ss_family == AF_INET) return &reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port;
    if (address.storage.ss_family == AF_INET6) return &reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port;
    return nullptr;
}

}  // namespace

SimBackend::SimBackend(std::uint64_t seed, const SimFaults& faults)
    : random_(seed), faults_(faults), now_(std::chrono::hours(1)) {}

WallTime SimBackend::wall_now() {
    // 2030-01-01: a date of its own, the same in every run.
    return WallTime(std::chrono::seconds(1'893'456'000) + now_.time_since_epoch());
}

TimePoint SimBackend::soon() {
    return now_ + Duration(static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(faults_.delay_max.count()) + 1)));
}

Handle SimBackend::open_end() {
    // Handles are not used again at once, so that a stale one is noticed.
    ends_.push_back(std::make_unique<End>());
    auto& end = *ends_.back();
    end.is_open = true;
    end.generation = ++generation_;
    ++open_;
    return static_cast<Handle>(ends_.size() - 1);
}

SimBackend::End* SimBackend::find(Handle handle, std::uint64_t generation) {
    if (handle < 0 || static_cast<std::size_t>(handle) >= ends_.size()) return nullptr;
    auto* end = ends_[static_cast<std::size_t>(handle)].get();
    return end->is_open && end->generation == generation ? end : nullptr;
}

void SimBackend::schedule(Handle to, Happening::Kind kind, std::string octets) {
    auto& end = *ends_[static_cast<std::size_t>(to)];
    // What goes to one end arrives in the order it was sent.
    end.last_delivery = std::max(end.last_delivery, soon());
    happenings_.push(Happening{end.last_delivery, ++order_, kind, to, end.generation, std::move(octets)});
}

void SimBackend::poll(TimePoint until) {
    is_quiet_ = happenings_.empty() && until == kNever;
    if (is_quiet_) return;
    if (happenings_.empty() || happenings_.top().at > until) {
        now_ = std::max(now_, until);
        return;
    }
    now_ = std::max(now_, happenings_.top().at);
    while (!happenings_.empty() && happenings_.top().at <= now_) {
        auto happening = happenings_.top();
        happenings_.pop();
        happen(happening);
    }
}

void SimBackend::happen(Happening& happening) {
    auto* end = find(happening.to, happening.generation);
    if (end != nullptr) arrive(*end, happening);
}

void SimBackend::arrive(End& end, Happening& happening) {
    bool readable = false;
    bool writable = false;
    switch (happening.kind) {
        case Happening::Kind::data:
            end.inbox += happening.octets;
            readable = true;
            break;
        case Happening::Kind::end:
            end.saw_end = true;
            readable = true;
            break;
        case Happening::Kind::reset:
            end.error = ECONNRESET;
            break;
        case Happening::Kind::refused:
            end.error = ECONNREFUSED;
            end.is_connecting = false;
            break;
        case Happening::Kind::connected:
            end.is_connecting = false;
            writable = true;
            break;
        case Happening::Kind::window:
            writable = true;
            break;
        case Happening::Kind::idle:
            readable = random_.chance(0.5);
            writable = !readable && !end.is_connecting;
            break;
    }
    if (end.socket != nullptr) end.socket->edge(readable, writable, end.saw_end, end.error != 0);
}

Opened SimBackend::listen(const SystemAddress& at, const ListenOptions&) {
    SystemAddress address = at;
    if (auto* port = port_of(address); port != nullptr && *port == 0) *port = htons(next_port_++);
    const auto key = key_of(address);
    if (listeners_.contains(key)) return {kNoHandle, EADDRINUSE};
    const auto handle = open_end();
    auto& end = *ends_[static_cast<std::size_t>(handle)];
    end.is_listener = true;
    end.key = key;
    end.local = address;
    listeners_[key] = handle;
    return {handle, 0};
}

Opened SimBackend::accept(Handle listener, SystemAddress& peer) {
    auto& backlog = ends_[static_cast<std::size_t>(listener)]->backlog;
    if (backlog.empty()) return {kNoHandle, EAGAIN};
    const auto handle = backlog.front();
    backlog.pop_front();
    peer = ends_[static_cast<std::size_t>(handle)]->remote;
    return {handle, 0};
}

Opened SimBackend::connect(const SystemAddress& to) {
    const auto handle = open_end();
    ends_[static_cast<std::size_t>(handle)]->is_connecting = true;
    if (random_.chance(faults_.black_hole)) return {handle, 0};
    const auto listener = listeners_.find(key_of(to));
    if (listener == listeners_.end() || random_.chance(faults_.refuse)) {
        schedule(handle, Happening::Kind::refused);
        return {handle, 0};
    }
    const auto other = open_end();
    auto& mine = *ends_[static_cast<std::size_t>(handle)];
    auto& theirs = *ends_[static_cast<std::size_t>(other)];
    mine.peer = other, mine.peer_generation = theirs.generation;
    theirs.peer = handle, theirs.peer_generation = mine.generation;
    mine.remote = theirs.local = to;
    mine.local = to;
    if (auto* port = port_of(mine.local)) *port = htons(next_port_++);
    theirs.remote = mine.local;
    schedule(handle, Happening::Kind::connected);
    ends_[static_cast<std::size_t>(listener->second)]->backlog.push_back(other);
    schedule(listener->second, Happening::Kind::data);
    return {handle, 0};
}

int SimBackend::connect_error(Handle handle) {
    const auto& end = *ends_[static_cast<std::size_t>(handle)];
    return end.is_connecting ? EINPROGRESS : end.error;
}

void SimBackend::local_address(Handle handle, SystemAddress& address) { address = ends_[static_cast<std::size_t>(handle)]->local; }

IoCount SimBackend::read(Handle handle, std::span<char> into) {
    auto& end = *ends_[static_cast<std::size_t>(handle)];
    if (!end.inbox.empty()) {
        const auto count = std::min(into.size(), end.inbox.size());
        std::copy_n(end.inbox.data(), count, into.data());
        end.inbox.erase(0, count);
        if (auto* writer = find(end.peer, end.peer_generation)) {
            writer->under_way -= count;
            if (std::exchange(writer->wants_window, false)) schedule(end.peer, Happening::Kind::window);
        }
        return IoCount::of(count);
    }
    if (end.error != 0) return IoCount::failed(end.error);
    return end.saw_end ? IoCount::of(0) : IoCount::blocked();
}

IoCount SimBackend::write(Handle handle, std::span<const iovec> from) {
    auto& end = *ends_[static_cast<std::size_t>(handle)];
    if (end.error != 0) return IoCount::failed(end.error);
    if (end.write_closed) return IoCount::failed(EPIPE);
    if (end.is_connecting) return IoCount::blocked();
    std::string octets;
    for (const auto& part : from) octets.append(static_cast<const char*>(part.iov_base), part.iov_len);
    auto room = faults_.window - std::min(faults_.window, end.under_way);
    if (room == 0) {
        end.wants_window = true;
        return IoCount::blocked();
    }
    room = std::min(room, octets.size());
    if (room > 1 && random_.chance(faults_.short_write)) room = 1 + random_.below(room);
    octets.resize(room);
    if (find(end.peer, end.peer_generation) == nullptr) {
        schedule(handle, Happening::Kind::reset);  // nobody there any more
        return IoCount::of(room);
    }
    end.under_way += room;
    for (std::size_t at = 0; at < room;) {
        const auto size = std::min<std::size_t>(room - at, 1 + random_.below(faults_.segment_max));
        schedule(end.peer, Happening::Kind::data, octets.substr(at, size));
        at += size;
    }
    if (random_.chance(faults_.idle_edge)) schedule(end.peer, Happening::Kind::idle);
    if (random_.chance(faults_.reset)) {
        schedule(end.peer, Happening::Kind::reset);
        schedule(handle, Happening::Kind::reset);
    }
    return IoCount::of(room);
}

void SimBackend::close_write(Handle handle) {
    auto& end = *ends_[static_cast<std::size_t>(handle)];
    if (std::exchange(end.write_closed, true)) return;
    if (find(end.peer, end.peer_generation) != nullptr) schedule(end.peer, Happening::Kind::end);
}

void SimBackend::close(Handle handle, bool with_reset) {
    auto& end = *ends_[static_cast<std::size_t>(handle)];
    if (end.is_listener) {
        listeners_.erase(end.key);
        while (!end.backlog.empty()) {
            const auto waiting = end.backlog.front();
            end.backlog.pop_front();
            close(waiting, true);
        }
    }
    if (find(end.peer, end.peer_generation) != nullptr) {
        // As Linux does it: closing with octets unread is a reset.
        const bool resets = with_reset || !end.inbox.empty();
        if (resets || !end.write_closed) schedule(end.peer, resets ? Happening::Kind::reset : Happening::Kind::end);
    }
    end.is_open = false;
    end.socket = nullptr;
    end.inbox.clear();
    end.inbox.shrink_to_fit();
    --open_;
}

int SimBackend::watch(Handle handle, Socket& socket) {
    auto& end = *ends_[static_cast<std::size_t>(handle)];
    end.socket = &socket;
    // As epoll does it: what is there already is an edge at once.
    schedule(handle, end.inbox.empty() && !end.saw_end ? Happening::Kind::idle : Happening::Kind::data);
    return 0;
}

void SimBackend::unwatch(Handle handle) { ends_[static_cast<std::size_t>(handle)]->socket = nullptr; }

}  // namespace weir::io
