// SharedConnection: an HTTP/2 connection to a peer that the leases of many exchanges use at once, each for one stream. SharedConnections:
// those of one pool; the first with room is filled before the next. Thread: the worker's. Limit: GroupOptions::streams_max, or the peer's
// own where that is lower.
#pragma once

#include <cstdint>
#include <memory>

#include "http/h2/client.h"
#include "net/stream.h"

namespace weir::upstream {

class SharedConnections;

class SharedConnection final : private http::h2::ClientOwner {
public:
    SharedConnection(SharedConnections& all, std::unique_ptr<net::Stream> stream, const http::h2::ClientConnection::Options& options)
        : all_(all), stream_(std::move(stream)), h2_(*stream_, *this, options) {}
    SharedConnection(const SharedConnection&) = delete;
    SharedConnection& operator=(const SharedConnection&) = delete;

    http::h2::ClientConnection& h2() { return h2_; }
    net::Stream& stream() const { return *stream_; }
    bool has_room() const { return !is_worn_ && h2_.may_open() && uses_ < h2_.streams_max(); }
    // Exchanges that were finished on it.
    std::uint32_t requests() const { return requests_; }

private:
    friend class SharedConnections;
    void on_over(http::h2::ClientConnection& connection) override;

    SharedConnections& all_;
    std::unique_ptr<net::Stream> stream_;
    http::h2::ClientConnection h2_;
    SharedConnection* before_ = nullptr;
    SharedConnection* after_ = nullptr;
    TimePoint idle_since_{};
    std::uint32_t uses_ = 1;  // its maker's is the first
    std::uint32_t requests_ = 0;
    bool is_worn_ = false;  // takes no further streams
};

class SharedConnections {
public:
    SharedConnections() = default;
    SharedConnections(const SharedConnections&) = delete;
    SharedConnections& operator=(const SharedConnections&) = delete;
    ~SharedConnections() { close_all(); }

    bool empty() const { return first_ == nullptr; }
    // One stream is taken on it: owed a release().
    void use(SharedConnection& connection) { ++connection.uses_; }
    // Takes a connection in that its maker uses already.
    void add(std::unique_ptr<SharedConnection> connection);
    // nullptr: none has room.
    SharedConnection* find_room() const {
        for (auto* connection = first_; connection != nullptr; connection = connection->after_)
            if (connection->has_room()) return connection;
        return nullptr;
    }
    struct Ending {
        bool was_finished = false;  // the exchange reached its end
        bool may_idle = true;
        std::uint32_t requests_max = 0;
        TimePoint now;
    };
    void release(SharedConnection& connection, const Ending& ending);
    // Those without streams; the others with their last one.
    void close_idle();
    void close_idle_since(TimePoint before);
    TimePoint oldest() const;

private:
    friend class SharedConnection;
    void close(SharedConnection& connection);
    void close_all();

    SharedConnection* first_ = nullptr;
};

}  // namespace weir::upstream
