// CompressedBody: a body in a content coding, made as it is pulled. When what it is made of pauses, all that came before goes out
// (server-sent events arrive at once). It takes kOctetsATurn octets of its source at most before others get their turn. Memory: the
// encoder's, and one chunk that is not kept while nothing comes. Thread: the worker's.
#pragma once

#include <optional>

#include "filter/compressor.h"
#include "http/body.h"

namespace weir::observe {
class WorkerMetrics;
}

namespace weir::proxy {

class CompressedBody final : public http::Body {
public:
    static constexpr std::size_t kOctetsATurn = 32 * 1024;

    // `arena`: of the exchange, for trailers.
    CompressedBody(http::Body& from, filter::Compressor compressor, observe::WorkerMetrics& metrics, Arena& arena)
        : from_(from), compressor_(std::move(compressor)), metrics_(metrics), coding_(compressor_.coding()), arena_(arena) {}
    CompressedBody(const CompressedBody&) = delete;
    CompressedBody& operator=(const CompressedBody&) = delete;
    ~CompressedBody() override;

    void set_pace(const http::Pace& pace) override { from_.set_pace(pace); }
    Result<Piece> ready() override;
    io::Task<Result<>> wait() override;
    bool is_done() const override { return is_done_; }
    std::uint64_t octets() const override { return octets_; }
    const http::Fields* trailers() const override { return trailers_ ? &*trailers_ : nullptr; }

private:
    bool has_room() const { return out_.size() - end_ >= filter::Compressor::kRoomMin; }
    Result<> look();
    filter::Step step() const;
    Result<bool> work(filter::Step step);
    Piece take_made();
    void finish();

    http::Body& from_;
    filter::Compressor compressor_;
    observe::WorkerMetrics& metrics_;
    const http::Coding coding_;
    Arena& arena_;
    Piece input_;
    std::string_view rest_;  // of it
    Chunk out_;
    std::size_t begun_ = 0, end_ = 0;  // of out_: where the next piece begins, and how far it goes by now
    std::size_t turn_left_ = kOctetsATurn;
    std::uint64_t octets_in_ = 0, octets_ = 0;
    std::optional<http::Fields> trailers_;
    bool owes_flush_ = false;  // something has gone in that the receiver can't read yet
    bool is_done_ = false;
};

}  // namespace weir::proxy
