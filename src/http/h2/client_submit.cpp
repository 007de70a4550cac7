// A request as HTTP/2 says it (RFC 9113 8.3.1), and its octets on their way out. What libnghttp2 is given it copies, names in lower case.
#include <nghttp2/nghttp2.h>

#include <array>
#include <charconv>

#include "base/text.h"
#include "http/h2/client.h"
#include "http/h2/client_session.h"

namespace weir::http::h2 {
namespace {

// RFC 9113 8.2.2: of the connection, which HTTP/2 has no word for; and what is said as a pseudo-header or made anew.
constexpr FieldSet kNeverSent{
    FieldId::connection,     FieldId::keep_alive, FieldId::proxy_connection, FieldId::transfer_encoding, FieldId::upgrade,
    FieldId::http2_settings, FieldId::host,       FieldId::content_length};

nghttp2_nv pair_of(std::string_view name, std::string_view value) {
    const auto octets = [](std::string_view text) { return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data())); };
    return {octets(name), octets(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

class Pairs {
public:
    Pairs(Arena& arena, std::size_t room) : pairs_(arena.make_array<nghttp2_nv>(room)) {}
    void add(std::string_view name, std::string_view value) { pairs_[count_++] = pair_of(name, value); }
    const nghttp2_nv* data() const { return pairs_.data(); }
    std::size_t size() const { return count_; }

private:
    std::span<nghttp2_nv> pairs_;
    std::size_t count_ = 0;
};

// RFC 9113 8.3.1, 8.5 (CONNECT has an authority only), RFC 8441 4 (extended: it has all, and a protocol).
void add_pseudo_fields(Pairs& pairs, const RequestForm& form) {
    const auto& request = form.request;
    const auto host = request.fields.find(FieldId::host);
    const auto authority = host != nullptr ? host->value : request.authority;
    if (form.is_websocket) {
        pairs.add(":method", "CONNECT");
        pairs.add(":protocol", "websocket");
    } else {
        pairs.add(":method", request.method_name);
        if (request.method == Method::connect) return pairs.add(":authority", form.target);
    }
    pairs.add(":scheme", form.is_secure ? "https" : "http");
    if (!authority.empty()) pairs.add(":authority", authority);
    pairs.add(":path", form.target);
}

bool is_sent(const Field& field, bool is_websocket) {
    if (kNeverSent.has(field.id)) return false;
    if (field.id == FieldId::te) return equal_ignoring_case(field.value, "trailers");
    return !is_websocket || field.id != FieldId::sec_websocket_key;  // RFC 8441 5
}

}  // namespace

struct ClientSending {
    static ssize_t read_body(nghttp2_session* session, std::int32_t stream, std::uint8_t*, std::size_t room, std::uint32_t* flags,
                             nghttp2_data_source* source, void*) {
        if (has_gone(session, stream, *source)) return NGHTTP2_ERR_DEFERRED;
        auto& exchange = *static_cast<ClientExchange*>(source->ptr);
        const auto part = exchange.next_part(room);
        if (part.octets == 0 && !part.is_end) return NGHTTP2_ERR_DEFERRED;
        *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
        if (part.is_end) *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (part.is_end && exchange.out_trailers_ != nullptr) {
            *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
            submit_trailers(session, stream, *exchange.out_trailers_, exchange.arena_);
        }
        return static_cast<ssize_t>(part.octets);
    }

    static void submit_trailers(nghttp2_session* session, std::int32_t stream, const Fields& trailers, Arena& arena) {
        Pairs pairs(arena, trailers.size());
        for (const auto& field : trailers)
            if (is_sent(field, false)) pairs.add(field.name, field.value);
        nghttp2_submit_trailer(session, stream, pairs.data(), pairs.size());
    }

    // The library may ask for octets, and offers a frame again that found no room, before it says the reset of an exchange that has gone.
    static bool has_gone(nghttp2_session* session, std::int32_t stream, const nghttp2_data_source& source) {
        return nghttp2_session_get_stream_user_data(session, stream) != source.ptr;
    }

    static int send_body(nghttp2_session* session, nghttp2_frame* frame, const std::uint8_t* head, std::size_t count,
                         nghttp2_data_source* source, void* user) {
        if (has_gone(session, frame->hd.stream_id, *source)) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        auto& output = static_cast<ClientConnection*>(user)->output_;
        if (output.is_full()) return NGHTTP2_ERR_WOULDBLOCK;
        output.copy({reinterpret_cast<const char*>(head), kFrameHead});
        static_cast<ClientExchange*>(source->ptr)->send_part(count, output);
        return 0;
    }
};

std::int32_t submit_request(nghttp2_session* session, const RequestForm& form, ClientExchange& exchange, Arena& arena) {
    const auto& request = form.request;
    constexpr std::size_t kOwnMax = 7;  // five pseudo-headers, a length
    Pairs pairs(arena, request.fields.size() + kOwnMax);
    add_pseudo_fields(pairs, form);
    for (const auto& field : request.fields)
        if (is_sent(field, form.is_websocket)) pairs.add(field.name, field.value);
    std::array<char, 20> digits;
    if (request.framing == Framing::length) {
        const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), request.content_length);
        pairs.add("content-length", {digits.data(), static_cast<std::size_t>(end - digits.data())});
    }
    nghttp2_data_provider provider{.source = {.ptr = &exchange}, .read_callback = ClientSending::read_body};
    return nghttp2_submit_request(session, nullptr, pairs.data(), pairs.size(), form.has_body ? &provider : nullptr, &exchange);
}

void set_sending(nghttp2_session_callbacks& callbacks) {
    nghttp2_session_callbacks_set_send_data_callback(&callbacks, ClientSending::send_body);
}

}  // namespace weir::http::h2
