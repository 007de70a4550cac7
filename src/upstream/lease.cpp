#include "upstream/lease.h"

#include "upstream/group_view.h"

namespace weir::upstream {

void Lease::keep() {
    auto* connection = std::exchange(connection_, nullptr);
    connection->pool().view().keep(connection);
}

void Lease::drop() {
    auto* connection = std::exchange(connection_, nullptr);
    connection->pool().view().drop(connection);
}

void Lease::report(Outcome outcome, std::string_view why) {
    if (outcome == Outcome::neutral || std::exchange(connection_->is_reported, true)) return;
    connection_->pool().view().report(*connection_, outcome == Outcome::good, why);
}

}  // namespace weir::upstream
