#include "http/h2/server_callbacks.h"

#include <nghttp2/nghttp2.h>

#include <cstring>

#include "http/h2/server.h"
#include "http/h2/session_memory.h"
#include "http/h2/session_parts.h"
#include "io/worker.h"

namespace weir::http::h2 {

namespace {

constexpr std::size_t kContinuationsMax = 8;  // frames behind a HEADERS frame: 16 KiB each
constexpr std::size_t kUnacknowledgedMax = 500;

std::string_view text_of(const std::uint8_t* octets, std::size_t count) { return {reinterpret_cast<const char*>(octets), count}; }

SessionMemory& memory_of(void* user) { return *static_cast<SessionMemory*>(user); }

bool has_flag(const nghttp2_frame_hd& header, std::uint8_t flag) { return (header.flags & flag) != 0; }

}  // namespace

class ServerCallbacks {
public:
    static ServerConnection& of(void* user) { return *static_cast<ServerConnection*>(user); }
    static ServerExchange* find(nghttp2_session* session, std::int32_t id) {
        return id == 0 ? nullptr : static_cast<ServerExchange*>(nghttp2_session_get_stream_user_data(session, id));
    }

    static int begin_frame(nghttp2_session* /*session*/, const nghttp2_frame_hd* header, void* user) {
        auto& connection = of(user);
        if (header->type == NGHTTP2_RST_STREAM) connection.forget_reset(header->stream_id);
        if (header->type != NGHTTP2_HEADERS) return 0;
        // The time of a head begins with its first frame (slowloris).
        connection.head_due_ = io::Worker::current().now() + connection.limits_.header_time;
        connection.frame_on_closed(header->stream_id);
        return 0;
    }

