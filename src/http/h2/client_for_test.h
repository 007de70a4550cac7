// For tests: a client of HTTP/2 in the simulated world. It says exactly what the test wants said, and keeps everything it hears.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "http/h2/frames_for_test.h"
#include "io/event.h"
#include "io/scope.h"
#include "net/stream.h"

namespace weir::http::h2 {

class TestClient {
public:
    struct Manners {
        std::vector<std::pair<std::uint16_t, std::uint32_t>> settings;
        bool opens_windows = true;  // gives back what DATA took
        bool answers = true;        // SETTINGS and PING
        bool reads = true;
    };
    struct Answer {
        std::vector<Pairs> interim;
        Pairs head;
        std::string body;
        Pairs trailers;
        bool is_whole = false;
        std::int64_t reset = -1;
        std::size_t data_frames = 0;

        std::string field(const std::string& name) const {
            for (const auto& [key, value] : head)
                if (key == name) return value;
            return "";
        }
        std::string status() const { return field(":status"); }
    };
    struct Goaway {
        std::uint32_t last = 0;
        std::uint32_t code = 0;
    };

    TestClient(std::unique_ptr<net::Stream> stream, Manners manners) : manners_(std::move(manners)), stream_(std::move(stream)) {
        say(std::string(kPreface) + settings_text(manners_.settings));
    }
    TestClient(const TestClient&) = delete;
    TestClient& operator=(const TestClient&) = delete;

    // Until the connection has ended.
    io::Task<> run() {
        io::Scope writing;
        writing.spawn(write());
        co_await read();
        has_ended = true;
        leaving_.request();
        co_await writing.join();
        stream_.reset();
    }
    void say(std::string_view octets) {
        to_say_ += octets;
        changed_.notify();
    }
    std::uint32_t ask(const Pairs& fields, std::uint8_t flags = kEndStream) {
        const auto id = std::exchange(next_id, next_id + 2);
        say(packer.headers(id, fields, flags));
        return id;
    }
    // As the server's windows allow it. More may follow unless it `ends`.
    void send_body(std::uint32_t id, std::string_view octets, bool ends = true) {
        auto& upload = uploads_[id];
        upload.octets += octets;
        upload.ends = ends;
        send_more(id, upload);
    }
    std::uint64_t sent(std::uint32_t id) { return uploads_[id].sent; }
    void leave() { leaving_.request(); }
    void abort() {
        stream_->abort();
        leave();
    }
    void half_close() { stream_->close_write(); }
    void set_reading(bool reads) {
        manners_.reads = reads;
        go_on_.notify();
    }
    // All that was said has been taken by the socket.
    bool has_said_all() const { return to_say_.empty() && !is_saying_; }
    std::uint32_t goaway_code() const { return goaways.empty() ? ~0U : goaways.back().code; }

    HeaderPacker packer;
    std::uint32_t next_id = 1;
    std::map<std::uint32_t, Answer> answers;
    std::vector<Goaway> goaways;
    std::map<std::uint16_t, std::uint32_t> settings;
    std::map<std::uint32_t, std::uint64_t> windows;  // what WINDOW_UPDATE frames gave, by stream
    std::vector<std::uint32_t> order;                // of streams whose DATA came, each change of stream once
    std::size_t pings = 0;                           // answers to ours
    std::size_t writes = 0;                          // of the server's, as far as they can be told apart
    std::string faults;                              // what no server may say
    bool has_ended = false;
    bool was_reset = false;

private:
    struct Upload {
        std::string octets;
        bool ends = false;
        bool has_ended = false;
        std::uint64_t sent = 0;
    };

    void send_more(std::uint32_t id, Upload& upload) {
        constexpr std::uint64_t kFirstWindow = 65'535;
        constexpr std::uint64_t kFrameMax = 16'384;
        while (!upload.has_ended) {
            const auto first = settings.contains(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE) ? settings[NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE] : 0;
            const auto window = std::min(first + windows[id] - upload.sent, kFirstWindow + windows[0] - sent_);
            const auto part = std::string_view(upload.octets).substr(upload.sent, std::min(window, kFrameMax));
            upload.has_ended = upload.ends && upload.sent + part.size() == upload.octets.size();
            if (part.empty() && !upload.has_ended) return;
            upload.sent += part.size();
            sent_ += part.size();
            say(data_text(id, part, upload.has_ended ? kEndStream : 0));
        }
    }

