#include "proxy/sliced_body.h"

#include <algorithm>

#include "proxy/disk_fetch.h"
#include "proxy/news.h"

namespace weir::proxy {

using Outcome = cache::Fill::Outcome;

SlicedBody::SlicedBody(Exchange& asker, Fetch::Order order, StoredBody::Part part, io::Deadline deadline)
    : asker_(asker),
      order_(std::move(order)),
      slicing_(order_.manifest->slicing()),
      begin_(part.begin),
      size_(std::min(part.end, *order_.manifest->length()) - std::min(part.begin, part.end)),
      deadline_(deadline) {
    order_.slice_octets = slicing_.octets;
}

io::Task<Result<>> SlicedBody::begin() {
    while (!is_done()) {
        const auto opened = open();
        if (!opened) co_return std::unexpected(opened.error());
        if (*opened) break;
        const auto came = co_await wait();
        if (!came) co_return std::unexpected(came.error());
    }
    co_return Result<>{};
}

Result<Piece> SlicedBody::ready() {
    while (!is_done()) {
        const auto opened = open();
        if (!opened) return std::unexpected(opened.error());
        if (!*opened) return Piece{};
        auto piece = current_->ready();
        if (!piece) return piece;
        octets_ += piece->size();
        const bool is_over = current_->is_done();
        if (is_over) leave_slice();
        if (is_over && octets_ != slice_end_)
            return fail(ErrorCode::truncated, Side::upstream, "a slice is shorter than it was said to be");
        if (!piece->empty() || !is_over) return piece;
    }
    return Piece{};
}

// False: not here yet.
Result<bool> SlicedBody::open() {
    while (!current_) {
        if (!follower_) look_up();
        if (current_) break;
        const auto heeded = heed();
        if (!heeded || !*heeded) return heeded;
    }
    return true;
}

void SlicedBody::look_up() {
    cache::SliceKeyRoom room;
    auto& zone = *order_.zone;
    order_.slice = (begin_ + octets_) / slicing_.octets;
    const auto key = cache::write_slice_key(slicing_, order_.slice, room);
    const auto& request = asker_.request();
    const cache::Lookup lookup{.key = key, .hash = zone.hash_of(key), .fields = &request.fields, .arena = &request.arena()};
    order_.manifest->touch();  // it is in use, as long as its slices are
    if (find(lookup)) return;
    using Loaded = cache::Zone::Loaded;
    const auto loaded = load(lookup);
    if (loaded == Loaded::here && find(lookup)) return;
    auto joined = zone.join(lookup, 0);
    is_mine_ = joined.is_new;
    if (is_mine_ && find(lookup)) {
        // It came just in between.
        zone.close(*joined.fill);
        joined.fill->decide(Outcome::released, {}, 0);
        announce(asker_.lane(), joined.fill);
        return;
    }
    follower_.emplace(joined.fill);
    if (!is_mine_) return;
    if (loaded != Loaded::waits) start_fetch(lookup, joined.fill);
    else DiskFetch::start(asker_.lane(), std::make_unique<DiskFetch>(asker_.lane(), zone, lookup, joined.fill));
}

bool SlicedBody::find(const cache::Lookup& lookup) {
    auto found = order_.zone->find(lookup);
    if (!found.entry) return false;
    order_.zone->keep_slice(*found.entry, *order_.manifest, lookup);
    if (found.fill) follower_.emplace(std::move(found.fill));
    return read_from(std::move(found.entry));
}

// The disk is asked for each slice once. What is read of its record's head is of no use later: a film has many of them.
cache::Zone::Loaded SlicedBody::load(const cache::Lookup& lookup) {
    using Loaded = cache::Zone::Loaded;
    auto& zone = *order_.zone;
    if (zone.disk() == nullptr || asked_disk_ == order_.slice) return Loaded::absent;
    asked_disk_ = order_.slice;
    Arena arena;
    auto own = lookup;
    own.arena = &arena;
    const auto loaded = zone.load(own, asker_.lane().worker().now());
    if (octets_ == 0) is_from_disk_ = loaded != Loaded::absent;
    return loaded;
}

void SlicedBody::start_fetch(const cache::Lookup& lookup, const Ref<cache::Fill>& fill) {
    order_.key = lookup.key;
    order_.fill = fill;
    Fetch::start(std::make_unique<Fetch>(asker_, order_));
    order_.fill = {};
}

// False: it has gone already.
bool SlicedBody::read_from(Ref<cache::Entry> slice) {
    if (follower_ && !slice->body()->first()) {
        follower_.reset();
        return false;
    }
    const auto first = order_.slice * slicing_.octets;
    const auto from = begin_ + octets_ - first;
    const auto octets = std::min<std::uint64_t>(slicing_.octets - from, size_ - octets_);
    slice_ = std::move(slice);
    slice_end_ = octets_ + octets;
    vain_ = 0;
    current_.emplace(*slice_, StoredBody::Part{.begin = from, .end = from + octets}, follower_ ? &*follower_ : nullptr, deadline_);
    return true;
}

// What the fetch that is waited for has come to. False: nothing yet.
Result<bool> SlicedBody::heed() {
    const auto& fill = follower_->fill();
    const auto outcome = fill.outcome();
    if (outcome == Outcome::waiting) return false;
    if (octets_ == 0 && outcome != Outcome::loaded) was_fetched_ = true;
    // Memory may have let go again of what the disk had.
    const bool has_come = outcome == Outcome::stored || (outcome == Outcome::loaded && fill.entry());
    if (has_come || (outcome == Outcome::passed && is_mine_)) {
        if (read_from(fill.entry())) return true;
    } else if (outcome == Outcome::failed && (is_mine_ || fill.error().code != ErrorCode::cancelled)) {
        return std::unexpected(fill.error());
    } else if (outcome == Outcome::released && fill.status() != 0) {
        has_changed_ = cache::tells_of_change(fill.status());
        was_refused_ = !has_changed_;
        return fail(ErrorCode::truncated, Side::upstream,
                    has_changed_ ? "the origin has another thing by now" : "the origin refuses a slice");
    }
    follower_.reset();
    if (++vain_ == kVainMax) return fail(ErrorCode::internal, Side::self, "a slice could not be had");
    return true;
}

void SlicedBody::leave_slice() {
    current_.reset();
    follower_.reset();
    slice_ = {};
}

io::Task<Result<>> SlicedBody::wait() {
    if (current_) {
        const auto came = co_await current_->wait();
        co_return came;
    }
    while (follower_ && follower_->fill().outcome() == Outcome::waiting) {
        follower_->want_news();
        if (follower_->fill().outcome() != Outcome::waiting) break;
        const auto came = co_await follower_->wait(deadline_);
        if (!came) co_return fail(came.error().code, Side::self, "stopped while a slice came");
    }
    co_return Result<>{};
}

}  // namespace weir::proxy
