#include "proxy/multipart_body.h"

namespace weir::proxy {

Result<Piece> MultipartBody::ready() {
    if (is_done()) return Piece{};
    if (part_) {
        auto piece = part_->ready();
        if (!piece) return piece;
        octets_ += piece->size();
        if (part_->is_done()) part_.reset();
        return piece;
    }
    const auto ranges = parts_.ranges.all();
    const auto text = next_ < ranges.size() ? parts_.texts.heads[next_] : parts_.texts.end;
    octets_ += text.size();
    if (next_ < ranges.size()) {
        const auto& range = ranges[next_++];
        part_.emplace(entry_, StoredBody::Part{.begin = range.first, .end = range.last + 1}, nullptr, io::Deadline{});
    }
    return Piece{.octets = text, .owner = {}};
}

io::Task<Result<>> MultipartBody::wait() { co_return fail(ErrorCode::internal, Side::self, "a stored body ended early"); }

}  // namespace weir::proxy
