#include "upstream/pool.h"

#include <utility>

namespace weir::upstream {
namespace {

// May this connection carry another request? Octets behind a finished answer, or its end, make it useless: nobody asked for them, and
// they could be taken for the next answer (response smuggling). What only seems readable is asked once.
bool is_quiet(net::Stream& stream) {
    auto& socket = stream.socket();
    if (stream.has_buffered_input() || socket.saw_end() || socket.is_broken()) return false;
    if (!socket.may_read()) return true;
    char octet = 0;
    return stream.read({&octet, 1}).is_blocked();
}

}  // namespace

// Edges come without cause, too: for writing, or for nothing at all.
void Connection::on_edge(io::Socket&) {
    if (!is_quiet(*stream_)) pool_.close(this);
}

Pool::~Pool() { close_idle(); }

void Pool::unlink(Connection& connection) {
    (connection.before_ != nullptr ? connection.before_->after_ : first_) = connection.after_;
    (connection.after_ != nullptr ? connection.after_->before_ : last_) = connection.before_;
    connection.before_ = connection.after_ = nullptr;
    --idle_;
}

void Pool::close(Connection* connection) {
    unlink(*connection);
    delete connection;
}

Connection* Pool::take() {
    while (first_ != nullptr) {
        auto* connection = first_;
        if (!is_quiet(connection->stream())) {
            close(connection);
            continue;
        }
        unlink(*connection);
        connection->stream().socket().set_hook(nullptr);
        return connection;
    }
    return nullptr;
}

void Pool::put(Connection* connection, std::uint32_t idle_max, TimePoint now) {
    if (is_retired || idle_max == 0 || !is_quiet(connection->stream())) {
        delete connection;
        return;
    }
    if (idle_ >= idle_max) close(last_);
    connection->idle_since_ = now;
    connection->after_ = first_;
    (first_ != nullptr ? first_->before_ : last_) = connection;
    first_ = connection;
    ++idle_;
    connection->stream().socket().set_hook(connection);
}

void Pool::close_idle() {
    while (first_ != nullptr) close(first_);
}

void Pool::close_idle_since(TimePoint before) {
    while (last_ != nullptr && last_->idle_since_ <= before) close(last_);
}

}  // namespace weir::upstream