    static int begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
        auto& connection = of(user);
        const auto id = frame->hd.stream_id;
        connection.head_.reset();
        if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
            auto* exchange = find(session, id);
            if (exchange != nullptr && exchange->walk_ != ServerExchange::Walk::finished)
                connection.head_.begin_trailers(exchange->inlet_.trailers_for_writing());
            return 0;
        }
        auto* exchange = connection.is_doomed_ ? nullptr : connection.streams_.begin(id);
        if (exchange == nullptr) {
            nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        }
        connection.adopt(*exchange, id);
        nghttp2_session_set_stream_user_data(session, id, exchange);
        connection.head_.begin(*exchange->request_, connection.limits_.head);
        return 0;
    }

    static int header(nghttp2_session* /*session*/, const nghttp2_frame* /*frame*/, const std::uint8_t* name, std::size_t name_size,
                      const std::uint8_t* value, std::size_t value_size, std::uint8_t /*flags*/, void* user) {
        auto& connection = of(user);
        if (connection.head_.part() == RequestHead::Part::none) return 0;
        if (connection.head_.add(text_of(name, name_size), text_of(value, value_size))) return 0;
        connection.verdict_ = Abuse::header_bomb;
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    }

    // Never drop what is wrong and go on with the rest: RST_STREAM with PROTOCOL_ERROR (RFC 9113 8.1.1).
    static int invalid_header(nghttp2_session* /*session*/, const nghttp2_frame* /*frame*/, const std::uint8_t* /*name*/,
                              std::size_t /*name_size*/, const std::uint8_t* /*value*/, std::size_t /*value_size*/, std::uint8_t /*flags*/,
                              void* /*user*/) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }

    static int data_chunk(nghttp2_session* session, std::uint8_t /*flags*/, std::int32_t id, const std::uint8_t* octets, std::size_t count,
                          void* user) {
        auto& connection = of(user);
        // The connection's window never shuts: what is held is bounded by the windows of the streams.
        nghttp2_session_consume_connection(session, count);
        if (auto* exchange = find(session, id)) exchange->take_data(text_of(octets, count), connection.reading_);
        return 0;
    }

    static int frame_received(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
        auto& connection = of(user);
        switch (frame->hd.type) {
            case NGHTTP2_HEADERS: return headers_received(connection, session, frame);
            case NGHTTP2_DATA:
                if (auto* exchange = find(session, frame->hd.stream_id)) {
                    exchange->octets_in_ += kFrameHead;
                    if (has_flag(frame->hd, NGHTTP2_FLAG_END_STREAM)) exchange->request_ended();
                    else exchange->request_goes_on(frame->hd.length);
                }
                return 0;
            case NGHTTP2_RST_STREAM: {
                connection.streams_.was_reset(Streams::Reset::came);
                const auto* exchange = find(session, frame->hd.stream_id);
                const bool is_late = exchange != nullptr && exchange->has_reply_end_ && exchange->queue_count_ == 0;
                return is_late || connection.spend(Abuse::rapid_reset) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
            }
            case NGHTTP2_PING:
                if (has_flag(frame->hd, NGHTTP2_FLAG_ACK) && connection.farewell_ == ServerConnection::Farewell::announced &&
                    std::memcmp(frame->ping.opaque_data, kFarewellPing, sizeof kFarewellPing) == 0)
                    connection.say_farewell();
                return 0;
            default: return 0;
        }
    }

    static int headers_received(ServerConnection& connection, nghttp2_session* session, const nghttp2_frame* frame) {
        connection.head_due_ = kNever;
        auto* exchange = find(session, frame->hd.stream_id);
        const auto part = connection.head_.part();
        if (exchange == nullptr || part == RequestHead::Part::none) return 0;
        const bool is_ended = has_flag(frame->hd, NGHTTP2_FLAG_END_STREAM);
        exchange->octets_in_ += kFrameHead + connection.head_.octets();
        if (part == RequestHead::Part::trailers) {
            if (connection.head_.finish_trailers())
                return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, exchange->id_, NGHTTP2_PROTOCOL_ERROR);
            exchange->request_ended();
            return 0;
        }
        exchange->head_read(connection.head_.finish(is_ended));
        if (is_ended) exchange->request_ended();
        connection.queue_start(*exchange);
        return 0;
    }

    static int stream_closed(nghttp2_session* session, std::int32_t id, std::uint32_t /*error_code*/, void* user) {
        if (auto* exchange = find(session, id)) of(user).forget(*exchange);
        return 0;
    }

    static int frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
        auto& connection = of(user);
        auto* exchange = find(session, frame->hd.stream_id);
        switch (frame->hd.type) {
            case NGHTTP2_RST_STREAM:
                connection.streams_.was_reset(Streams::Reset::sent);
                // Of one that the client has reset meanwhile nothing is on its way.
                if (exchange != nullptr || frame->rst_stream.error_code == NGHTTP2_REFUSED_STREAM)
                    connection.remember_reset(frame->hd.stream_id);
                if (exchange != nullptr && exchange->resetter_ == ServerExchange::Resetter::us) break;
                if (exchange != nullptr) exchange->resetter_ = ServerExchange::Resetter::fault;
                // Of a stream that was refused nobody has seen anything: a client that does not know the limit yet is no attacker.
                if (frame->rst_stream.error_code != NGHTTP2_REFUSED_STREAM) connection.spend(Abuse::provoked_reset);
                break;
            case NGHTTP2_DATA: connection.budgets_.frame_sent(frame->hd.length); [[fallthrough]];
            case NGHTTP2_HEADERS:
                if (exchange != nullptr && has_flag(frame->hd, NGHTTP2_FLAG_END_STREAM)) exchange->end_sent();
                break;
            case NGHTTP2_GOAWAY:
                // Behind it and never before: who answers the PING has read the GOAWAY.
                if (connection.farewell_ == ServerConnection::Farewell::announced)
                    nghttp2_submit_ping(session, NGHTTP2_FLAG_NONE, kFarewellPing);
                break;
            default: break;
        }
        return 0;
    }

    static ssize_t read_data(nghttp2_session* /*session*/, std::int32_t /*id*/, std::uint8_t* /*into*/, std::size_t room,
                             std::uint32_t* flags, nghttp2_data_source* source, void* user) {
        auto& exchange = *static_cast<ServerExchange*>(source->ptr);
        auto& connection = of(user);
        if (connection.waits_for_refill_) return NGHTTP2_ERR_PAUSE;
        bool is_end = false;
        const auto octets = exchange.sendable(room, is_end);
        if (octets == 0 && !is_end) return NGHTTP2_ERR_DEFERRED;
        constexpr std::size_t kTinyMax = 64;
        if (octets == room && room < kTinyMax && exchange.queued_ > room) connection.spend(Abuse::tiny_window);
        *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
        if (is_end) *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (is_end && exchange.trailers_.count != 0) {
            *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
            nghttp2_submit_trailer(connection.session_, exchange.id_, static_cast<const nghttp2_nv*>(exchange.trailers_.at),
                                   exchange.trailers_.count);
        }
        return static_cast<ssize_t>(octets);
    }

    // A frame that found no room is offered again before all others: its stream may have been reset meanwhile, and its octets gone.
    static int send_data(nghttp2_session* /*session*/, nghttp2_frame* /*frame*/, const std::uint8_t* header, std::size_t octets,
                         nghttp2_data_source* source, void* user) {
        auto& exchange = *static_cast<ServerExchange*>(source->ptr);
        if (exchange.resetter_ != ServerExchange::Resetter::nobody) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        auto& output = of(user).output_;
        if (output.is_full()) return NGHTTP2_ERR_WOULDBLOCK;
        output.copy(text_of(header, kFrameHead));
        exchange.send(octets);
        return 0;
    }
};

