// The client's side of one exchange on an HTTP/1.1 connection to an origin (RFC 9112).
#pragma once

#include "http/h1/body_reader.h"
#include "http/h1/outbox.h"
#include "http/h1/parser.h"
#include "http/h1/read_buffer.h"
#include "http/h1/writer.h"
#include "http/stream.h"

namespace weir::http::h1 {

class ClientExchange final : public Outbound {
public:
    static constexpr HeadLimits kAnswerLimits{.request_line_max = 8 * 1024, .header_count_max = 256, .header_bytes_max = 64 * 1024};

    ClientExchange(net::Stream& stream, Arena& arena);

    void set_send_stall(Duration stall) { send_stall_ = stall; }
    BodyReader& body_reader() { return body_; }

    // Octets that go out before the head, in the same write (a PROXY header). Of the exchange's arena.
    void put_prefix(std::string_view octets) { outbox_.add(octets); }
    Result<> put_head(const Request& request, std::string_view target, std::span<const Piece> first, bool is_last) override;
    Result<> put(std::span<const Piece> pieces, bool is_last, const Fields* trailers) override;
    bool is_flushed() const override { return outbox_.is_flushed(); }
    io::Task<Result<>> flush(io::Deadline deadline) override { return outbox_.flush(deadline, send_stall_); }
    io::Task<Result<>> read_head(Response& response, io::Deadline deadline) override;
    bool has_answer_begun() const override { return has_answer_begun_; }
    Body& body() override { return body_; }
    bool may_be_kept() const override;
    net::Stream& raw() override { return stream_; }
    Piece take_buffered() override;
    void release_head() override { head_chunk_.reset(), buffer_.release_if_empty(); }
    bool has_sent_any() const override { return outbox_.octets_written() != 0; }

private:
    void add_body(std::span<const Piece> pieces, bool is_last, const Fields* trailers);
    // True when the head is whole.
    Result<bool> take_head(Response& response);
    void begin(const Response& response, std::uint32_t head_octets);
    Error error_of(io::IoCount count) const;

    net::Stream& stream_;
    Arena& arena_;
    ReadBuffer buffer_;
    Chunk head_chunk_;
    HeadParser parser_;
    BodyReader body_;
    Outbox outbox_;
    Duration send_stall_ = std::chrono::seconds(60);
    Method method_ = Method::get;
    Framing request_framing_ = Framing::none;
    bool is_request_whole_ = false;
    bool has_answer_begun_ = false;
    bool has_final_head_ = false;
    bool keeps_alive_ = false;
};

}  // namespace weir::http::h1
