// The server's side of an HTTP/1.1 connection (RFC 9112): ServerConnection lives as long as the connection and holds next to nothing while
// it idles; ServerExchange is one request and its reply on it.
#pragma once

#include "http/h1/body_reader.h"
#include "http/h1/outbox.h"
#include "http/h1/parser.h"
#include "http/h1/read_buffer.h"
#include "http/h1/writer.h"
#include "http/stream.h"

namespace weir::http::h1 {

// How long a head may take: a time for its first octets, more as octets come (slowloris), an end.
struct HeadPace {
    Duration time = std::chrono::seconds(10);
    std::uint32_t rate_min = 500;
    Duration time_max = std::chrono::seconds(40);
};

class ServerConnection {
public:
    explicit ServerConnection(net::Stream& stream) : stream_(&stream) {}

    net::Stream& stream() { return *stream_; }
    // Before the first request: what was read so far has become another stream, an encrypted one.
    void set_stream(net::Stream& stream) { stream_ = &stream; }
    ReadBuffer& buffer() { return buffer_; }
    // No octets are waiting: the connection idles.
    bool is_idle() const { return buffer_.empty() && !stream_->has_buffered_input(); }

private:
    net::Stream* stream_;
    ReadBuffer buffer_;
};

class ServerExchange final : public Inbound, private io::EdgeHook, private io::Timer {
public:
    ServerExchange(ServerConnection& connection, Arena& arena);
    ~ServerExchange() override {
        if (gone_ != nullptr) watch_client(nullptr, {});
    }

    // Takes the head from what is here: true when it is whole. The request's views stay valid as long as this exchange.
    Result<bool> take_head(Request& request, const HeadLimits& limits);
    // Waits until it is, or can't be any more.
    io::Task<Result<>> read_head(Request& request, const HeadLimits& limits, HeadPace pace, io::Deadline deadline);

    Body& body() override { return body_; }
    BodyReader& body_reader() { return body_; }
    void set_send_stall(Duration stall) { send_stall_ = stall; }

    Result<> put_interim(const Response& response) override;
    Result<> put_head(Response& response, std::span<const Piece> first, bool is_last) override;
    Result<> put(std::span<const Piece> pieces, bool is_last, const Fields* trailers) override;
    bool is_flushed() const override { return outbox_.is_flushed(); }
    io::Task<Result<>> flush(io::Deadline deadline) override { return outbox_.flush(deadline, send_stall_); }
    bool has_begun_reply() const override { return has_begun_reply_; }
    void abort() override;
    void close_after() override { keeps_alive_ = false; }
    void watch_client(io::Stop* gone, Duration half_close_grace) override;
    std::uint64_t octets_out() const override { return outbox_.octets_written(); }
    std::uint64_t octets_in() const override { return head_octets_ + body_.octets_coded(); }
    net::Stream& raw() override { return connection_.stream(); }
    Piece take_buffered() override;

    // An octet of the request has come.
    bool has_begun() const { return head_octets_ != 0 || !connection_.buffer().empty(); }
    bool was_aborted() const { return was_aborted_; }
    // The client said itself that nothing follows (RFC 9112 9.6), and nothing does.
    bool is_clients_last() const { return is_clients_last_ && connection_.is_idle(); }
    // The reply is whole, the request's body was read to its end, and both sides want to go on.
    bool may_continue() const { return keeps_alive_ && is_reply_whole_ && body_.is_done() && !body_.has_failed(); }

private:
    void on_edge(io::Readiness& socket) override;
    void arm_half_close();
    void begin(const Request& request, std::uint32_t head_octets);
    TimePoint head_deadline(const HeadPace& pace, TimePoint begun) const;
    void choose_framing(Response& response, bool is_last);
    void add_body(std::span<const Piece> pieces, bool is_last, const Fields* trailers);

    ServerConnection& connection_;
    Arena& arena_;
    Chunk head_chunk_;  // keeps the head's views alive
    HeadParser parser_;
    BodyReader body_;
    Outbox outbox_;
    Duration send_stall_ = std::chrono::seconds(60);
    std::uint64_t head_octets_ = 0;
    std::uint64_t body_left_ = 0;  // of a reply with a length
    Method method_ = Method::get;
    Version version_ = Version::http11;
    Framing reply_framing_ = Framing::none;
    io::Stop* gone_ = nullptr;
    Duration half_close_grace_{};
    std::uint64_t octets_at_half_close_ = 0;
    bool keeps_alive_ = true;
    bool has_begun_reply_ = false;
    bool is_reply_whole_ = false;
    bool was_aborted_ = false;
    bool is_clients_last_ = false;
};

}  // namespace weir::http::h1
