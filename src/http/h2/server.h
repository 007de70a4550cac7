// ServerConnection: the server's side of an HTTP/2 connection (RFC 9113) over any stream of octets: reads frames, makes streams of them,
// sends what the streams of a turn have to say in one write at the turn's end. libnghttp2 keeps the protocol's state.
// Flow control follows the pull of each stream; the connection's own window never shuts, so a slow stream stalls nobody else. What a
// connection may make the server keep is bounded by kReceiveMax and kQueuedMax.
// Owner: a session. Thread: the worker's. Idle: libnghttp2's state and no buffers; after kRestAfter not even its own.
#pragma once

#include <cstdint>

#include "http/h2/abuse.h"
#include "http/h2/frame_watch.h"
#include "http/h2/output.h"
#include "http/h2/request_head.h"
#include "http/h2/server_exchange.h"
#include "http/h2/session_memory.h"
#include "io/deadline.h"
#include "io/timer_wheel.h"
#include "io/turn_end.h"

struct nghttp2_session;

namespace weir::http::h2 {

struct ServerLimits {
    h1::HeadLimits head;
    std::uint32_t streams_max = 128;
    Duration header_time = std::chrono::seconds(10);  // for a header block, from its first frame to its last
    Duration send_stall = std::chrono::seconds(60);
    Duration first_idle = std::chrono::seconds(40);  // until the first request
    Duration keep_alive_idle = std::chrono::seconds(75);
    Duration half_close_grace = std::chrono::seconds(1);
};

// Who serves the streams of a connection.
class Streams {
public:
    // A request begins. nullptr: it is refused, unseen (REFUSED_STREAM).
    virtual ServerExchange* begin(std::int32_t id) = 0;
    // Its head is whole, or has a fault(): walk it, and finish() it then.
    virtual void start(ServerExchange& exchange) = 0;
    // The connection has forgotten a stream that nobody walks.
    virtual void gone(ServerExchange& exchange) = 0;
    virtual void abused(Abuse kind) = 0;
    enum class Reset : std::uint8_t { came, sent };
    virtual void was_reset(Reset which) = 0;

protected:
    ~Streams() = default;
};

class ServerConnection final : private io::TurnEnd, private io::EdgeHook, private io::Timer {
public:
    static constexpr std::uint32_t kStreamWindow = 64 * 1024;           // at first, or less when many streams are allowed …
    static constexpr std::uint32_t kStreamWindowMax = 4 * 1024 * 1024;  // … and at most, for one whose body is waited for
    static constexpr std::uint32_t kReceiveMax = 16 * 1024 * 1024;      // all windows of a connection together
    static constexpr std::size_t kQueuedMax = 4 * 1024 * 1024;          // octets that wait to be sent, over all streams

    // `stopping`: everything ends at once.
    ServerConnection(net::Stream& stream, Streams& streams, const ServerLimits& limits, io::Stop& stopping);
    ServerConnection(const ServerConnection&) = delete;
    ServerConnection& operator=(const ServerConnection&) = delete;
    ~ServerConnection();

    // Until the connection is over. `at_hand`: octets that were read already, the preface with them. Afterwards no stream is open; those
    // that are still walked find their client gone.
    io::Task<> run(Piece at_hand);
    // No new requests; ends when those under way have ended (RFC 9113 6.8, in two steps).
    void shut_down();
    // The client has not been told the reason of the end by a lost connection: what it sends still is read for a while.
    bool may_linger() const { return may_linger_; }
    std::size_t streams() const { return count_; }
    std::uint32_t stream_window() const { return stream_window_; }

private:
    friend class ServerExchange;
    friend class ServerCallbacks;
    enum class Farewell : std::uint8_t { none, announced, said };

