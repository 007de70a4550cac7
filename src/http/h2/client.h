// The client's side of an HTTP/2 connection to an origin (RFC 9113), framed by libnghttp2: ClientConnection is the connection, shared by
// the exchanges of a worker; ClientExchange is one stream of it. The connection has no task: edges of its socket feed it, what a turn has
// made leaves in one write at the turn's end. Owner: the upstream's pool owns the connection, which outlives its exchanges' leases. Thread:
// the worker's. Flow control follows the pull: octets that nobody has taken hold the stream's window. The windows of all streams together
// are never more than the connection's, so a slow stream can't stall others; a stream whose octets are taken quickly gets a larger window.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "http/h2/client_tunnel.h"
#include "http/h2/frame_watch.h"
#include "http/h2/output.h"
#include "http/stream.h"
#include "io/event.h"
#include "io/timer_wheel.h"
#include "io/turn_end.h"

struct nghttp2_session;

namespace weir::http::h2 {

class ClientConnection;
class ClientExchange;
struct ClientCallbacks;
struct ClientSending;
struct AnswerHead;

// Told when a connection has ended: it may destroy the connection.
class ClientOwner {
public:
    virtual void on_over(ClientConnection& connection) = 0;

protected:
    ~ClientOwner() = default;
};

class ClientConnection final : private io::EdgeHook, private io::TurnEnd, private io::Timer {
public:
    static constexpr std::uint32_t kStreamsMax = 100;                // at once, unless configured
    static constexpr std::int32_t kWindow = 256 * 1024;              // of a stream …
    static constexpr std::int32_t kWindowMax = 4 * 1024 * 1024;      // … that grows up to this when its octets are taken quickly …
    static constexpr std::int32_t kWindowsSpare = 16 * 1024 * 1024;  // … within this of a connection
    static constexpr std::size_t kHeaderBlockMax = 128 * 1024;       // coded octets of one header block (CONTINUATION flood)
    static constexpr std::size_t kIdleFramesMax = 10'000;            // frames that carry nothing of a message (PING, SETTINGS flood)
    static constexpr Duration kWriteStall = std::chrono::seconds(60);
    static constexpr Duration kPingWait = std::chrono::seconds(15);
    // One PING a silence, then one after so long: servers of gRPC take more of them for abuse.
    static constexpr Duration kPingAgain = std::chrono::seconds(301);

    struct Options {
        std::uint32_t streams_max = kStreamsMax;
        bool is_secure = false;                  // the scheme that requests name
        Duration ping_after = Duration::zero();  // of silence, an origin is asked whether it is still there; zero: never
        Duration ping_wait = kPingWait;          // for its answer, or for anything else
    };

    ClientConnection(net::Stream& stream, ClientOwner& owner, const Options& options);
    ClientConnection(const ClientConnection&) = delete;
    ClientConnection& operator=(const ClientConnection&) = delete;
    ~ClientConnection();

    // Says the preface and waits for the origin's SETTINGS: nothing of a request is sent to who speaks no HTTP/2. Errors: Retry::yes.
    io::Task<Result<>> open(io::Deadline deadline);
    // Says goodbye (GOAWAY) as far as there is room for it. Destroy it then.
    void close();

    // May streams be opened still? Not after GOAWAY, nor when it has ended.
    bool may_open() const;
    bool is_over() const { return is_over_; }
    // At once: our own bound, or the origin's (SETTINGS_MAX_CONCURRENT_STREAMS).
    std::uint32_t streams_max() const;
    // The origin takes WebSocket as a stream (RFC 8441 3).
    bool takes_extended_connect() const;
    net::Stream& stream() { return stream_; }

private:
    friend class ClientExchange;
    friend struct ClientCallbacks;
    friend struct ClientSending;
    struct ClientSending;

    void on_edge(io::Readiness& readiness) override;
    void on_turn_end() override;
    static void stalled(io::Timer& timer);
    void beat();
    void ping();
    void ask_when_stale();
    void make_session();
    void due();
    bool read_in();
    bool feed(std::string_view octets);
    bool count_frame(const FrameHead& head);
    bool write_out();
    bool gather();
    void look_for_end();
    // The last word of whoever calls it: the connection may be gone afterwards.
    void end(const Error& error);
    void attach(ClientExchange& exchange);
    void detach(ClientExchange& exchange);
    void take(ClientExchange& exchange, std::size_t octets);
    void grow_window(ClientExchange& exchange);

    // Looks now and then whether the origin is still there.
    struct Pulse final : io::Timer {
        explicit Pulse(ClientConnection& connection)
            : Timer([](io::Timer& timer) { static_cast<Pulse&>(timer).of.beat(); }), of(connection) {}
        ClientConnection& of;
    };

