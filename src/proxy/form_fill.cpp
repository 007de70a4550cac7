#include "proxy/form_fill.h"

#include "proxy/lane.h"
#include "proxy/pump.h"

namespace weir::proxy {
namespace {

constexpr Duration kLookAgain = std::chrono::milliseconds(50);  // when news could not be delivered, or may not have been heard

cache::Follower* follow(std::optional<cache::Follower>& follower, const Ref<cache::Fill>& source) {
    return source ? &follower.emplace(source) : nullptr;
}

}  // namespace

FormFill::FormFill(Lane& lane, Order order)
    : lane_(lane),
      order_(std::move(order)),
      coding_(order_.compressor.coding()),
      source_(*order_.of, {}, follow(follower_, order_.source), {kNever, &lane.stopping()}),
      body_(source_, std::move(order_.compressor), lane.metrics(), arena_) {
    order_.form.fill->watch(this);
}

FormFill::~FormFill() { order_.form.fill->watch(nullptr); }

void FormFill::start(std::unique_ptr<FormFill> fill) {
    auto& scope = fill->lane_.sessions();
    scope.spawn(carry_out(std::move(fill)));
}

io::Task<> FormFill::carry_out(std::unique_ptr<FormFill> fill) {
    const io::Deadline deadline{kNever, &fill->lane_.stopping()};
    const auto outcome = co_await pump({.from = fill->body_, .to = *fill, .deadline = deadline});
    fill->end(outcome.has_value());
    // Who waits on another worker must hear the end.
    while (fill->owes_news_) {
        co_await io::sleep_until(fill->lane_.worker().now() + kLookAgain);
        fill->say();
    }
}

void FormFill::end(bool is_whole) {
    auto& form = *order_.form.entry;
    form.body()->close();
    form.end(is_whole);
    order_.of->forms().end(coding_, form);
    say();
}

Result<> FormFill::put(std::span<const Piece> pieces, bool /*is_last*/, const http::Fields* /*trailers*/) {
    auto& body = *order_.form.entry->body();
    for (const auto& piece : pieces) body.append(piece.octets);
    if (is_kept_ && (body.size() > order_.zone->object_max() || !order_.zone->make_room())) keep_no_more();
    if (!is_kept_) let_go();
    say();
    return {};
}

// Those who have begun get the rest of it, nobody else begins.
void FormFill::keep_no_more() {
    is_kept_ = false;
    window_ = make_ref<cache::Account>();
    order_.of->forms().remove(coding_, *order_.form.entry);
}

// From here on what has been read by all goes. Whoever is about to begin must find the beginning.
void FormFill::let_go() {
    if (is_let_go_ || !order_.form.fill->have_all_begun()) return;
    is_let_go_ = true;
    order_.form.entry->body()->let_go(window_);
}

bool FormFill::is_flushed() const { return is_kept_ || window_->used() <= kWindow; }

io::Task<Result<>> FormFill::flush(io::Deadline deadline) {
    auto& fill = *order_.form.fill;
    fill.want_room(true);
    while (!is_flushed() || (!is_kept_ && fill.readers() == 0)) {
        if (fill.readers() == 0) co_return fail(ErrorCode::cancelled, Side::client, "nobody takes the answer");
        let_go();
        const auto moved = co_await moved_.wait(deadline.sooner(lane_.worker().now() + kLookAgain));
        if (!moved && lane_.stopping().is_requested()) co_return fail(moved.error().code, Side::self, "stopped");
        if (owes_news_) say();
    }
    fill.want_room(false);
    co_return Result<>{};
}

}  // namespace weir::proxy
