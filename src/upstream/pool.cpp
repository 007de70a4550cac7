#include "upstream/pool.h"

#include <utility>

namespace weir::upstream {

// May this connection carry another request? Octets behind a finished answer, or its end, make it useless: nobody asked for them, and
// they could be taken for the next answer (response smuggling). What only seems readable is asked once.
bool Connection::is_quiet() const {
    const auto& socket = stream_->readiness();
    if (socket.saw_end() || socket.is_broken() || stream_->has_buffered_input()) return false;
    if (!socket.may_read()) return true;
    char octet = 0;
    return stream_->read({&octet, 1}).is_blocked();
}

// Edges come without cause, too: for writing, or for nothing at all.
void Connection::on_edge(io::Readiness&) {
    if (!is_quiet()) pool_.close(this);
}

Pool::~Pool() { close_idle(); }

void Pool::close(Connection* connection) {
    unlink(*connection);
    delete connection;
}

void Pool::close_idle() {
    while (first_ != nullptr) close(first_);
    shared.close_idle();
    spares.close_all();
}

void Pool::close_idle_since(TimePoint before) {
    while (last_ != nullptr && last_->idle_since_ <= before) close(last_);
    shared.close_idle_since(before);
}

}  // namespace weir::upstream
