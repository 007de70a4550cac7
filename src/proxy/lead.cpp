#include "proxy/lead.h"

#include "observe/worker_metrics.h"
#include "proxy/lane.h"

namespace weir::proxy {

Lead::OwnStop::OwnStop(Exchange& its) : exchange(its), stop(&its.lane_.stopping()) { exchange.origin_stop_ = &stop; }

Lead::OwnStop::~OwnStop() { exchange.origin_stop_ = &exchange.gone_; }

Lead::Lead(Exchange& exchange, Intake::Order order)
    : io::StopWatcher([](io::StopWatcher& watcher, ErrorCode /*why*/) { static_cast<Lead&>(watcher).client_left(); }),
      exchange_(exchange),
      stop_(exchange),
      intake_(exchange, std::move(order)),
      forward_(exchange) {
    intake_.set_leader(true);
    exchange.gone_.watch(*this);
}

// The client's part is over now, however long the fetch goes on.
void Lead::client_left() {
    intake_.set_leader(false);
    if (stop_.stop.is_requested()) return;
    exchange_.note(exchange_.gone_error());
    auto& facts = exchange_.facts_;
    is_for_others_ = facts.upstream_status == 0;
    const auto tries = facts.tries;
    if (is_for_others_) facts.tries = 0;  // what the origin will have said is no part of his line
    exchange_.finish();
    facts.tries = tries;
}

Lead::~Lead() {
    if (is_for_others_) exchange_.lane_.metrics().fetch_done(exchange_.facts_, exchange_.facts_.peer_label);
}

Intake::Step Lead::take(const Result<>& answered) {
    const auto step = intake_.take(forward_, answered);
    if (step != Intake::Step::rest && !forward_.has_upload()) forward_.finish();
    return step;
}

io::Task<> Lead::bring_rest() {
    co_await intake_.take_rest(forward_);
    if (!forward_.has_upload()) forward_.finish();
}

void Lead::leave() {
    StopWatcher::leave();
    intake_.set_leader(false);
}

io::Task<> Lead::end() {
    if (rest_.running() != 0) {
        exchange_.finish();
        co_await rest_.join();
    }
    if (!forward_.has_upload()) co_return;
    co_await forward_.end_upload();
    forward_.finish();
}

}  // namespace weir::proxy
