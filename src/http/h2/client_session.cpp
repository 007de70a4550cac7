// What libnghttp2 tells of a connection to an origin, passed on to its exchanges. Nothing here destroys the connection or runs a coroutine.
#include "http/h2/client_session.h"

#include <nghttp2/nghttp2.h>

#include "http/h2/client.h"
#include "http/h2/session_parts.h"
#include "io/broken.h"

namespace weir::http::h2 {

struct ClientCallbacks {
    static ClientConnection& of(void* user) { return *static_cast<ClientConnection*>(user); }
    static ClientExchange* exchange_of(nghttp2_session* session, std::int32_t stream) {
        return static_cast<ClientExchange*>(nghttp2_session_get_stream_user_data(session, stream));
    }
    static std::string_view view(const std::uint8_t* octets, std::size_t count) { return {reinterpret_cast<const char*>(octets), count}; }

    // RFC 9113 8.1: a head, more heads of interim answers before it, one of trailers behind the body.
    static int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void*) {
        auto* exchange = exchange_of(session, frame->hd.stream_id);
        if (exchange == nullptr) return 0;
        return exchange->begin_head(exchange->has_final_head_) ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }

    static int on_header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_octets,
                         const std::uint8_t* value, std::size_t value_octets, std::uint8_t, void*) {
        auto* exchange = exchange_of(session, frame->hd.stream_id);
        if (exchange == nullptr) return 0;
        return exchange->add_field(view(name, name_octets), view(value, value_octets)) ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }

    // A name or a value with octets that no field may have: libnghttp2 would leave it out, we refuse the answer as HTTP/1.1 does.
    static int on_invalid_header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t*, std::size_t,
                                 const std::uint8_t*, std::size_t, std::uint8_t, void*) {
        auto* exchange = exchange_of(session, frame->hd.stream_id);
        if (exchange != nullptr)
            exchange->failed({.code = ErrorCode::malformed, .side = Side::upstream, .detail = "a field with octets that none may have"});
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }

    static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
        auto& connection = of(user);
        switch (frame->hd.type) {
            case NGHTTP2_SETTINGS:
                if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) break;
                connection.has_settings_ = true;
                connection.opened_.notify();
                break;
            case NGHTTP2_GOAWAY:
                connection.has_goaway_ = true;
                connection.wants_http11_ |= frame->goaway.error_code == NGHTTP2_HTTP_1_1_REQUIRED;
                break;
            case NGHTTP2_PING:
                if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) connection.pong_at_ = connection.heard_at_;
                break;
            case NGHTTP2_HEADERS:
            case NGHTTP2_DATA: return on_message_frame(session, *frame);
            default: break;
        }
        return 0;
    }

    static int on_message_frame(nghttp2_session* session, const nghttp2_frame& frame) {
        const bool is_end = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        auto* exchange = exchange_of(session, frame.hd.stream_id);
        if (exchange == nullptr) return 0;
        if (frame.hd.type == NGHTTP2_HEADERS && !exchange->end_head(is_end)) {
            nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame.hd.stream_id, NGHTTP2_PROTOCOL_ERROR);
            return 0;
        }
        if (is_end) exchange->ended();
        return 0;
    }

    static int on_data(nghttp2_session* session, std::uint8_t, std::int32_t stream, const std::uint8_t* octets, std::size_t count,
                       void* user) {
        auto* exchange = exchange_of(session, stream);
        if (exchange == nullptr) nghttp2_session_consume(session, stream, count);
        else exchange->came(view(octets, count), of(user).in_);
        return 0;
    }

    static int on_close(nghttp2_session* session, std::int32_t stream, std::uint32_t code, void* user) {
        auto* exchange = exchange_of(session, stream);
        of(user).idle_frames_ = 0;
        if (exchange == nullptr) return 0;
        of(user).detach(*exchange);
        const bool wants_http11 = code == NGHTTP2_REFUSED_STREAM && of(user).wants_http11_;
        exchange->closed(wants_http11 ? NGHTTP2_HTTP_1_1_REQUIRED : code);
        return 0;
    }

    static int on_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
        if (frame->hd.type == NGHTTP2_DATA && frame->hd.length != 0) of(user).idle_frames_ = 0;
        if (frame->hd.type != NGHTTP2_HEADERS) return 0;
        if (auto* exchange = exchange_of(session, frame->hd.stream_id)) exchange->has_left_ = true;
        return 0;
    }
};

namespace {

const nghttp2_session_callbacks* callbacks_of_all() {
    static const auto made = [] {
        auto callbacks = make_session_callbacks();
        auto* const of = callbacks.get();
        nghttp2_session_callbacks_set_on_begin_headers_callback(of, ClientCallbacks::on_begin_headers);
        nghttp2_session_callbacks_set_on_header_callback(of, ClientCallbacks::on_header);
        nghttp2_session_callbacks_set_on_invalid_header_callback(of, ClientCallbacks::on_invalid_header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(of, ClientCallbacks::on_frame);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(of, ClientCallbacks::on_data);
        nghttp2_session_callbacks_set_on_stream_close_callback(of, ClientCallbacks::on_close);
        nghttp2_session_callbacks_set_on_frame_send_callback(of, ClientCallbacks::on_sent);
        set_sending(*of);
        return callbacks;
    }();
    return made.get();
}

}  // namespace

nghttp2_session* make_client_session(ClientConnection& connection) {
    static const auto options = make_session_options();
    nghttp2_session* session = nullptr;
    if (nghttp2_session_client_new2(&session, callbacks_of_all(), &connection, options.get()) != 0)
        io::broken("no memory for an HTTP/2 session");
    return session;
}

}  // namespace weir::http::h2
