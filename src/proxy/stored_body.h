// StoredBody: the octets of a cache entry, or a range of them, as a Body that the pump pulls: those of a whole entry are all at hand, those
// of one that is still filling come as they come. Nothing is copied: pieces lend the entry's own memory. Thread: the worker's.
#pragma once

#include <optional>

#include "cache/entry.h"
#include "http/body.h"

namespace weir::proxy {

class StoredBody final : public http::Body {
public:
    // From octet `begin` to before `end`, or to the end of what there will be.
    struct Part {
        std::uint64_t begin = 0;
        std::uint64_t end = ~std::uint64_t{0};
    };
    // `follower`: of the entry's fill, while it is filling; else nullptr.
    StoredBody(const cache::Entry& entry, Part part, cache::Follower* follower, io::Deadline deadline);

    void set_pace(const http::Pace&) override {}  // the fetch has its own
    Result<Piece> ready() override;
    io::Task<Result<>> wait() override;
    bool is_done() const override { return is_done_; }
    std::uint64_t octets() const override { return octets_; }

private:
    bool has_news() const;
    void look();

    const cache::Entry& entry_;
    const Part part_;
    cache::Follower* follower_;
    io::Deadline deadline_;
    cache::SegmentReader reader_;
    std::uint64_t known_ = 0;  // octets of the body that are there, as it was looked at last
    std::uint64_t octets_ = 0;
    cache::Entry::State state_ = cache::Entry::State::filling;
    bool is_done_ = false;
};

}  // namespace weir::proxy
