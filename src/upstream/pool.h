// Pool: one worker's connections to one peer: the idle ones, last used first, a count of those that are leased, and those of HTTP/2 that
// many leases share. An idle connection holds no buffer; any sign on it (octets nobody asked for, its end, a reset) closes it at once.
// Thread: the worker's. Limits: KeepAliveOptions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>

#include "io/event.h"
#include "io/frame_pool.h"
#include "net/stream.h"
#include "upstream/peer.h"
#include "upstream/shared_connection.h"
#include "upstream/spares.h"

namespace weir::upstream {

class GroupView;
class Pool;

// A connection to a peer: leased, or idle in its pool. Or the lease of a stream on a shared one.
class Connection final : public io::EdgeHook {
public:
    Connection(Pool& pool, std::unique_ptr<net::Stream> stream) : pool_(pool), stream_(std::move(stream)), at_(stream_.get()) {}
    Connection(Pool& pool, SharedConnection& shared) : pool_(pool), at_(&shared.stream()), shared_(&shared), requests_(shared.requests()) {}
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    static void* operator new(std::size_t octets) { return io::FramePool::take(octets); }
    static void operator delete(void* memory, std::size_t octets) noexcept { io::FramePool::give(memory, octets); }

    Pool& pool() const { return pool_; }
    net::Stream& stream() const { return *at_; }
    SharedConnection* shared() const { return shared_; }
    // Exchanges that were finished on it.
    std::uint32_t requests() const { return requests_; }
    void count_request() { ++requests_; }

    bool is_trial = false;     // of an ejected peer
    bool is_reported = false;  // its present lease has said how it went

private:
    friend class Pool;
    void on_edge(io::Readiness&) override;
    bool has_sign() const {
        const auto& socket = stream_->readiness();
        return socket.may_read() || socket.saw_end() || socket.is_broken();
    }
    bool is_quiet() const;

    Pool& pool_;
    std::unique_ptr<net::Stream> stream_;
    net::Stream* at_;
    SharedConnection* shared_ = nullptr;
    Connection* before_ = nullptr;  // used later than this one
    Connection* after_ = nullptr;
    TimePoint idle_since_{};
    std::uint32_t requests_ = 0;
};

// Exchanges that wait for a shared connection that another one makes. An entry lives in the waiting coroutine's frame.
class Arrivals {
public:
    struct Entry {
        explicit Entry(Arrivals& all) : at(all), next(std::exchange(all.first_, this)) {}
        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;
        ~Entry() {
            auto** one = &at.first_;
            while (*one != nullptr && *one != this) one = &(*one)->next;
            if (*one == this) *one = next;
        }
        Arrivals& at;
        Entry* next;
        io::Event told;
        bool is_outrun = false;      // another peer was quicker
        std::optional<Error> error;  // why none came
    };
    bool is_under_way = false;
    void tell(const std::optional<Error>& error, bool is_outrun = false) {
        is_under_way = false;
        for (auto* one = std::exchange(first_, nullptr); one != nullptr; one = one->next) {
            one->is_outrun = is_outrun;
            one->error = error;
            one->told.notify();
        }
    }

private:
    Entry* first_ = nullptr;
};

class Pool {
public:
    Pool(GroupView& view, Ref<Peer> peer) : view_(view), peer_(std::move(peer)) {}
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool();

    GroupView& view() const { return view_; }
    Peer& peer() const { return *peer_; }
    const Ref<Peer>& peer_ref() const { return peer_; }

    bool has_idle() const { return first_ != nullptr; }
    std::uint32_t idle() const { return idle_; }
    // The one used last that is still good; nullptr when there is none.
    Connection* take() {
        while (first_ != nullptr) {
            auto* connection = first_;
            if (connection->has_sign() && !connection->is_quiet()) {
                close(connection);
                continue;
            }
            unlink(*connection);
            connection->stream_->readiness().set_hook(nullptr);
            return connection;
        }
        return nullptr;
    }
    // Takes a connection back, or closes it when it shows that it can't be used again.
    void put(Connection* connection, std::uint32_t idle_max, TimePoint now) {
        if (is_retired || idle_max == 0 || !connection->is_quiet()) {
            delete connection;
            return;
        }
        if (idle_ >= idle_max) close(last_);
        connection->idle_since_ = now;
        connection->before_ = nullptr;
        connection->after_ = first_;
        (first_ != nullptr ? first_->before_ : last_) = connection;
        first_ = connection;
        ++idle_;
        connection->stream_->readiness().set_hook(connection);
    }
    void close_idle();
    void close_idle_since(TimePoint before);
    // Since when the oldest has been idle; kNever when there is none.
    TimePoint oldest() const { return std::min(last_ == nullptr ? kNever : last_->idle_since_, shared.oldest()); }

    SharedConnections shared;
    Spares spares{*this};
    Arrivals arrivals;
    bool speaks_h1 = false;           // the peer has chosen it where it was free to choose
    bool takes_no_websocket = false;  // over HTTP/2
    std::uint32_t leased = 0;
    bool is_retired = false;  // its peer is no longer in the set: goes with its last lease

private:
    friend class Connection;
    void unlink(Connection& connection) {
        (connection.before_ != nullptr ? connection.before_->after_ : first_) = connection.after_;
        (connection.after_ != nullptr ? connection.after_->before_ : last_) = connection.before_;
        --idle_;
    }
    void close(Connection* connection);

    GroupView& view_;
    Ref<Peer> peer_;
    Connection* first_ = nullptr;
    Connection* last_ = nullptr;
    std::uint32_t idle_ = 0;
};

}  // namespace weir::upstream
