#include "proxy/compressed_body.h"

#include <algorithm>

#include "filter/compress.h"
#include "io/event.h"
#include "observe/worker_metrics.h"

namespace weir::proxy {

using filter::Step;

CompressedBody::~CompressedBody() { metrics_.compressed(coding_, octets_in_, octets_); }

Result<> CompressedBody::look() {
    if (!rest_.empty()) return {};
    auto came = from_.ready();
    if (!came) return std::unexpected(came.error());
    input_ = std::move(*came);
    rest_ = input_.octets;
    return {};
}

Step CompressedBody::step() const {
    if (!rest_.empty()) return Step::go_on;
    return from_.is_done() ? Step::finish : Step::flush;
}

// True: what has been made is to go out now.
Result<bool> CompressedBody::work(Step step) {
    if (!has_room()) out_ = Chunk::take(Chunk::kMedium), begun_ = end_ = 0;
    const auto in = rest_.substr(0, turn_left_);
    const auto progress = compressor_.run(in, {out_.data() + end_, out_.size() - end_}, step);
    if (!progress) return std::unexpected(progress.error());
    rest_.remove_prefix(progress->taken);
    turn_left_ -= progress->taken;
    octets_in_ += progress->taken;
    end_ += progress->made;
    if (step == Step::go_on) owes_flush_ = true;
    if (step == Step::flush && progress->is_whole) owes_flush_ = false;
    if (step == Step::finish && progress->is_whole) finish();
    return !has_room() || (step != Step::go_on && progress->is_whole);
}

Result<Piece> CompressedBody::ready() {
    while (!is_done_ && turn_left_ != 0) {
        const auto looked = look();
        if (!looked) return std::unexpected(looked.error());
        const auto next = step();
        if (next == Step::flush && !owes_flush_) break;
        const auto goes_out = work(next);
        if (!goes_out) return std::unexpected(goes_out.error());
        if (*goes_out && end_ != begun_) break;
    }
    return take_made();
}

Piece CompressedBody::take_made() {
    if (end_ == begun_) return {};
    Piece piece{.octets = {out_.data() + begun_, end_ - begun_}, .owner = out_};
    begun_ = end_;
    octets_ += piece.size();
    if (is_done_) out_.reset();
    return piece;
}

// Digests among the trailers are of octets that nobody gets (RFC 9530 2).
void CompressedBody::finish() {
    is_done_ = true;
    compressor_ = {};
    input_ = {};
    const auto* const came = from_.trailers();
    if (came == nullptr) return;
    auto& kept = trailers_.emplace(arena_);
    for (const auto& field : *came)
        if (!filter::is_digest(field.name)) kept.add(field);
}

io::Task<Result<>> CompressedBody::wait() {
    const bool has_more = turn_left_ == 0;
    turn_left_ = kOctetsATurn;
    if (has_more) {
        const auto went_on = co_await io::yield();
        co_return went_on;
    }
    out_.reset();
    input_ = {};
    begun_ = end_ = 0;
    const auto came = co_await from_.wait();
    co_return came;
}

}  // namespace weir::proxy
