#include "io/sim_backend.h"

#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "io/socket.h"

namespace weir::io {
namespace {

std::string key_of(const SystemAddress& address) { return {reinterpret_cast<const char*>(&address.storage), address.octets}; }

std::uint16_t* port_of(SystemAddress& address) {
    if (address.storage.ss_family == AF_INET) return &reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port;
    if (address.storage.ss_family == AF_INET6) return &reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port;
    return nullptr;
}

}  // namespace

SimBackend::SimBackend(std::uint64_t seed, const SimFaults& faults) : random_(seed), faults_(faults), now_(std::chrono::hours(1)) {}

WallTime SimBackend::wall_now() {
    // 2030-01-01: a date of its own, the same in every run.
    return WallTime(std::chrono::seconds(1'893'456'000) + now_.time_since_epoch());
}

const SimFaults& SimBackend::faults_of(const End& end) const {
    const auto found = port_faults_.find(end.service_port);
    return found == port_faults_.end() ? faults_ : found->second;
}

TimePoint SimBackend::soon(const SimFaults& faults) {
    return now_ + Duration(static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(faults.delay_max.count()) + 1)));
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
    auto& end = end_of(to);
    // What goes to one end arrives in the order it was sent.
    end.last_delivery = std::max(end.last_delivery, soon(faults_of(end)));
    happenings_.push(Happening{end.last_delivery, ++order_, kind, to, end.generation, std::move(octets)});
}

void SimBackend::poll(TimePoint until) {
    if (is_woken_.exchange(false)) until = now_;
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
    if (auto* end = find(happening.to, happening.generation)) {
        arrive(*end, happening);
        return;
    }
    // As Linux does it: octets for an end that is closed are answered with a reset. Handles are never used again, so it is that end.
    const auto& closed = end_of(happening.to);
    const bool is_answered = !happening.octets.empty() && find(closed.peer, closed.peer_generation) != nullptr;
    if (is_answered) schedule(closed.peer, Happening::Kind::reset);
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
        case Happening::Kind::reset: end.error = ECONNRESET; break;
        case Happening::Kind::refused:
            end.error = ECONNREFUSED;
            end.is_connecting = false;
            break;
        case Happening::Kind::connected:
            end.is_connecting = false;
            writable = true;
            break;
        case Happening::Kind::window: writable = true; break;
        case Happening::Kind::idle:
            readable = random_.chance(0.5);
            writable = !readable && !end.is_connecting;
            break;
    }
    // As epoll does it: both halves closed look like a break.
    const bool is_broken = end.error != 0 || (end.saw_end && end.write_closed);
    if (end.edges == Edges::input) writable = false;
    if (end.socket != nullptr) end.socket->edge(readable, writable, end.saw_end, is_broken);
}

Opened SimBackend::listen(const SystemAddress& at, const ListenOptions&) {
    SystemAddress address = at;
    if (auto* port = port_of(address); port != nullptr && *port == 0) *port = htons(next_port_++);
    const auto key = key_of(address);
    if (listeners_.contains(key)) return {kNoHandle, EADDRINUSE};
    const auto handle = open_end();
    auto& end = end_of(handle);
    end.is_listener = true;
    end.key = key;
    end.local = address;
    listeners_[key] = handle;
    return {handle, 0};
}

Opened SimBackend::accept(Handle listener, SystemAddress& peer) {
    auto& backlog = end_of(listener).backlog;
    if (backlog.empty()) return {kNoHandle, EAGAIN};
    const auto handle = backlog.front();
    backlog.erase(backlog.begin());
    peer = end_of(handle).remote;
    return {handle, 0};
}

