// For tests: an HTTP/2 origin in the simulated world, by libnghttp2's server. It hears requests and does with them what the test says.
#pragma once

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/event.h"
#include "io/scope.h"
#include "io/worker.h"
#include "net/listener.h"
#include "net/stream.h"

namespace weir::http::h2 {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct HeardRequest {
    std::int32_t stream = 0;
    Pairs fields;
    Pairs trailers;
    std::string body;
    std::size_t consumed = 0;  // of the body, where the hearer opens the windows
    bool is_whole = false;
    std::int64_t reset_code = -1;

    std::string field(const std::string& name) const {
        for (const auto& [key, value] : fields)
            if (key == name) return value;
        return "";
    }
};

// One connection to the origin.
class OriginSession {
public:
    using Hear = std::function<void(OriginSession&, HeardRequest&)>;
    struct Options {
        std::vector<nghttp2_settings_entry> settings;
        Hear on_head;                                 // of each request, when its head is complete
        Hear on_whole;                                // when its end has come
        Hear on_data;                                 // when more of its body has
        std::function<void(OriginSession&)> on_time;  // when look_at has come
        bool takes_body = true;                       // else the windows are not opened again
        bool is_lenient = false;                      // may say what HTTP forbids
    };

    OriginSession(std::unique_ptr<net::Stream> stream, const Options& options) : options_(options), stream_(std::move(stream)) {
        nghttp2_session_callbacks* callbacks = nullptr;
        nghttp2_session_callbacks_new(&callbacks);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
        nghttp2_option* option = nullptr;
        nghttp2_option_new(&option);
        if (!options.takes_body) nghttp2_option_set_no_auto_window_update(option, 1);
        if (options.is_lenient) nghttp2_option_set_no_http_messaging(option, 1);
        nghttp2_option_set_max_send_header_block_length(option, 1024 * 1024);
        nghttp2_session_server_new2(&session, callbacks, this, option);
        nghttp2_option_del(option);
        nghttp2_session_callbacks_del(callbacks);
        nghttp2_submit_settings(session, 0, options.settings.data(), options.settings.size());
    }
    OriginSession(const OriginSession&) = delete;
    OriginSession& operator=(const OriginSession&) = delete;
    ~OriginSession() { nghttp2_session_del(session); }

    io::Task<> run(io::Stop* stop) {
        char room[16 * 1024];
        for (;;) {
            const bool sent = co_await send(stop);
            if (!sent) break;
            const auto ready = co_await stream_->readable({std::min(look_at, dies_at), stop});
            if (!ready && !look_at_clock()) break;
            if (!ready) continue;
            if (is_frozen) co_await io::sleep_until(kNever, stop);
            if (deaf_until > io::Worker::current().now()) co_await io::sleep_until(deaf_until, stop);
            const auto count = stream_->read(room);
            if (count.is_blocked()) continue;
            if (!count.is_some()) break;
            if (nghttp2_session_mem_recv(session, reinterpret_cast<const std::uint8_t*>(room), count.octets()) < 0) break;
            if (is_cut) break;
        }
        if (is_reset || dies_at <= io::Worker::current().now()) stream_->abort();
        stream_.reset();
    }

    void answer(std::int32_t stream, const Pairs& fields, std::string body = {}, Pairs trailers = {}) {
        auto& one = answers_[stream];
        one.body = std::move(body);
        one.trailers = std::move(trailers);
        nghttp2_data_provider provider{.source = {.ptr = &one}, .read_callback = read_body};
        const bool has_body = !one.body.empty() || !one.trailers.empty() || one.stays_open;
        nghttp2_submit_response(session, stream, nvs(fields).data(), fields.size(), has_body ? &provider : nullptr);
    }
    void interim(std::int32_t stream, const Pairs& fields) {
        nghttp2_submit_headers(session, 0, stream, nullptr, nvs(fields).data(), fields.size(), nullptr);
    }
    // The next answer on this stream goes on after its body.
    void keep_open(std::int32_t stream) { answers_[stream].stays_open = true; }
    void more(std::int32_t stream, std::string_view octets, bool is_end) {
        answers_[stream].body += octets;
        answers_[stream].stays_open = !is_end;
        nghttp2_session_resume_data(session, stream);
    }
    void octets(std::string_view raw) { raw_ += raw; }
    // Sends what was said outside of its turn.
    io::Task<> say() {
        const bool sent = co_await send(nullptr);
        is_cut |= !sent;
    }

