#include "proxy/growth.h"

#include "proxy/lane.h"
#include "proxy/news.h"

namespace weir::proxy {

Growth::~Growth() {
    if (fill_) fill_->watch(nullptr);
}

void Growth::follow(Ref<cache::Fill> fill) {
    if (fill_) fill_->watch(nullptr);
    fill_ = std::move(fill);
    fill_->watch(this);
}

void Growth::begin(Ref<cache::Entry> entry, bool is_kept) {
    entry_ = std::move(entry);
    is_kept_ = is_kept;
}

const Ref<cache::Account>& Growth::window() {
    if (!window_) window_ = make_ref<cache::Account>();
    return window_;
}

void Growth::end(bool is_whole) {
    entry_->body()->close();
    entry_->end(is_whole);
}

void Growth::say() { announce(lane_, fill_); }

Result<> Growth::put(std::span<const Piece> pieces, bool /*is_last*/, const http::Fields* /*trailers*/) {
    auto& body = *entry_->body();
    for (const auto& piece : pieces) body.append(piece.octets);
    if (is_kept_ && (body.size() > zone_.object_max() || !zone_.make_room())) {
        is_kept_ = false;
        owner_.keep_no_more();
    }
    if (!is_kept_) let_go();
    say();
    return {};
}

// From here on what has been read by all goes. Whoever is about to begin must find the beginning.
void Growth::let_go() {
    if (is_let_go_ || !fill_->have_all_begun()) return;
    is_let_go_ = true;
    entry_->body()->let_go(window());
}

// Readers of another worker whose mailbox to this one was full are not heard of: it looks by itself once in a while.
io::Task<Result<>> Growth::flush(io::Deadline deadline) {
    fill_->want_room(true);
    while (!is_flushed()) {
        if (fill_->readers() == 0) co_return fail(ErrorCode::cancelled, Side::client, "nobody takes the answer");
        let_go();
        const auto moved = co_await moved_.wait(deadline.sooner(lane_.worker().now() + kLookAgain));
        const bool is_over = (deadline.stop != nullptr && deadline.stop->is_requested()) || lane_.worker().now() >= deadline.at;
        if (!moved && is_over) co_return fail(moved.error().code, Side::client, "nobody takes the answer");
    }
    fill_->want_room(false);
    co_return Result<>{};
}

void Growth::readers_moved() {
    moved_.notify();
    owner_.readers_moved();
}

}  // namespace weir::proxy
