// For tests: a ServerConnection in the simulated world, with a house behind it that hears requests and answers what the test says.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/arena.h"
#include "base/text.h"
#include "http/h2/client_for_test.h"
#include "http/h2/server.h"
#include "io/test_world.h"
#include "net/connect.h"
#include "net/listener.h"

namespace weir::http::h2 {

// What the house does with a request.
struct Serving {
    std::uint16_t status = 200;
    Pairs fields;
    std::string body = "hello";
    Pairs trailers;
    Framing framing = Framing::length;
    std::vector<std::uint16_t> interim;
    bool reads_body = true;
    bool waits = false;   // for the stream's `go_on`, before anything
    bool leaves = false;  // without a word
    bool echoes = false;  // as a tunnel
};

struct Seen {
    std::string method, target, authority, upgrade;
    Pairs fields;
    std::string body;
    Pairs trailers;
    Fault fault;
    Framing framing = Framing::none;
    Result<> read;     // of the body
    Result<> written;  // of the reply
    bool is_over = false;
    bool was_cancelled = false;

    std::string field(const std::string& name) const {
        for (const auto& [key, value] : fields)
            if (lower(key) == name) return value;
        return "";
    }
    std::size_t count(const std::string& name) const {
        return static_cast<std::size_t>(std::ranges::count_if(fields, [&](const auto& field) { return lower(field.first) == name; }));
    }
};

inline Pairs pairs_in(const Fields& fields) {
    Pairs out;
    for (const auto& field : fields) out.emplace_back(std::string(field.name), std::string(field.value));
    return out;
}

struct TestStreamMemory {
    Arena arena;
    Request request{arena};
};

struct TestStream final : TestStreamMemory, ServerExchange {
    TestStream(ServerConnection& connection, std::int32_t id, Seen& to) : ServerExchange(connection, id, arena), seen(to) {
        set_request(request);
    }
    Seen& seen;
    Serving serving;
    io::Event go_on;
    io::Stop client_gone;
};

class ServerTest : public ::testing::Test, public Streams {
protected:
    void TearDown() override {
        if (client_ == nullptr) return;
        client_->leave();
        EXPECT_TRUE(turn_until([&] { return scope_.running() == 0; }));
        EXPECT_TRUE(client_->faults.empty()) << client_->faults;
        connection_.reset();
        EXPECT_TRUE(streams_.empty()) << "streams are left";
        accepted_.reset();
        client_.reset();
        listener_.reset();
        seen_.clear(), abuses_.clear();
        EXPECT_EQ(Chunk::in_use(), chunks_before_) << "chunks are left";
    }
    // A client is connected, and the server's first SETTINGS are with it.
    void begin(TestClient::Manners manners = {}, const io::SimFaults& faults = {}) {
        world_.sim().set_faults(faults);
        taken_.emplace();
        listener_ = std::make_unique<net::Listener>(*net::listen(at_, {}));
        scope_.spawn(accept());
        scope_.spawn(connect(std::move(manners)));
        ASSERT_TRUE(turn_until([&] { return connection_ != nullptr && client_ != nullptr && !client_->settings.empty(); }));
    }
    TestClient& client() { return *client_; }
    ServerConnection& connection() { return *connection_; }
    Seen& seen(std::uint32_t id) { return seen_[id]; }
    TestClient::Answer& answer(std::uint32_t id) { return client_->answers[id]; }
    TestStream& stream(std::uint32_t id) { return *streams_.at(id); }
    template <class Done>
    bool turn_until(Done done) {
        return world_.turn_until(done);
    }
    // Everything that will happen by itself within this time has happened.
    void pass(Duration time) {
        const auto until = world_.worker().now() + time;
        io::Scope waiting;
        waiting.spawn(sleep(until));
        ASSERT_TRUE(turn_until([&] { return waiting.running() == 0; }));
    }
    bool is_answered(std::uint32_t id) {
        return turn_until([&] { return answer(id).is_whole || answer(id).reset >= 0 || client().has_ended; });
    }
    bool has_ended() {
        return turn_until([&] { return client().has_ended; });
    }
    std::size_t times(Abuse kind) const { return static_cast<std::size_t>(std::ranges::count(abuses_, kind)); }

    static Pairs get(const std::string& path = "/") {
        return {{":method", "GET"}, {":scheme", "http"}, {":authority", "a.example"}, {":path", path}};
    }
    static Pairs post(const std::string& path = "/") {
        return {{":method", "POST"}, {":scheme", "http"}, {":authority", "a.example"}, {":path", path}};
    }

    io::SimWorld world_;
    ServerLimits limits_;
    std::function<Serving(const Request&)> serve_ = [](const Request&) { return Serving{}; };
    std::map<std::uint32_t, Seen> seen_;
    std::map<std::uint32_t, TestStream*> streams_;
    std::vector<Abuse> abuses_;
    std::size_t resets_came_ = 0, resets_sent_ = 0;
    std::size_t walks_most_ = 0;  // at one time
    bool refuses_ = false;

private:
    static io::Task<> sleep(TimePoint until) { co_await io::sleep_until(until); }

