#include "proxy/stored_body.h"

#include <algorithm>

namespace weir::proxy {

using State = cache::Entry::State;

StoredBody::StoredBody(const cache::Entry& entry, Part part, cache::Follower* follower, io::Deadline deadline)
    : entry_(entry), part_(part), follower_(follower), deadline_(deadline), reader_(*entry.body(), part.begin) {
    if (follower_ != nullptr) follower_->begin_reading();
    look();
    is_done_ = state_ == State::whole && std::min(known_, part_.end) <= part_.begin;
}

// First how it stands, then how much there is: an end that is seen has all its octets seen.
void StoredBody::look() {
    state_ = entry_.state();
    known_ = entry_.body()->size();
}

bool StoredBody::has_news() const { return entry_.state() != state_ || entry_.body()->size() != known_; }

Result<Piece> StoredBody::ready() {
    const auto before = part_.begin + octets_;
    if (before >= known_ && state_ == State::filling) look();
    // Came just when the body was let go: there is no beginning for it any more.
    if (!reader_.has_place() && known_ > part_.begin) return fail(ErrorCode::truncated, Side::upstream, "the answer has flowed past");
    const auto end = std::min(known_, part_.end);
    auto piece = reader_.take(end, part_.end - std::min(part_.end, before));
    octets_ += piece.size();
    if (part_.begin + octets_ >= part_.end || (state_ == State::whole && part_.begin + octets_ >= known_)) is_done_ = true;
    else if (piece.empty() && state_ == State::broken) return fail(ErrorCode::truncated, Side::upstream, "the origin cut its answer off");
    if (follower_ != nullptr) follower_->has_taken();
    return piece;
}

io::Task<Result<>> StoredBody::wait() {
    // A whole entry never waits; one whose fetch nobody can tell of is not given out while it fills.
    if (follower_ == nullptr) co_return fail(ErrorCode::internal, Side::self, "a stored body ended early");
    for (;;) {
        follower_->want_news();
        if (has_news()) co_return Result<>{};
        const auto came = co_await follower_->wait(deadline_);
        if (!came) co_return fail(came.error().code, Side::self, "stopped while the origin's answer came");
    }
}

}  // namespace weir::proxy