    net::Stream& stream_;
    ClientOwner& owner_;
    Options options_;
    Pulse pulse_{*this};
    TimePoint heard_at_{};  // anything
    TimePoint pong_at_{};   // an answer to a PING
    TimePoint pinged_at_{};
    nghttp2_session* session_ = nullptr;
    Output output_;
    Chunk in_;  // what was read last, while it is looked at
    io::Event opened_;
    ClientExchange* first_ = nullptr;
    FrameWatch frames_{0};
    std::size_t block_octets_ = 0;  // of the header block that came last, so far
    std::size_t idle_frames_ = 0;
    std::int32_t spare_ = kWindowsSpare;
    std::optional<Error> error_;  // why it ended
    bool has_settings_ = false;
    bool has_goaway_ = false;
    bool wants_http11_ = false;  // its GOAWAY says so
    bool awaits_pong_ = false;
    bool reads_on_ = false;  // there was more to read than a turn's share
    bool flows_ = false;     // the last read filled its room: the next takes a large chunk
    bool is_over_ = false;
};

class ClientExchange final : public Outbound, private Body, private ClientTunnel::Breaker {
public:
    static constexpr std::size_t kHeaderListMax = 64 * 1024;  // of a head, or of trailers (RFC 9113 6.5.2)
    static constexpr std::size_t kHeaderCountMax = 256;
    static constexpr std::size_t kInterimMax = 32;         // 1xx heads that nobody has read yet
    static constexpr std::size_t kSendAhead = 64 * 1024;   // octets of the request that wait for their window
    static constexpr std::size_t kPiecesAheadMax = 64;     // …, in at most so many pieces
    static constexpr std::size_t kCopiedBelow = 4 * 1024;  // shorter pieces of the answer don't hold the chunk that they came in

    ClientExchange(ClientConnection& connection, Arena& arena);
    ClientExchange(const ClientExchange&) = delete;
    ClientExchange& operator=(const ClientExchange&) = delete;
    // A stream that is still open is cancelled.
    ~ClientExchange() override;

    void set_send_stall(Duration stall) { send_stall_ = stall; }

    // A WebSocket's request (upgrade) becomes an extended CONNECT, and its 2xx a 101 (RFC 8441 5); an error where the origin takes none.
    Result<> put_head(const Request& request, std::string_view target, std::span<const Piece> first, bool is_last) override;
    Result<> put(std::span<const Piece> pieces, bool is_last, const Fields* trailers) override;
    bool is_flushed() const override { return out_octets_ < kSendAhead && out_.size() - out_first_ < kPiecesAheadMax; }
    io::Task<Result<>> flush(io::Deadline deadline) override;
    io::Task<Result<>> read_head(Response& response, io::Deadline deadline) override;
    bool has_sent_any() const override { return has_left_; }
    bool has_answer_begun() const override { return has_answer_begun_; }
    Body& body() override { return *this; }
    bool may_be_kept() const override { return is_closed_ && !failure_ && is_whole_ && pieces_.size() == piece_first_; }
    net::Stream& raw() override;
    Piece take_buffered() override { return {}; }
    void release_head() override {}

private:
    friend class ClientConnection;
    friend struct ClientCallbacks;
    friend struct ClientSending;
    struct ClientSending;

    // Body.
    void set_pace(const Pace& pace) override { pace_ = pace; }
    Result<Piece> ready() override;
    io::Task<Result<>> wait() override;
    bool is_done() const override { return is_whole_ && piece_first_ == pieces_.size(); }
    std::uint64_t octets() const override { return octets_; }
    const Fields* trailers() const override { return trailers_.empty() ? nullptr : &trailers_; }

    void break_stream() override { cancel(); }

    void queue(std::span<const Piece> pieces, bool is_last, const Fields* trailers);
    Result<> resume();
    void cancel();
    std::unexpected<Error> broken(ErrorCode code, const char* detail);
    // From the connection.
    bool begin_head(bool is_trailer);
    bool add_field(std::string_view name, std::string_view value);
    bool end_head(bool is_end);
    void came(std::string_view octets, const Chunk& chunk);
    void ended();
    void closed(std::uint32_t code);
    void failed(const Error& error);
    void wake();
    struct Part {
        std::size_t octets = 0;
        bool is_end = false;
    };
    Part next_part(std::size_t room) const;
    void send_part(std::size_t octets, Output& output);

    ClientConnection* connection_;  // nullptr once the stream is closed
    ClientExchange* before_ = nullptr;
    ClientExchange* after_ = nullptr;
    Arena& arena_;
    std::int32_t stream_id_ = 0;
    Method method_ = Method::get;
    Duration send_stall_ = std::chrono::seconds(60);
    std::string_view websocket_accept_;  // of an extended CONNECT: what its 101 says

    // The request's octets on their way out.
    std::vector<Piece> out_;
    std::size_t out_first_ = 0;
    std::size_t out_octets_ = 0;
    const Fields* out_trailers_ = nullptr;
    io::Event sent_;

    // The answer.
    AnswerHead* heads_ = nullptr;  // complete ones, not read yet
    AnswerHead* coming_ = nullptr;
    std::size_t heads_count_ = 0;
    std::size_t head_octets_ = 0;
    std::vector<Piece> pieces_;
    std::size_t piece_first_ = 0;
    Chunk copied_;  // short pieces are put together here
    std::size_t copied_used_ = 0;
    std::size_t waiting_octets_ = 0;  // in pieces_
    std::uint64_t octets_ = 0;
    Fields trailers_;
    Pace pace_;
    io::Event came_;
    std::optional<ClientTunnel> tunnel_;
    std::optional<Error> failure_;

    std::int32_t window_ = ClientConnection::kWindow;
    std::int32_t window_taken_ = 0;
    TimePoint window_begun_{};

    bool is_request_whole_ = false;  // all of it has been put
    bool is_request_cut_ = false;    // the origin takes no more of it
    bool has_left_ = false;
    bool has_answer_begun_ = false;
    bool has_final_head_ = false;
    bool is_whole_ = false;  // the answer's end has come
    bool is_closed_ = false;
};

}  // namespace weir::http::h2