    io::Task<> write() {
        while (!leaving_.is_requested()) {
            auto octets = std::exchange(to_say_, {});
            if (octets.empty()) {
                const auto more = co_await changed_.wait({kNever, &leaving_});
                if (!more) break;
                continue;
            }
            is_saying_ = true;
            iovec part{octets.data(), octets.size()};
            const auto written = co_await net::write_all(*stream_, {&part, 1}, {kNever, &leaving_}, Duration::max(), Side::client);
            is_saying_ = false;
            if (!written) break;
        }
    }

    io::Task<> read() {
        char room[16 * 1024];
        for (;;) {
            if (!manners_.reads) {
                const auto more = co_await go_on_.wait({kNever, &leaving_});
                if (!more) co_return;
                continue;
            }
            const auto count = stream_->read(room);
            if (count.is_blocked()) {
                const auto ready = co_await stream_->readable({kNever, &leaving_});
                if (!ready) co_return;
                continue;
            }
            was_reset = count.is_failed();
            if (!count.is_some()) co_return;
            ++writes;
            reader_.feed({room, count.octets()});
            while (auto frame = reader_.next()) hear(*frame);
        }
    }

    void hear(const Frame& frame) {
        switch (frame.type) {
            case FrameType::data: return hear_data(frame);
            case FrameType::headers:
            case FrameType::continuation: return hear_headers(frame);
            case FrameType::rst_stream: answers[frame.id].reset = number_in(frame.payload, 0, 4); return;
            case FrameType::settings:
                for (std::size_t i = 0; i < frame.payload.size(); i += 6)
                    settings[static_cast<std::uint16_t>(number_in(frame.payload, i, 2))] = number_in(frame.payload, i + 2, 4);
                if (!frame.has(kAck) && manners_.answers) say(Frame{.type = FrameType::settings, .flags = kAck}.text());
                return;
            case FrameType::ping:
                if (!frame.has(kAck) && goaways.empty()) faults += "a PING that no GOAWAY went before; ";
                if (frame.has(kAck)) ++pings;
                else if (manners_.answers) say(Frame{.type = FrameType::ping, .flags = kAck, .payload = frame.payload}.text());
                return;
            case FrameType::goaway:
                goaways.push_back({number_in(frame.payload, 0, 4) & 0x7fffffffU, number_in(frame.payload, 4, 4)});
                return;
            case FrameType::window_update:
                windows[frame.id] += number_in(frame.payload, 0, 4);
                for (auto& [id, upload] : uploads_) send_more(id, upload);
                return;
            default: faults += "a frame of type " + std::to_string(static_cast<int>(frame.type)) + "; ";
        }
    }

    void hear_data(const Frame& frame) {
        auto& answer = answers[frame.id];
        if (answer.head.empty()) faults += "DATA before a head; ";
        if (answer.is_whole) faults += "DATA behind the end; ";
        answer.body += frame.payload;
        ++answer.data_frames;
        if (!frame.payload.empty() && (order.empty() || order.back() != frame.id)) order.push_back(frame.id);
        answer.is_whole |= frame.has(kEndStream);
        if (!manners_.opens_windows || frame.payload.empty()) return;
        const auto octets = static_cast<std::uint32_t>(frame.payload.size());
        say(window_text(0, octets) + (answer.is_whole ? "" : window_text(frame.id, octets)));
    }

    void hear_headers(const Frame& frame) {
        block_ += frame.payload;
        if (frame.type == FrameType::headers) ends_stream_ = frame.has(kEndStream);
        if (!frame.has(kEndHeaders)) return;
        auto fields = unpacker_.fields(std::exchange(block_, {}));
        if (!fields) {
            faults += "a header block that is none; ";
            return;
        }
        auto& answer = answers[frame.id];
        if (answer.is_whole) faults += "HEADERS behind the end; ";
        answer.is_whole |= ends_stream_;
        if (!answer.head.empty()) answer.trailers = std::move(*fields);
        else if (!fields->empty() && fields->front().second.starts_with('1')) answer.interim.push_back(std::move(*fields));
        else answer.head = std::move(*fields);
    }

    Manners manners_;
    std::unique_ptr<net::Stream> stream_;
    FrameReader reader_;
    HeaderUnpacker unpacker_;
    std::string block_;
    bool ends_stream_ = false;
    std::map<std::uint32_t, Upload> uploads_;
    std::uint64_t sent_ = 0;
    std::string to_say_;
    bool is_saying_ = false;
    io::Event changed_;
    io::Event go_on_;
    io::Stop leaving_;
};

}  // namespace weir::http::h2