namespace {

const nghttp2_session_callbacks* callbacks() {
    static const auto made = [] {
        auto callbacks = make_session_callbacks();
        auto* const of = callbacks.get();
        nghttp2_session_callbacks_set_on_begin_frame_callback(of, ServerCallbacks::begin_frame);
        nghttp2_session_callbacks_set_on_begin_headers_callback(of, ServerCallbacks::begin_headers);
        nghttp2_session_callbacks_set_on_header_callback(of, ServerCallbacks::header);
        nghttp2_session_callbacks_set_on_invalid_header_callback(of, ServerCallbacks::invalid_header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(of, ServerCallbacks::data_chunk);
        nghttp2_session_callbacks_set_on_frame_recv_callback(of, ServerCallbacks::frame_received);
        nghttp2_session_callbacks_set_on_stream_close_callback(of, ServerCallbacks::stream_closed);
        nghttp2_session_callbacks_set_on_frame_send_callback(of, ServerCallbacks::frame_sent);
        nghttp2_session_callbacks_set_send_data_callback(of, ServerCallbacks::send_data);
        return callbacks;
    }();
    return made.get();
}

const nghttp2_option* options() {
    static const auto made = [] {
        auto options = make_session_options();
        nghttp2_option_set_builtin_recv_extension_type(options.get(), NGHTTP2_PRIORITY_UPDATE);
        // Behind our own budgets, which are smaller.
        nghttp2_option_set_max_outbound_ack(options.get(), kUnacknowledgedMax);
        nghttp2_option_set_max_continuations(options.get(), kContinuationsMax);
        return options;
    }();
    return made.get();
}

}  // namespace

nghttp2_session* open_session(ServerConnection& connection, SessionMemory& memory, const ServerLimits& limits) {
    nghttp2_session* session = nullptr;
    nghttp2_mem calls{
        .mem_user_data = &memory,
        .malloc = [](std::size_t octets, void* user) { return memory_of(user).take(octets); },
        .free = [](void* at, void* user) { memory_of(user).give(at); },
        .calloc = [](std::size_t count, std::size_t octets, void* user) { return memory_of(user).take_zeroed(count * octets); },
        .realloc = [](void* at, std::size_t octets, void* user) { return memory_of(user).change(at, octets); }};
    if (nghttp2_session_server_new3(&session, callbacks(), &connection, options(), &calls) != 0) return nullptr;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams_max},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, connection.stream_window()},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.head.header_bytes_max},
        {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
    };
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, std::size(settings));
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, static_cast<std::int32_t>(ServerConnection::kReceiveMax));
    return session;
}

bool submit_reply(nghttp2_session* session, std::int32_t id, Lines lines, ServerExchange* body) {
    const nghttp2_data_provider provider{.source = {.ptr = body}, .read_callback = ServerCallbacks::read_data};
    return nghttp2_submit_response(session, id, static_cast<const nghttp2_nv*>(lines.at), lines.count,
                                   body == nullptr ? nullptr : &provider) == 0;
}

}  // namespace weir::http::h2
