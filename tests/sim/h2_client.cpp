#include "sim/h2_client.h"

#include <algorithm>
#include <deque>
#include <map>

#include "http/h2/frames_for_test.h"
#include "io/event.h"
#include "io/scope.h"
#include "io/worker.h"
#include "net/connect.h"
#include "sim/h2_conduct.h"
#include "sim/judge.h"

namespace weir::sim {
namespace {

namespace h2 = http::h2;

constexpr auto kPatience = std::chrono::minutes(20);
constexpr std::int64_t kFirstWindow = Conduct::kWindow;
constexpr auto kPatienceWithMany = std::chrono::hours(2);
constexpr auto kAskMax = std::chrono::minutes(40);
constexpr std::uint64_t kActEvery = 1'000;  // milliseconds, at most
constexpr std::size_t kFrameMax = 16'384;

struct Ask {
    Script script;
    Message answer;
    std::string octets;  // of the body, or of the tunnel
    std::size_t sent = 0;
    TimePoint begun{};
    std::int64_t window = 0;      // that the server gives
    std::int64_t own_window = 0;  // that we give
    std::int64_t owed = 0;        // of it, to be given late
    Opening opening = Opening::at_once;
    bool waits_for_word = false;  // 100, before the body
    bool has_said_all = false;
    bool has_answer = false;
    bool is_tunnel = false;
};

class Connection {
public:
    Connection(const ClientPlan& plan, Verdicts& verdicts, Random& random, Wire& wire)
        : plan_(plan),
          verdicts_(verdicts),
          random_(random),
          conduct_(plan.stalls ? Conduct::stalling(random) : Conduct::polite(random)),
          calm_judge_(plan.world_is_calm && conduct_.is_patient, verdicts),
          lenient_judge_(false, verdicts),
          wire_(wire) {}

    io::Task<> run(std::deque<Script>& scripts) {
        say(std::string(h2::kPreface) + h2::settings_text({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, conduct_.first_window}}));
        if (conduct_.window > kFirstWindow) say(h2::window_text(0, static_cast<std::uint32_t>(conduct_.window - kFirstWindow)));
        if (conduct_.stalls) acting_.spawn(act());
        while (!is_broken_) {
            while (!scripts.empty() && asks_.size() < conduct_.at_once && !has_goaway_) begin(scripts);
            if (asks_.empty()) break;
            for (auto& [id, ask] : asks_) send_body(id, ask);
            leave_now_and_then();
            if (is_broken_) break;
            flush();
            co_await hear_one(scripts);
        }
        for (auto& [id, ask] : asks_) end(ask, "the connection ended");
        asks_.clear();
        is_over_ = true;
        co_await acting_.join();
        wire_.stream().close_write();
        co_await writing_.join();
    }

private:
    using Asks = std::map<std::uint32_t, Ask>;

    void say(std::string_view octets) { to_say_ += octets; }
    void flush() {
        if (!to_say_.empty()) writing_.spawn(write(wire_, std::exchange(to_say_, {})));
    }
    static io::Task<> write(Wire& wire, std::string octets) { co_await wire.write(std::move(octets)); }

    void begin(std::deque<Script>& scripts) {
        const auto id = std::exchange(next_id_, next_id_ + 2);
        auto& ask = asks_[id];
        ask.script = scripts.front();
        scripts.pop_front();
        const auto& script = ask.script;
        ask.begun = io::Worker::current().now();
        ask.window = first_window_;
        ask.own_window = conduct_.first_window;
        ask.opening = conduct_.opening(random_);
        h2::Pairs fields{{":method", script.is_upgrade ? "CONNECT" : script.method}, {":scheme", "http"}, {":authority", "app.test"}};
        fields.emplace_back(":path", script.target());
        if (script.is_upgrade) fields.emplace_back(":protocol", "websocket");
        if (script.request_body == Body::length) fields.emplace_back("content-length", std::to_string(script.request_size));
        if (script.expects_continue) fields.emplace_back("expect", "100-continue");
        const bool has_body = script.is_upgrade || script.request_body != Body::none;
        ask.has_said_all = !has_body;
        ask.waits_for_word = script.is_upgrade || script.expects_continue;
        ask.octets = octets_of(script.id, script.is_upgrade ? script.answer_size : script.request_size);
        say(packer_.headers(id, fields, has_body ? 0 : h2::kEndStream));
        if (ask.own_window == 0) give(id, ask, kFirstWindow);
    }

    // What came has been taken: as much may come again.
    void give(std::uint32_t id, Ask& ask, std::int64_t octets) {
        ask.owed += octets;
        if (ask.opening == Opening::at_once) open(id, ask);
    }

