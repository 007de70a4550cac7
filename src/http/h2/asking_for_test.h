// For tests: a connection to an origin in the simulated world, exchanges on it, and what came of them.
#pragma once

#include <gtest/gtest.h>

#include "http/h2/client.h"
#include "http/h2/origin_for_test.h"
#include "io/test_world.h"
#include "net/connect.h"

namespace weir::http::h2 {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline const net::Address kAt = *net::Address::parse("10.0.0.1:80");

struct Wish {
    std::string method = "GET";
    std::string target = "/";
    Pairs fields;
    std::string body;
    Pairs trailers;
    std::string upgrade;
    bool leaves = false;        // right after the request
    bool reads_slowly = false;  // takes no octets of the body before `go_on`
    io::Event* go_on = nullptr;
};

struct Got {
    bool is_over = false;
    Result<> sent;
    Result<> head;
    Result<> whole;
    std::vector<int> interim;
    int status = 0;
    Framing framing = Framing::none;
    Pairs fields;
    std::string body;
    Pairs trailers;
    bool may_be_kept = false;

    std::string field(const std::string& name) const {
        for (const auto& [key, value] : fields)
            if (key == name) return value;
        return "";
    }
};

inline Pairs pairs_of(const Fields& fields) {
    Pairs out;
    for (const auto& field : fields) out.emplace_back(std::string(field.name), std::string(field.value));
    return out;
}

class ClientTest : public ::testing::Test, public ClientOwner {
protected:
    void begin(OriginSession::Options options, const io::SimFaults& faults = {}) {
        world_.sim().set_faults(faults);
        origin_ = std::make_unique<TestOrigin>(kAt, std::move(options));
        ASSERT_TRUE(world_.run(connect()));
        ASSERT_TRUE(opened_) << opened_.error().detail;
    }
    void TearDown() override {
        connection_.reset();
        stream_.reset();
        if (origin_ == nullptr) return;
        origin_->stop();
        EXPECT_TRUE(world_.turn_until([&] { return origin_->has_ended(); }));
    }
    Got perform(Wish wish) {
        Got got;
        EXPECT_TRUE(world_.run(exchange(std::move(wish), got)));
        return got;
    }
    // Two exchanges; the second begins when the first has been heard.
    std::pair<Got, Got> perform_two() {
        std::pair<Got, Got> got;
        io::Scope scope;
        scope.spawn(exchange({}, got.first));
        EXPECT_TRUE(turn_until([&] { return session().heard.contains(1); }));
        scope.spawn(exchange({}, got.second));
        EXPECT_TRUE(turn_until([&] { return scope.running() == 0; }));
        return got;
    }
    // Another origin, another connection.
    void end() {
        TearDown();
        origin_.reset();
        overs_ = 0;
    }
    OriginSession& session() { return *origin_->sessions.front(); }
    bool turn_until(const std::function<bool()>& done) { return world_.turn_until(done); }
    // Lets virtual time pass.
    void pass(Duration time) {
        const auto until = world_.worker().now() + time;
        while (world_.worker().now() < until) world_.worker().turn(until);
        world_.worker().turn(until);
    }

    io::Task<> connect() {
        auto connected = co_await net::connect(kAt, {});
        stream_ = std::move(*connected);
        connection_ = std::make_unique<ClientConnection>(*stream_, *this, options_);
        opened_ = co_await connection_->open({world_.worker().now() + seconds(5), nullptr});
    }

    io::Task<> exchange(Wish wish, Got& got) {
        Arena arena;
        ClientExchange exchange(*connection_, arena);
        exchange.body().set_pace({.stall = seconds(30)});
        Request request(arena);
        request.method_name = wish.method;
        request.method = method_of(wish.method);
        request.upgrade = wish.upgrade;
        for (const auto& [name, value] : wish.fields) request.fields.add(Field{.name = name, .value = value, .id = id_of(name)});
        if (wish.fields.empty()) request.authority = "a.example";
        Fields trailers(arena);
        for (const auto& [name, value] : wish.trailers) trailers.add(name, value);
        if (!wish.body.empty()) request.framing = wish.trailers.empty() ? Framing::length : Framing::chunked;
        request.content_length = wish.body.size();
        const bool is_whole = wish.body.empty() && wish.trailers.empty();
        got.sent = exchange.put_head(request, wish.target, {}, is_whole);
        if (wish.leaves) co_await io::sleep_until(world_.worker().now() + milliseconds(100));
        if (got.sent && !wish.leaves) {
            if (!is_whole) got.sent = co_await send(exchange, wish.body, trailers);
            co_await read(exchange, arena, wish, got);
        }
        got.may_be_kept = exchange.may_be_kept();
        got.is_over = true;
    }

    io::Task<Result<>> send(ClientExchange& exchange, std::string_view body, const Fields& trailers) {
        for (bool is_last = false; !is_last;) {
            const auto part = body.substr(0, 50'000);
            body.remove_prefix(part.size());
            is_last = body.empty();
            const Piece piece{.octets = part, .owner = {}};
            const auto put = exchange.put({&piece, 1}, is_last, is_last && !trailers.empty() ? &trailers : nullptr);
            if (!put) co_return put;
            const auto flushed = co_await exchange.flush({});
            if (!flushed) co_return flushed;
        }
        co_return Result<>{};
    }

    io::Task<> read(ClientExchange& exchange, Arena& arena, const Wish& wish, Got& got) {
        Response response(arena);
        for (;;) {
            response.fields.clear();
            got.head = co_await exchange.read_head(response, {world_.worker().now() + seconds(60), nullptr});
            if (!got.head) co_return;
            if (response.status >= 200 || response.status == 101) break;
            got.interim.push_back(response.status);
        }
        got.status = response.status;
        got.framing = response.framing;
        got.fields = pairs_of(response.fields);
        if (wish.go_on != nullptr) co_await wish.go_on->wait();
        auto& body = exchange.body();
        while (!body.is_done()) {
            const auto piece = body.ready();
            if (!piece) {
                got.whole = std::unexpected(piece.error());
                co_return;
            }
            got.body += piece->octets;
            if (!piece->empty()) continue;
            got.whole = co_await body.wait();
            if (!got.whole) co_return;
        }
        if (body.trailers() != nullptr) got.trailers = pairs_of(*body.trailers());
    }

    void on_over(ClientConnection&) override { ++overs_; }

    io::SimWorld world_;
    ClientConnection::Options options_;
    std::unique_ptr<TestOrigin> origin_;
    std::unique_ptr<net::Stream> stream_;
    std::unique_ptr<ClientConnection> connection_;
    Result<> opened_;
    int overs_ = 0;
};

inline OriginSession::Hear answers(Pairs fields, std::string body = {}, Pairs trailers = {}) {
    return [=](OriginSession& origin, HeardRequest& request) { origin.answer(request.stream, fields, body, trailers); };
}

}  // namespace weir::http::h2
