#include "proxy/form_fill.h"

#include "proxy/lane.h"
#include "proxy/pump.h"

namespace weir::proxy {
namespace {

cache::Follower* follow(std::optional<cache::Follower>& follower, const Ref<cache::Fill>& source) {
    return source ? &follower.emplace(source) : nullptr;
}

}  // namespace

FormFill::FormFill(Lane& lane, Order order)
    : lane_(lane),
      order_(std::move(order)),
      coding_(order_.compressor.coding()),
      source_(*order_.of, {}, follow(follower_, order_.source), {kNever, &lane.stopping()}),
      body_(source_, std::move(order_.compressor), lane.metrics(), arena_),
      growth_(lane, *order_.zone, *this) {
    growth_.follow(order_.form.fill);
    growth_.begin(order_.form.entry, true);
}

void FormFill::start(std::unique_ptr<FormFill> fill) {
    auto& scope = fill->lane_.sessions();
    scope.spawn(carry_out(std::move(fill)));
}

io::Task<> FormFill::carry_out(std::unique_ptr<FormFill> fill) {
    const io::Deadline deadline{kNever, &fill->lane_.stopping()};
    const auto outcome = co_await pump({.from = fill->body_, .to = fill->growth_, .deadline = deadline});
    fill->growth_.end(outcome.has_value());
    fill->order_.of->forms().end(fill->coding_, *fill->order_.form.entry);
    fill->growth_.say();
}

// Those who have begun get the rest of it, nobody else begins.
void FormFill::keep_no_more() { order_.of->forms().remove(coding_, *order_.form.entry); }

}  // namespace weir::proxy
