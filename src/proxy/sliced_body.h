// SlicedBody: a range of something that is stored in slices, as a Body that the pump pulls: each slice is found in memory, or on the disk,
// or waited for with all others who want it, or fetched. One slice at a time: a slow client holds no more than that. Thread: the worker's.
#pragma once

#include <optional>

#include "cache/slice_plan.h"
#include "cache/zone.h"
#include "proxy/fetch.h"
#include "proxy/stored_body.h"

namespace weir::proxy {

class SlicedBody final : public http::Body {
public:
    // Somebody else's fetch came to nothing for us, so often in a row.
    static constexpr unsigned kVainMax = 8;

    // `order`: for a slice that is missing; its manifest is what the slices are of.
    SlicedBody(Exchange& asker, Fetch::Order order, StoredBody::Part part, io::Deadline deadline);

    // Waits for the first slice: whoever has sent no head yet can still do something else when there is none.
    io::Task<Result<>> begin();
    // The origin was asked for the first slice …
    bool was_fetched() const { return was_fetched_; }
    // … or the disk had it.
    bool is_from_disk() const { return is_from_disk_; }
    // Why begin() or ready() failed: the origin has another thing by now …
    bool has_changed() const { return has_changed_; }
    // … or does not give this one to this client.
    bool was_refused() const { return was_refused_; }

    void set_pace(const http::Pace&) override {}  // the fetches have their own
    Result<Piece> ready() override;
    io::Task<Result<>> wait() override;
    bool is_done() const override { return octets_ == size_; }
    std::uint64_t octets() const override { return octets_; }

private:
    Result<bool> open();
    void look_up();
    bool find(const cache::Lookup& lookup);
    cache::Zone::Loaded load(const cache::Lookup& lookup);
    void start_fetch(const cache::Lookup& lookup, const Ref<cache::Fill>& fill);
    Result<bool> heed();
    bool read_from(Ref<cache::Entry> slice);
    void leave_slice();

    Exchange& asker_;
    Fetch::Order order_;
    const cache::Slicing slicing_;
    const std::uint64_t begin_;
    const std::uint64_t size_;  // octets of the part
    io::Deadline deadline_;
    std::uint64_t octets_ = 0;
    std::uint64_t slice_end_ = 0;  // octets_ at the end of this slice, or of the part
    unsigned vain_ = 0;
    bool is_mine_ = false;  // the fetch that is waited for
    bool was_fetched_ = false;
    bool is_from_disk_ = false;
    std::optional<std::uint64_t> asked_disk_;  // for this slice
    bool has_changed_ = false;
    bool was_refused_ = false;
    Ref<cache::Entry> slice_;
    std::optional<cache::Follower> follower_;
    std::optional<StoredBody> current_;
};

}  // namespace weir::proxy
