// BodyReader: the body of one HTTP/1 message, decoded from its framing (RFC 9112 6, 7). Serves both directions.
// A body that ends before its length or its last chunk is an error (truncated), never a clean end.
#pragma once

#include "http/body.h"
#include "http/h1/chunked.h"
#include "http/h1/read_buffer.h"
#include "http/message.h"
#include "io/deadline.h"

namespace weir::http::h1 {

class BodyReader final : public Body {
public:
    BodyReader(net::Stream& stream, ReadBuffer& buffer, Side side, Arena& arena)
        : stream_(stream), buffer_(buffer), side_(side), trailers_(arena) {}

    void begin(Framing framing, std::uint64_t length);
    void set_pace(const Pace& pace) override { pace_ = pace; }

    Result<Piece> ready() override;
    io::Task<Result<>> wait() override;
    bool is_done() const override { return is_done_; }
    std::uint64_t octets() const override { return octets_; }
    const Fields* trailers() const override { return trailers_.empty() ? nullptr : &trailers_; }
    // Octets with their framing.
    std::uint64_t octets_coded() const { return coded_; }
    bool has_failed() const { return has_failed_; }

private:
    Result<Piece> ready_length();
    Result<Piece> ready_chunked();
    Result<Piece> ready_until_close();
    Result<Piece> take(std::string_view octets, std::size_t consumed);
    Result<> read_end(io::IoCount count);
    TimePoint wait_until(TimePoint now) const;
    std::unexpected<Error> broken(ErrorCode code, const char* detail);

    net::Stream& stream_;
    ReadBuffer& buffer_;
    Side side_;
    Framing framing_ = Framing::none;
    bool is_done_ = true;
    bool has_failed_ = false;
    bool saw_close_ = false;
    std::uint64_t left_ = 0;
    std::uint64_t octets_ = 0;
    std::uint64_t coded_ = 0;
    Duration waited_{};
    Pace pace_;
    ChunkedDecoder decoder_;
    Fields trailers_;
};

}  // namespace weir::http::h1