    io::Task<> accept() {
        co_await listener_->run([this](net::Accepted accepted) { serve(accepted.handle); }, *taken_);
    }
    void serve(io::Handle handle) {
        accepted_ = std::make_unique<net::SocketStream>(handle);
        connection_ = std::make_unique<ServerConnection>(*accepted_, *this, limits_, stopping_);
        scope_.spawn(run());
        taken_->request();
    }
    io::Task<> run() {
        co_await connection_->run({});
        co_await walks_.join();
        // As a session does it: what the client still says must not make its system throw away the farewell.
        if (connection_->may_linger()) co_await linger();
        accepted_.reset();
    }
    io::Task<> linger() {
        accepted_->close_write();
        char room[4096];
        const io::Deadline deadline{world_.worker().now() + std::chrono::seconds(2), nullptr};
        for (;;) {
            const auto count = accepted_->read(room);
            if (count.is_some()) continue;
            if (!count.is_blocked()) break;
            const auto ready = co_await accepted_->readable(deadline);
            if (!ready) break;
        }
    }
    io::Task<> connect(TestClient::Manners manners) {
        auto connected = co_await net::connect(at_, {});
        client_ = std::make_unique<TestClient>(std::move(*connected), std::move(manners));
        co_await client_->run();
    }

    ServerExchange* begin(std::int32_t id) override {
        if (refuses_) return nullptr;
        const auto key = static_cast<std::uint32_t>(id);
        return streams_[key] = new TestStream(*connection_, id, seen_[key]);
    }
    void start(ServerExchange& exchange) override {
        auto& stream = static_cast<TestStream&>(exchange);
        const auto& request = stream.request;
        auto& seen = stream.seen;
        seen.fault = stream.fault();
        if (!seen.fault) {
            seen.method = request.method_name, seen.target = request.target, seen.authority = request.authority;
            seen.upgrade = request.upgrade, seen.framing = request.framing, seen.fields = pairs_in(request.fields);
            stream.serving = serve_(request);
        }
        walks_.spawn(walk(stream));
        walks_most_ = std::max(walks_most_, walks_.running());
    }
    void gone(ServerExchange& exchange) override {
        streams_.erase(static_cast<std::uint32_t>(exchange.id()));
        delete &static_cast<TestStream&>(exchange);
    }
    void abused(Abuse kind) override { abuses_.push_back(kind); }
    void was_reset(Reset which) override { ++(which == Reset::came ? resets_came_ : resets_sent_); }

    io::Task<> walk(TestStream& stream) {
        auto& seen = stream.seen;
        stream.watch_client(&stream.client_gone, {});
        if (seen.fault) stream.serving = {.status = 400, .body = "bad"};
        if (!seen.fault && stream.serving.waits) {
            const auto goes_on = co_await stream.go_on.wait({kNever, &stream.client_gone});
            seen.was_cancelled = !goes_on;
        }
        if (!seen.fault && stream.serving.reads_body) co_await read_body(stream);
        if (stream.serving.echoes) co_await echo(stream);
        else if (!stream.serving.leaves && seen.read) co_await reply(stream);
        seen.is_over = true;
        stream.watch_client(nullptr, {});
        if (stream.finish()) gone(stream);
    }

    io::Task<> read_body(TestStream& stream) {
        auto& body = stream.body();
        auto& seen = stream.seen;
        while (!body.is_done()) {
            const auto piece = body.ready();
            if (!piece) {
                seen.read = std::unexpected(piece.error());
                co_return;
            }
            seen.body += piece->octets;
            if (!piece->empty()) continue;
            seen.read = co_await body.wait();
            if (!seen.read) co_return;
        }
        if (body.trailers() != nullptr) seen.trailers = pairs_in(*body.trailers());
    }

    io::Task<> echo(TestStream& stream) {
        Response response(stream.arena);
        response.status = 101;
        stream.seen.written = stream.put_head(response, {}, true);
        auto& raw = stream.raw();
        char room[4096];
        for (;;) {
            const auto count = raw.read(room);
            if (count.is_blocked()) {
                const auto ready = co_await raw.readable({kNever, &stream.client_gone});
                if (ready) continue;
                break;
            }
            if (!count.is_some()) break;
            stream.seen.body.append(room, count.octets());
            iovec part{room, count.octets()};
            const auto written = co_await net::write_all(raw, {&part, 1}, {kNever, &stream.client_gone}, Duration::max(), Side::client);
            if (!written) break;
        }
        raw.close_write();
    }

    io::Task<> reply(TestStream& stream) {
        const auto& serving = stream.serving;
        Response response(stream.arena);
        for (const auto status : serving.interim) {
            response.status = status;
            stream.seen.written = stream.put_interim(response);
        }
        response.status = serving.status;
        response.framing = serving.framing;
        response.content_length = serving.body.size();
        for (const auto& [name, value] : serving.fields) response.fields.add(Field{.name = name, .value = value, .id = id_of(name)});
        Fields trailers(stream.arena);
        for (const auto& [name, value] : serving.trailers) trailers.add(name, value);
        const bool is_whole = serving.body.empty() && trailers.empty();
        auto& written = stream.seen.written;
        written = stream.put_head(response, {}, is_whole);
        std::string_view rest = serving.body;
        while (written && !is_whole) {
            const auto part = rest.substr(0, 50'000);
            rest.remove_prefix(part.size());
            const Piece piece{.octets = part, .owner = {}};
            written = stream.put({&piece, 1}, rest.empty(), rest.empty() && !trailers.empty() ? &trailers : nullptr);
            if (written && !stream.is_flushed()) written = co_await stream.flush({});
            if (rest.empty()) break;
        }
        if (!written) stream.abort();
    }

    const net::Address at_ = *net::Address::parse("10.0.0.1:80");
    std::size_t chunks_before_ = Chunk::in_use();
    std::optional<io::Stop> taken_;
    io::Stop stopping_;
    std::unique_ptr<net::Listener> listener_;
    std::unique_ptr<net::Stream> accepted_;
    std::unique_ptr<ServerConnection> connection_;
    std::unique_ptr<TestClient> client_;
    io::Scope walks_;
    io::Scope scope_;
};

}  // namespace weir::http::h2