    void open(std::uint32_t id, Ask& ask) {
        if (ask.owed == 0) return;
        say(h2::window_text(id, static_cast<std::uint32_t>(ask.owed)));
        ask.own_window += std::exchange(ask.owed, 0);
    }

    void open_connection() {
        if (owed_ == 0) return;
        say(h2::window_text(0, static_cast<std::uint32_t>(owed_)));
        own_window_ += std::exchange(owed_, 0);
        // What is let go now shall find no room.
        if (!conduct_.opens_late) return;
        be_deaf();
        if (conduct_.first_window == Conduct::kWindowMax && random_.chance(0.5)) shut_all();
    }

    // RFC 9113 6.9.2: windows may become negative. Ours are not counted down: what is on its way may come.
    void shut_all() {
        say(h2::settings_text({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}}));
        are_shut_ = true;
    }
    void open_all() {
        if (std::exchange(are_shut_, false))
            say(h2::settings_text({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(conduct_.first_window)}}));
    }

    void be_deaf() { deaf_until_ = std::max(deaf_until_, io::Worker::current().now() + conduct_.pause(random_)); }

    // Beside all reading, and while there is none.
    io::Task<> act() {
        for (;;) {
            co_await io::sleep_until(io::Worker::current().now() + std::chrono::milliseconds(1 + random_.below(kActEvery)));
            if (is_over_) break;
            look_at_clock();
            if (random_.chance(0.1)) open_all();
            if (random_.chance(0.3)) open_connection();
            for (auto& [id, ask] : asks_)
                if (ask.opening == Opening::late && random_.chance(0.3)) open(id, ask);
            // But never all: the connection would have nothing more to tell.
            if (asks_.size() > 1 && random_.chance(0.2))
                leave_one([this](const Ask& ask) { return plan_.leaves_early || ask.opening != Opening::at_once; });
            flush();
        }
    }

    void look_at_clock() {
        const auto latest = io::Worker::current().now() - kAskMax;
        std::erase_if(asks_, [&](const auto& entry) {
            const bool is_due = entry.second.begun <= latest;
            if (is_due) calm_judge_.fault(entry.second.script, "a stream that never ends");
            return is_due;
        });
    }

    void leave_one(auto may_leave) {
        const auto at = std::next(asks_.begin(), static_cast<std::ptrdiff_t>(random_.below(asks_.size())));
        const auto id = at->first;
        if (!may_leave(at->second)) return;
        asks_.erase(at);
        left_[id] = true;
        say(h2::reset_text(id));
    }

    void send_body(std::uint32_t id, Ask& ask) {
        while (!ask.has_said_all && !ask.waits_for_word) {
            if (ask.opening == Opening::never && ask.sent * 2 > ask.octets.size()) return;
            const auto drawn = random_.chance(0.5) ? kFrameMax : 1 + random_.below(9000);
            const auto window = static_cast<std::size_t>(std::max<std::int64_t>(0, std::min(ask.window, window_)));
            const auto part = std::string_view(ask.octets).substr(ask.sent, std::min(drawn, window));
            const bool is_last = ask.sent + part.size() == ask.octets.size();
            // A tunnel's end follows its echo.
            if (part.empty() && (!is_last || ask.is_tunnel)) return;
            ask.has_said_all = is_last && !ask.is_tunnel;
            ask.sent += part.size();
            ask.window -= static_cast<std::int64_t>(part.size());
            window_ -= static_cast<std::int64_t>(part.size());
            say(h2::data_text(id, part, ask.has_said_all ? h2::kEndStream : 0));
        }
    }

    void leave_now_and_then() {
        if (!plan_.leaves_early || asks_.empty() || !random_.chance(0.05)) return;
        if (random_.chance(0.2)) {
            asks_.clear();
            is_broken_ = true;
            return;
        }
        leave_one([](const Ask&) { return true; });
    }

    io::Task<> hear_one(std::deque<Script>& scripts) {
        if (conduct_.stalls && random_.chance(0.02)) be_deaf();
        while (io::Worker::current().now() < deaf_until_) co_await io::sleep_until(deaf_until_);
        auto octets = co_await wire_.read_octets(h2::kFrameHead);
        if (octets.size() == h2::kFrameHead) {
            const auto length = h2::number_in(octets, 0, 3);
            const auto payload = co_await wire_.read_octets(length);
            octets += payload;
        }
        reader_.feed(octets);
        const auto frame = reader_.next();
        if (frame) hear(*frame, scripts);
        else is_broken_ = true;
    }

    void hear(const h2::Frame& frame, std::deque<Script>& scripts) {
        using Type = h2::FrameType;
        const auto found = asks_.find(frame.id);
        auto* const ask = found == asks_.end() ? nullptr : &found->second;
        if (frame.payload.size() > kFrameMax) connection_fault("a frame that is too large");
        switch (frame.type) {
            case Type::settings: return hear_settings(frame);
            case Type::ping:
                if (!frame.has(h2::kAck)) say(h2::Frame{.type = Type::ping, .flags = h2::kAck, .payload = frame.payload}.text());
                return;
            case Type::window_update:
                if (frame.id == 0) window_ += h2::number_in(frame.payload, 0, 4);
                else if (ask != nullptr) ask->window += h2::number_in(frame.payload, 0, 4);
                return;
            case Type::goaway: return hear_goaway(frame, scripts);
            case Type::rst_stream:
                if (ask != nullptr) hear_reset(frame, scripts);
                return;
            case Type::headers:
            case Type::continuation: return hear_headers(frame, ask);
            case Type::data: return hear_data(frame, ask);
            default: connection_fault("a frame that no server sends");
        }
    }

    void hear_settings(const h2::Frame& frame) {
        if (frame.has(h2::kAck)) return;
        for (std::size_t i = 0; i < frame.payload.size(); i += 6) {
            if (h2::number_in(frame.payload, i, 2) != NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE) continue;
            const std::int64_t first = h2::number_in(frame.payload, i + 2, 4);
            for (auto& [id, ask] : asks_) ask.window += first - first_window_;
            first_window_ = first;
        }
        say(h2::Frame{.type = h2::FrameType::settings, .flags = h2::kAck}.text());
    }

    // RFC 9113 6.8: what is above the last stream has not been looked at, and is asked again.
    void hear_goaway(const h2::Frame& frame, std::deque<Script>& scripts) {
        has_goaway_ = true;
        const auto code = h2::number_in(frame.payload, 4, 4);
        if (code != NGHTTP2_NO_ERROR) connection_fault("a GOAWAY with code " + std::to_string(code));
        const auto last = h2::number_in(frame.payload, 0, 4);
        while (!asks_.empty() && asks_.rbegin()->first > last) give_back(asks_.rbegin()->first, scripts);
    }

    void give_back(std::uint32_t id, std::deque<Script>& scripts) {
        scripts.push_back(asks_.at(id).script);
        asks_.erase(id);
    }

    void hear_reset(const h2::Frame& frame, std::deque<Script>& scripts) {
        const auto code = h2::number_in(frame.payload, 0, 4);
        if (code == NGHTTP2_REFUSED_STREAM) return give_back(frame.id, scripts);
        auto& ask = asks_.at(frame.id);
        if (!ask.answer.is_whole) end(ask, "reset with code " + std::to_string(code));
        else if (code != NGHTTP2_NO_ERROR && !ask.is_tunnel)
            calm_judge_.fault(ask.script, "a whole answer was reset with " + std::to_string(code));
        asks_.erase(frame.id);
    }

    void hear_headers(const h2::Frame& frame, Ask* ask) {
        block_ += frame.payload;
        if (frame.type == h2::FrameType::headers) is_end_ = frame.has(h2::kEndStream);
        if (!frame.has(h2::kEndHeaders)) return;
        const auto fields = unpacker_.fields(std::exchange(block_, {}));
        if (!fields) return connection_fault("a header block that is none");
        if (ask == nullptr) {
            if (!left_.contains(frame.id)) connection_fault("HEADERS of a stream that is over");
            return;
        }
        auto& answer = ask->answer;
        if (ask->has_answer) {
            for (const auto& [name, value] : *fields) answer.trailers[name] = value;
            if (!is_end_) calm_judge_.fault(ask->script, "trailers without an end");
        } else {
            take_head(frame.id, *ask, *fields);
        }
        if (is_end_) ended(frame.id);
    }

    void take_head(std::uint32_t id, Ask& ask, const h2::Pairs& fields) {
        auto& answer = ask.answer;
        answer.fields.clear();
        for (const auto& [name, value] : fields) {
            if (name == ":status") answer.start_line = "HTTP/1.1 " + value + " x";
            else if (name == "connection" || name == "transfer-encoding" || name == "upgrade") calm_judge_.fault(ask.script, "got " + name);
            else answer.fields[name] = value;
        }
        if (answer.status() == 100) ask.waits_for_word = false;
        if (answer.status() < 200) return;
        ask.has_answer = true;
        ++verdicts_.answered[ask.script.id];
        ask.is_tunnel = ask.script.is_upgrade && answer.status() == 200;
        ask.waits_for_word = ask.waits_for_word && !ask.is_tunnel;
        if (ask.is_tunnel && ask.octets.empty()) end_own_half(id, ask);
    }

    void hear_data(const h2::Frame& frame, Ask* ask) {
        const auto octets = static_cast<std::int64_t>(frame.payload.size());
        own_window_ -= octets;
        if (own_window_ < 0) connection_fault("more than the connection's window");
        owed_ += octets;
        if (!conduct_.opens_late) open_connection();
        if (ask == nullptr) {
            if (!left_.contains(frame.id)) connection_fault("DATA of a stream that is over");
            return;
        }
        ask->own_window -= octets;
        if (ask->own_window < 0) calm_judge_.fault(ask->script, "more than the stream's window");
        if (!ask->has_answer || ask->answer.is_whole) calm_judge_.fault(ask->script, "DATA out of place");
        ask->answer.body += frame.payload;
        if (frame.has(h2::kEndStream)) return ended(frame.id);
        give(frame.id, *ask, octets);
        if (ask->is_tunnel && ask->answer.body.size() == ask->octets.size()) end_own_half(frame.id, *ask);
    }

    void end_own_half(std::uint32_t id, Ask& ask) {
        ask.has_said_all = true;
        say(h2::data_text(id, "", h2::kEndStream));
    }

    // The server has said all.
    void ended(std::uint32_t id) {
        auto& ask = asks_.at(id);
        auto& answer = ask.answer;
        answer.is_whole = true;
        if (ask.is_tunnel) {
            end_tunnel(ask);
        } else {
            const auto length = answer.fields.find("content-length");
            if (length != answer.fields.end() && ask.script.method != "HEAD" && length->second != std::to_string(answer.body.size()))
                calm_judge_.fault(ask.script, "a length of " + length->second + " and a body of " + std::to_string(answer.body.size()));
            judge_of(ask).answer(ask.script, answer);
        }
        // What is not wanted any more need not be said.
        if (!ask.has_said_all) say(h2::reset_text(id)), left_[id] = true;
        asks_.erase(id);
    }

    void end_tunnel(Ask& ask) {
        if (!ask.octets.starts_with(ask.answer.body)) calm_judge_.fault(ask.script, "a tunnel changed octets");
        if (ask.answer.body.size() == ask.octets.size()) ++verdicts_.clean;
        else judge_of(ask).broken(ask.script, "a tunnel ended early");
    }

    void end(Ask& ask, const std::string& how) { judge_of(ask).broken(ask.script, how); }
    Judge& judge_of(const Ask& ask) { return ask.opening == Opening::at_once ? calm_judge_ : lenient_judge_; }
    void connection_fault(const std::string& what) {
        verdicts_.faults.push_back("HTTP/2: " + what);
        is_broken_ = true;
    }

    const ClientPlan& plan_;
    Verdicts& verdicts_;
    Random& random_;
    const Conduct conduct_;
    Judge calm_judge_;
    Judge lenient_judge_;  // of those that the client itself has let stall
    Wire& wire_;
    Asks asks_;
    std::map<std::uint32_t, bool> left_;  // streams that we have reset: what was on its way may still come
    h2::HeaderPacker packer_;
    h2::HeaderUnpacker unpacker_;
    h2::FrameReader reader_;
    std::string block_;
    bool is_end_ = false;
    std::string to_say_;
    std::uint32_t next_id_ = 1;
    std::int64_t window_ = kFirstWindow;
    std::int64_t first_window_ = kFirstWindow;
    std::int64_t own_window_ = conduct_.window;
    std::int64_t owed_ = 0;
    TimePoint deaf_until_{};
    bool are_shut_ = false;
    bool has_goaway_ = false;
    bool is_broken_ = false;
    bool is_over_ = false;
    io::Scope acting_;
    io::Scope writing_;
};

}  // namespace

io::Task<> run_h2_client(ClientPlan plan, Verdicts& verdicts) {
    Random random(plan.seed);
    std::deque<Script> scripts(plan.scripts.begin(), plan.scripts.end());
    for (int connections = 0; !scripts.empty() && connections < 40; ++connections) {
        auto stream = co_await net::connect(plan.weir, {io::Worker::current().now() + kPatience, nullptr});
        if (!stream) continue;
        Wire wire(std::move(*stream), io::Worker::current().now() + (plan.stalls ? kPatienceWithMany : kPatience));
        Connection connection(plan, verdicts, random, wire);
        co_await connection.run(scripts);
    }
}

}  // namespace weir::sim