    static constexpr std::size_t kResetsRemembered = 128;
    static constexpr std::size_t kGapsRemembered = 4;
    // A client may end its request behind the reply, before it is told that nobody wants the rest: for so long, with so many octets.
    static constexpr Duration kRestGrace = std::chrono::seconds(1);
    static constexpr std::size_t kRestMax = 16 * 1024;
    static constexpr Duration kRestAfter = std::chrono::seconds(1);
    // Frames that wait to be taken, while the client begins still more streams.
    static constexpr std::size_t kFramesWaitingMax = 2'000;
    enum class ReadState : std::uint8_t { more, blocked, over };

    ReadState read_now();
    void feed(std::string_view octets);
    void feed_failed(std::int64_t error);
    void queue_start(ServerExchange& exchange);
    void start_streams();
    void schedule();
    void on_turn_end() override;
    bool send_some();
    void fill_output();
    bool is_over() const;
    void say_farewell();
    bool spend(Abuse kind);
    void punish(Abuse kind);
    void lose(ErrorCode why);
    bool count_frame(const FrameHead& head);
    void fail(std::uint32_t error_code);
    void frame_on_closed(std::int32_t id);
    void remember_reset(std::int32_t id) { resets_[reset_count_++ % resets_.size()] = id; }
    void forget_reset(std::int32_t id);
    bool check_data(const FrameHead& head);
    bool check_headers();
    void adopt(ServerExchange& exchange, std::int32_t id);
    void forget(ServerExchange& exchange);
    void on_edge(io::Readiness& readiness) override;
    void look_at_clock();
    TimePoint look_at_finished(TimePoint now);
    TimePoint look_at_idle(TimePoint now);
    void wake_at(TimePoint at);
    void grow_window(ServerExchange& exchange);

    net::Stream& stream_;
    Streams& streams_;
    const ServerLimits limits_;
    const std::uint32_t stream_window_;  // of each stream, at first: half of kReceiveMax is shared by all
    SessionMemory memory_;               // of the session
    nghttp2_session* session_ = nullptr;
    Output output_;
    Chunk reading_;  // what nghttp2 is being fed from
    FrameWatch frames_{kPreface.size()};
    RequestHead head_;
    std::int32_t last_id_ = 0;                              // the highest of a stream that began
    std::array<std::int32_t, kResetsRemembered> resets_{};  // streams that we reset: what was on its way for them is passed over
    std::uint32_t reset_count_ = 0;
    std::uint32_t client_reset_ = 0;                    // the stream that the client has reset last
    std::array<std::int32_t, kGapsRemembered> gaps_{};  // ids that a client passed over: the last of each gap, and the first
    std::array<std::int32_t, kGapsRemembered> gap_starts_{};
    std::uint32_t gap_count_ = 0;
    ServerExchange* first_ = nullptr;
    ServerExchange* first_start_ = nullptr;
    ServerExchange* last_start_ = nullptr;
    std::size_t count_ = 0;
    std::uint32_t begun_ = 0;
    std::size_t queued_ = 0;
    std::uint32_t grown_ = 0;  // what windows have grown by, all together
    AbuseBudgets budgets_;
    Farewell farewell_ = Farewell::none;
    bool is_broken_ = false;  // nothing can be sent or received any more
    bool saw_end_ = false;
    bool may_linger_ = false;
    bool is_doomed_ = false;  // punished: only its GOAWAY still leaves
    bool reads_large_ = false;
    bool rests_ = false;             // the session's memory has been given back
    bool waits_for_refill_ = false;  // a stream has run dry whose walk has more: less urgent ones don't go before it
    std::optional<Abuse> verdict_;
    TimePoint armed_at_ = kNever;
    TimePoint idle_since_;
    TimePoint head_due_ = kNever;
    TimePoint blocked_since_ = kNever;
    TimePoint moved_at_{};  // when octets of any stream left last
    TimePoint farewell_at_ = kNever;
    TimePoint end_due_ = kNever;  // the client has closed its half: it must take octets until then
    std::uint64_t written_at_end_ = 0;
    io::Stop over_;
};

}  // namespace weir::http::h2
