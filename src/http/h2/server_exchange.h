// ServerExchange: one stream of an HTTP/2 connection as the walk sees it: a request that came and the way to answer it (RFC 9113 8).
// What is put is kept until the turn's end, when the connection sends it; flush() waits only when more is kept than the client's windows
// let go. Owner: the session, from begin() to gone() and to the end of its exchange, whichever is later. Thread: the worker's.
#pragma once

#include <array>
#include <optional>

#include "http/fault.h"
#include "http/h2/frame_watch.h"
#include "http/h2/inlet.h"
#include "http/h2/tunnel_stream.h"
#include "http/stream.h"

namespace weir::http::h2 {

class ServerConnection;

// Field lines as libnghttp2 takes them: an array of its nghttp2_nv, in the exchange's arena.
struct Lines {
    void* at = nullptr;
    std::size_t count = 0;
};

class ServerExchange : public Inbound, private Inlet::Source {
public:
    // A stream keeps at most so much that waits to be sent before flush() has to wait; its connection, over all streams, kQueuedMax.
    static constexpr std::size_t kAheadMax = 256 * 1024;
    static constexpr std::size_t kTunnelAheadMax = 64 * 1024;

    ServerExchange(ServerConnection& connection, std::int32_t id, Arena& arena);
    ServerExchange(const ServerExchange&) = delete;
    ServerExchange& operator=(const ServerExchange&) = delete;
    ~ServerExchange() override;

    // Before anything comes.
    void set_request(Request& request) { request_ = &request; }
    void set_send_stall(Duration stall) { send_stall_ = stall; }
    // The exchange is over: what is left of the stream is ended. False: the connection still has it, and says gone() later.
    bool finish();
    // Why the request can't be walked; without one it is checked and complete.
    const Fault& fault() const { return fault_; }
    bool is_closed() const { return is_closed_; }
    std::int32_t id() const { return id_; }

    Body& body() override;
    Result<> put_interim(const Response& response) override;
    Result<> put_head(Response& response, std::span<const Piece> first, bool is_last) override;
    Result<> put(std::span<const Piece> pieces, bool is_last, const Fields* trailers) override;
    bool is_flushed() const override;
    io::Task<Result<>> flush(io::Deadline deadline) override;
    // Also when nothing can reach the client any more.
    bool has_begun_reply() const override { return has_begun_reply_ || is_closed_; }
    void abort() override;
    // A stream ends by itself; the others of its connection are none of its business.
    void close_after() override {}
    void watch_client(io::Stop* gone, Duration half_close_grace) override;
    // Fields count as they are before compression.
    std::uint64_t octets_out() const override { return octets_out_; }
    std::uint64_t octets_in() const override { return octets_in_; }
    net::Stream& raw() override;
    Piece take_buffered() override { return {}; }

    // For the tunnel.
    Inlet& inlet() { return inlet_; }
    void await_octets() { octets_awaited(); }
    std::size_t write_tunnel(std::span<const iovec> from);
    void end_tunnel();
    bool has_tunnel_room() const { return queued_ < kTunnelAheadMax && has_queue_room(); }

private:
    friend class ServerConnection;
    friend class ServerCallbacks;
    static constexpr std::size_t kQueueMax = 2 * kPiecesMax;
    enum class Resetter : std::uint8_t { nobody, us, fault };  // who made us send RST_STREAM
    enum class Walk : std::uint8_t { heading, queued, walked, finished };

    // From the connection.
    void head_read(const Fault& fault);
    void take_data(std::string_view octets, const Chunk& owner);
    void request_ended();
    void request_goes_on(std::size_t octets);
    void closed();
    std::size_t sendable(std::size_t room, bool& is_end);
    void send(std::size_t octets);  // of what is kept, into the connection's output
    bool waits_for_turn(TimePoint now) const;
    void end_sent();

    void octets_taken(std::size_t octets) override;
    void octets_awaited() override;

    bool has_queue_room() const { return queue_count_ + kPiecesMax <= kQueueMax; }
    void keep(const Piece& piece);
    void drop_queue();
    void resume();
    void reset(std::uint32_t code);
    bool is_switching(const Response& response) const;
    Lines lines_of(std::uint16_t status, const Response& response);
    Result<> submit_head(Lines lines, bool is_whole);
    std::unexpected<Error> client_gone() const;

    ServerConnection& connection_;
    Arena& arena_;
    ServerExchange* before_ = nullptr;  // all streams of the connection
    ServerExchange* after_ = nullptr;
    ServerExchange* next_start_ = nullptr;
    Request* request_ = nullptr;
    std::int32_t id_;
    Fault fault_;
    Walk walk_ = Walk::heading;
    bool is_closed_ = false;  // the connection has forgotten it
    bool is_request_whole_ = false;
    bool is_tunnel_ = false;  // asks for one: DATA is no body
    bool has_begun_reply_ = false;
    bool has_reply_end_ = false;  // the last octet has been put
    bool has_sent_end_ = false;
    bool is_deferred_ = false;  // the connection waits for more to send
    Resetter resetter_ = Resetter::nobody;
    TimePoint finished_at_{};
    TimePoint moved_at_{};  // when octets of it left last
    std::uint32_t window_ = 0;
    std::uint64_t grown_at_ = 0;  // octets taken when the window grew last
    std::uint64_t octets_in_ = 0;
    std::uint64_t octets_out_ = 0;
    Inlet inlet_;
    std::array<Piece, kQueueMax> queue_;  // a ring
    std::size_t queue_first_ = 0;
    std::size_t queue_count_ = 0;
    std::size_t queued_ = 0;
    std::size_t unwanted_ = 0;  // octets of the request that nobody will take
    Lines trailers_;
    Chunk tunnel_chunk_;  // that a tunnel's octets are copied into
    std::size_t tunnel_used_ = 0;
    io::Event drained_;
    Duration send_stall_ = std::chrono::seconds(60);
    io::Stop* gone_ = nullptr;
    std::optional<TunnelStream> tunnel_;
};

}  // namespace weir::http::h2