Opened SimBackend::connect(const SystemAddress& to) {
    const auto handle = open_end();
    auto& mine = end_of(handle);
    mine.is_connecting = true;
    mine.remote = mine.local = to;
    if (const auto* port = port_of(mine.remote)) mine.service_port = ntohs(*port);
    const auto& faults = faults_of(mine);
    if (random_.chance(faults.black_hole)) return {handle, 0};
    const auto listener = listeners_.find(key_of(to));
    if (listener == listeners_.end() || random_.chance(faults.refuse)) {
        schedule(handle, Happening::Kind::refused);
        return {handle, 0};
    }
    const auto other = open_end();
    auto& theirs = end_of(other);
    mine.peer = other, mine.peer_generation = theirs.generation;
    theirs.peer = handle, theirs.peer_generation = mine.generation;
    theirs.local = to;
    theirs.service_port = mine.service_port;
    if (auto* port = port_of(mine.local)) *port = htons(next_port_++);
    theirs.remote = mine.local;
    schedule(handle, Happening::Kind::connected);
    end_of(listener->second).backlog.push_back(other);
    schedule(listener->second, Happening::Kind::data);
    return {handle, 0};
}

int SimBackend::connect_error(Handle handle) {
    const auto& end = end_of(handle);
    return end.error != 0 ? end.error : end.is_connecting ? EINPROGRESS : 0;
}

void SimBackend::local_address(Handle handle, SystemAddress& address) { address = end_of(handle).local; }

IoCount SimBackend::read(Handle handle, std::span<char> into) {
    auto& end = end_of(handle);
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
    auto& end = end_of(handle);
    if (end.error != 0) return IoCount::failed(end.error);
    if (end.write_closed) return IoCount::failed(EPIPE);
    if (end.is_connecting) return IoCount::blocked();
    const auto& faults = faults_of(end);
    std::string octets;
    for (const auto& part : from) octets.append(static_cast<const char*>(part.iov_base), part.iov_len);
    const auto asked = octets.size();
    if (asked == 0) return IoCount::of(0);
    auto room = std::min(asked, faults.window - std::min(faults.window, end.under_way));
    end.wants_window = room < asked;
    if (room == 0) return IoCount::blocked();
    if (room > 1 && random_.chance(faults.short_write)) {
        // Taken in part although there was room: as after a short write on Linux, an edge tells when to go on.
        room = 1 + random_.below(room - 1);
        schedule(handle, Happening::Kind::window);
    }
    octets.resize(room);
    send(handle, octets);
    return IoCount::of(room);
}

void SimBackend::send(Handle from, std::string_view octets) {
    auto& end = end_of(from);
    const auto& faults = faults_of(end);
    if (find(end.peer, end.peer_generation) == nullptr) {
        schedule(from, Happening::Kind::reset);  // nobody there any more
        return;
    }
    end.under_way += octets.size();
    while (!octets.empty()) {
        const auto size = std::min<std::size_t>(octets.size(), 1 + random_.below(faults.segment_max));
        schedule(end.peer, Happening::Kind::data, std::string(octets.substr(0, size)));
        octets.remove_prefix(size);
    }
    if (random_.chance(faults.idle_edge)) schedule(end.peer, Happening::Kind::idle);
    if (random_.chance(faults.reset)) {
        schedule(end.peer, Happening::Kind::reset);
        schedule(from, Happening::Kind::reset);
    }
}

void SimBackend::close_write(Handle handle) {
    auto& end = end_of(handle);
    if (std::exchange(end.write_closed, true)) return;
    if (find(end.peer, end.peer_generation) != nullptr) schedule(end.peer, Happening::Kind::end);
}

void SimBackend::close(Handle handle, bool with_reset) {
    auto& end = end_of(handle);
    if (end.is_listener) {
        listeners_.erase(end.key);
        for (const auto waiting : std::exchange(end.backlog, {})) close(waiting, true);
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

int SimBackend::watch(Handle handle, Socket& socket, Edges edges) {
    auto& end = end_of(handle);
    end.socket = &socket;
    end.edges = edges;
    // As epoll does it: what is there already is an edge at once.
    schedule(handle, end.inbox.empty() && !end.saw_end ? Happening::Kind::idle : Happening::Kind::data);
    const bool has_room = edges == Edges::all && !end.is_connecting && end.under_way < faults_of(end).window;
    if (has_room) schedule(handle, Happening::Kind::window);
    return 0;
}

void SimBackend::unwatch(Handle handle) { end_of(handle).socket = nullptr; }

}  // namespace weir::io