    nghttp2_session* session = nullptr;
    std::map<std::int32_t, HeardRequest> heard;
    bool is_cut = false;  // the connection ends now
    bool is_reset = false;
    bool is_frozen = false;  // hears and says nothing more
    TimePoint deaf_until{};
    TimePoint look_at = kNever;
    TimePoint dies_at = kNever;  // the connection, whatever it is at
    std::size_t goaways = 0;
    std::size_t pings = 0;

private:
    struct Answer {
        std::string body;
        Pairs trailers;
        bool stays_open = false;
    };

    // False: its end has come, or somebody's word to stop.
    bool look_at_clock() {
        const auto now = io::Worker::current().now();
        if (dies_at <= now || look_at > now) return false;
        look_at = kNever;
        options_.on_time(*this);
        return true;
    }

    io::Task<bool> send(io::Stop* stop) {
        for (;;) {
            const std::uint8_t* data = nullptr;
            const auto count = nghttp2_session_mem_send(session, &data);
            if (count < 0) co_return false;
            std::string octets(reinterpret_cast<const char*>(data), static_cast<std::size_t>(count));
            octets += std::exchange(raw_, {});
            if (octets.empty()) co_return true;
            iovec part{octets.data(), octets.size()};
            const auto written = co_await net::write_all(*stream_, {&part, 1}, {dies_at, stop}, Duration::max(), Side::upstream);
            if (!written) co_return false;
        }
    }
    static std::vector<nghttp2_nv> nvs(const Pairs& fields) {
        std::vector<nghttp2_nv> out;
        for (const auto& [name, value] : fields)
            out.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                           reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(), 0});
        return out;
    }
    static OriginSession& of(void* user) { return *static_cast<OriginSession*>(user); }
    static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t n, const std::uint8_t* value,
                         std::size_t v, std::uint8_t, void* user) {
        auto& request = of(user).heard[frame->hd.stream_id];
        auto& into = frame->headers.cat == NGHTTP2_HCAT_REQUEST ? request.fields : request.trailers;
        into.emplace_back(std::string(reinterpret_cast<const char*>(name), n), std::string(reinterpret_cast<const char*>(value), v));
        return 0;
    }
    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        auto& self = of(user);
        if (frame->hd.type == NGHTTP2_GOAWAY) ++self.goaways;
        if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) ++self.pings;
        if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
        auto& request = self.heard[frame->hd.stream_id];
        request.stream = frame->hd.stream_id;
        if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST && self.options_.on_head)
            self.options_.on_head(self, request);
        if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
        request.is_whole = true;
        if (self.options_.on_whole) self.options_.on_whole(self, request);
        return 0;
    }
    static int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data, std::size_t count, void* user) {
        auto& request = of(user).heard[stream];
        request.body.append(reinterpret_cast<const char*>(data), count);
        if (of(user).options_.on_data) of(user).options_.on_data(of(user), request);
        return 0;
    }
    static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t code, void* user) {
        of(user).heard[stream].reset_code = code;
        return 0;
    }
    static ssize_t read_body(nghttp2_session* session, std::int32_t stream, std::uint8_t* to, std::size_t room, std::uint32_t* flags,
                             nghttp2_data_source* source, void*) {
        auto& one = *static_cast<Answer*>(source->ptr);
        const auto count = std::min(room, one.body.size());
        std::memcpy(to, one.body.data(), count);
        one.body.erase(0, count);
        if (count == 0 && one.stays_open) return NGHTTP2_ERR_DEFERRED;
        if (!one.body.empty() || one.stays_open) return static_cast<ssize_t>(count);
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (!one.trailers.empty()) {
            *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
            nghttp2_submit_trailer(session, stream, nvs(one.trailers).data(), one.trailers.size());
        }
        return static_cast<ssize_t>(count);
    }

    const Options& options_;
    std::unique_ptr<net::Stream> stream_;
    std::map<std::int32_t, Answer> answers_;
    std::string raw_;
};

// Takes connections at an address.
class TestOrigin {
public:
    TestOrigin(const net::Address& at, OriginSession::Options with) : options(std::move(with)), listener_(*net::listen(at, {})) {
        scope_.spawn(listener_.run([this](net::Accepted accepted) { take(accepted); }, stop_));
    }
    TestOrigin(const TestOrigin&) = delete;
    TestOrigin& operator=(const TestOrigin&) = delete;
    // Before it goes: turn until has_ended().
    void stop() { stop_.request(); }
    bool has_ended() const { return scope_.running() == 0; }

    OriginSession::Options options;
    std::vector<std::unique_ptr<OriginSession>> sessions;

private:
    void take(net::Accepted accepted) {
        sessions.push_back(std::make_unique<OriginSession>(std::make_unique<net::SocketStream>(accepted.handle), options));
        scope_.spawn(sessions.back()->run(&stop_));
    }

    net::Listener listener_;
    io::Stop stop_;
    io::Scope scope_;
};

}  // namespace weir::http::h2
