// MadeBody: octets that are in memory already, of a reply that Weir makes itself, as a Body. They outlive it. Thread: the worker's.
#pragma once

#include "http/body.h"

namespace weir::proxy {

class MadeBody final : public http::Body {
public:
    explicit MadeBody(std::string_view octets) : octets_(octets) {}

    void set_pace(const http::Pace&) override {}
    Result<Piece> ready() override {
        is_taken_ = true;
        return Piece{.octets = octets_.substr(std::exchange(at_, octets_.size())), .owner = {}};
    }
    io::Task<Result<>> wait() override { co_return Result<>{}; }
    bool is_done() const override { return is_taken_; }
    std::uint64_t octets() const override { return at_; }

private:
    std::string_view octets_;
    std::size_t at_ = 0;
    bool is_taken_ = false;
};

}  // namespace weir::proxy
