// MultipartBody: several ranges of a stored entry as one multipart/byteranges body (RFC 9110 14.6): what stands before each part lies in
// the exchange's arena, the parts are the entry's own memory. Of whole entries only: nothing is ever waited for. Thread: the worker's.
#pragma once

#include <optional>

#include "cache/ranges.h"
#include "proxy/stored_body.h"

namespace weir::proxy {

struct SeveralParts {
    cache::RangePlan ranges;
    cache::Multipart texts;
};

class MultipartBody final : public http::Body {
public:
    // A HEAD, or a 304, has no body: not made then.
    MultipartBody(const cache::Entry& entry, const SeveralParts& parts) : entry_(entry), parts_(parts) {}

    void set_pace(const http::Pace&) override {}
    Result<Piece> ready() override;
    io::Task<Result<>> wait() override;
    bool is_done() const override { return octets_ == parts_.texts.octets; }
    std::uint64_t octets() const override { return octets_; }

private:
    const cache::Entry& entry_;
    const SeveralParts& parts_;
    std::size_t next_ = 0;  // part
    std::uint64_t octets_ = 0;
    std::optional<StoredBody> part_;
};

}  // namespace weir::proxy
