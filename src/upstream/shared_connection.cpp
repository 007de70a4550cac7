#include "upstream/shared_connection.h"

#include <algorithm>

namespace weir::upstream {

// It broke, or the peer said goodbye. Leases that are still there close it with the last of them.
void SharedConnection::on_over(http::h2::ClientConnection&) {
    if (uses_ == 0) all_.close(*this);
}

void SharedConnections::add(std::unique_ptr<SharedConnection> connection) {
    auto* added = connection.release();
    added->after_ = first_;
    if (first_ != nullptr) first_->before_ = added;
    first_ = added;
}

void SharedConnections::release(SharedConnection& connection, const Ending& ending) {
    --connection.uses_;
    if (ending.was_finished) ++connection.requests_;
    if (ending.requests_max != 0 && connection.requests_ + connection.uses_ >= ending.requests_max) connection.is_worn_ = true;
    if (connection.uses_ != 0) return;
    connection.idle_since_ = ending.now;
    if (connection.is_worn_ || !ending.may_idle || !connection.h2_.may_open()) close(connection);
}

void SharedConnections::close(SharedConnection& connection) {
    (connection.before_ != nullptr ? connection.before_->after_ : first_) = connection.after_;
    if (connection.after_ != nullptr) connection.after_->before_ = connection.before_;
    connection.h2_.close();
    delete &connection;
}

void SharedConnections::close_idle() { close_idle_since(kNever); }

void SharedConnections::close_idle_since(TimePoint before) {
    for (auto* connection = first_; connection != nullptr;) {
        auto& one = *connection;
        connection = one.after_;
        if (before == kNever) one.is_worn_ = true;
        if (one.uses_ == 0 && one.idle_since_ <= before) close(one);
    }
}

TimePoint SharedConnections::oldest() const {
    auto oldest = kNever;
    for (auto* connection = first_; connection != nullptr; connection = connection->after_)
        if (connection->uses_ == 0) oldest = std::min(oldest, connection->idle_since_);
    return oldest;
}

void SharedConnections::close_all() {
    while (first_ != nullptr) close(*first_);
}

}  // namespace weir::upstream
