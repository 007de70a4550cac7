// Lease: a connection to a peer, held for one exchange. Destroying it closes the connection and gives the peer's place back; keep() returns
// it to the pool instead. One pointer; moving it is an exchange of two words. Thread: the worker's that took it; it may outlive the
// exchange (a tunnel), its Snapshot, and its peer's place in the group.
#pragma once

#include <cstdint>
#include <utility>

#include "upstream/pool.h"

namespace weir::upstream {

// How an exchange that held a lease went: feeds passive ejection.
enum class Outcome : std::uint8_t {
    good,
    failed,   // the peer's fault: no answer, a broken or malformed one, a status that counts as a failure
    neutral,  // says nothing of the peer: the client went away
};

class Lease {
public:
    Lease() = default;
    Lease(Lease&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
    Lease& operator=(Lease&& other) noexcept {
        if (this != &other) {
            close();
            connection_ = std::exchange(other.connection_, nullptr);
        }
        return *this;
    }
    ~Lease() { close(); }

    net::Stream& stream() const { return connection_->stream(); }
    // The connection that a stream may be opened on; nullptr: HTTP/1.1 is spoken on stream().
    http::h2::ClientConnection* h2() const { return connection_->shared() == nullptr ? nullptr : &connection_->shared()->h2(); }
    Peer& peer() const { return connection_->pool().peer(); }
    const Ref<Peer>& peer_ref() const { return connection_->pool().peer_ref(); }
    // Another exchange was finished on it before: the peer may have closed it in this very moment (Retry::if_reused).
    bool is_reused() const { return connection_->requests() != 0; }
    std::uint32_t requests_before() const { return connection_->requests(); }

    // Returns the connection to the pool; this lease is empty then. Only after request and response were both wholly finished.
    void keep();
    // Once, before keep(). What is not reported counts as neutral. `why`: one word for the log when it failed.
    void report(Outcome outcome, std::string_view why = "failed");
    // Closes the connection now.
    void close() {
        if (connection_ != nullptr) drop();
    }
    explicit operator bool() const { return connection_ != nullptr; }

private:
    friend class GroupView;
    explicit Lease(Connection* connection) : connection_(connection) {}
    void drop();
    Connection* connection_ = nullptr;
};

}  // namespace weir::upstream
