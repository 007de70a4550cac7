#include "http/h2/client.h"

#include <gtest/gtest.h>

#include "http/h2/origin_for_test.h"
#include "io/test_world.h"
#include "net/connect.h"

namespace weir::http::h2 {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const net::Address kAt = *net::Address::parse("10.0.0.1:80");

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

Pairs pairs_of(const Fields& fields) {
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
    OriginSession& session() { return *origin_->sessions.front(); }
    bool turn_until(const std::function<bool()>& done) { return world_.turn_until(done); }

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

OriginSession::Hear answers(Pairs fields, std::string body = {}, Pairs trailers = {}) {
    return [=](OriginSession& origin, HeardRequest& request) { origin.answer(request.stream, fields, body, trailers); };
}

TEST_F(ClientTest, ARequestAndItsAnswer) {
    begin({.on_whole = answers({{":status", "200"}, {"content-length", "5"}, {"x-a", "b"}}, "hello")});
    const auto got =
        perform({.target = "/a?b", .fields = {{"Host", "shop.example"}, {"X-Case", "Kept"}, {"TE", "trailers"}, {"Connection", "x"}}});
    ASSERT_TRUE(got.head) << got.head.error().detail;
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.body, "hello");
    EXPECT_EQ(got.framing, Framing::length);
    EXPECT_EQ(got.field("x-a"), "b");
    EXPECT_TRUE(got.may_be_kept);
    const auto& heard = session().heard.at(1);
    EXPECT_EQ(heard.fields, (Pairs{{":method", "GET"},
                                   {":scheme", "http"},
                                   {":authority", "shop.example"},
                                   {":path", "/a?b"},
                                   {"x-case", "Kept"},
                                   {"te", "trailers"}}));
}

TEST_F(ClientTest, BodiesAndTrailersBothWays) {
    const std::string large(3'000'000, 'x');
    begin({.on_whole = answers({{":status", "200"}}, large, {{"grpc-status", "0"}})}, {.segment_max = 20'000});
    const auto got = perform({.method = "POST", .body = large, .trailers = {{"X-Sum", "1"}}});
    ASSERT_TRUE(got.head) << got.head.error().detail;
    EXPECT_TRUE(got.sent);
    EXPECT_EQ(got.body.size(), large.size());
    EXPECT_EQ(got.framing, Framing::chunked);
    EXPECT_EQ(got.trailers, (Pairs{{"grpc-status", "0"}}));
    EXPECT_TRUE(got.may_be_kept);
    EXPECT_EQ(session().heard.at(1).body, large);
    EXPECT_EQ(session().heard.at(1).trailers, (Pairs{{"x-sum", "1"}}));
}

TEST_F(ClientTest, InterimAnswersComeFirst) {
    begin({.on_whole = [](OriginSession& origin, HeardRequest& request) {
        origin.interim(request.stream, {{":status", "103"}, {"link", "</a.css>"}});
        origin.interim(request.stream, {{":status", "103"}});
        origin.answer(request.stream, {{":status", "204"}});
    }});
    const auto got = perform({});
    EXPECT_EQ(got.interim, (std::vector{103, 103}));
    EXPECT_EQ(got.status, 204);
    EXPECT_TRUE(got.may_be_kept);
}

TEST_F(ClientTest, BadAnswersAreRefused) {
    const struct {
        const char* what;
        Pairs fields;
        std::string body;
    } kRows[] = {
        {"no status", {{"x", "y"}}, ""},
        {"a status of letters", {{":status", "2x0"}}, ""},
        {"a status too small", {{":status", "099"}}, ""},
        {"a status too large", {{":status", "600"}}, ""},
        {"101", {{":status", "101"}}, ""},
        {"two statuses", {{":status", "200"}, {":status", "200"}}, ""},
        {"an unknown pseudo-header", {{":status", "200"}, {":x", "y"}}, ""},
        {"a pseudo-header behind a field", {{"x", "y"}, {":status", "200"}}, ""},
        {"Connection", {{":status", "200"}, {"connection", "close"}}, ""},
        {"Transfer-Encoding", {{":status", "200"}, {"transfer-encoding", "chunked"}}, ""},
        {"Keep-Alive", {{":status", "200"}, {"keep-alive", "timeout=5"}}, ""},
        {"a line break in a value", {{":status", "200"}, {"x", "a\r\nb: c"}}, ""},
        {"a NUL in a value", {{":status", "200"}, {"x", std::string("a\0b", 3)}}, ""},
        {"a space in a name", {{":status", "200"}, {"x y", "a"}}, ""},
        {"a colon in a name", {{":status", "200"}, {"x:y", "a"}}, ""},
        {"two lengths", {{":status", "200"}, {"content-length", "1"}, {"content-length", "1"}}, "a"},
        {"a length of letters", {{":status", "200"}, {"content-length", "x"}}, "a"},
        {"a length too short", {{":status", "200"}, {"content-length", "1"}}, "abc"},
        {"a length too long", {{":status", "200"}, {"content-length", "5"}}, "abc"},
        {"a length without a body", {{":status", "200"}, {"content-length", "5"}}, ""},
    };
    const Pairs* fields = nullptr;
    const std::string* body = nullptr;
    begin({.on_whole = [&](OriginSession& origin, HeardRequest& request) { origin.answer(request.stream, *fields, *body); },
           .is_lenient = true});
    for (const auto& row : kRows) {
        SCOPED_TRACE(row.what);
        fields = &row.fields;
        body = &row.body;
        const auto got = perform({});
        const auto& outcome = got.head ? got.whole : got.head;
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().code, ErrorCode::malformed);
        EXPECT_EQ(outcome.error().side, Side::upstream);
        EXPECT_EQ(outcome.error().retry, Retry::no);
        EXPECT_FALSE(got.may_be_kept);
    }
    EXPECT_EQ(overs_, 0) << "a bad answer is one stream's, not the connection's";
}

TEST_F(ClientTest, AHeadHasALimit) {
    Pairs fields{{":status", "200"}};
    for (int i = 0; i < 20; ++i) fields.emplace_back("x-bomb", std::string(4000, 'x'));
    begin({.on_whole = answers(fields)});
    const auto got = perform({});
    ASSERT_FALSE(got.head);
    EXPECT_EQ(got.head.error().code, ErrorCode::fields_too_large);
}

TEST_F(ClientTest, WhoLeavesCancelsTheStream) {
    begin({.on_head = [](OriginSession&, HeardRequest&) {}});
    const auto got = perform({.leaves = true});
    EXPECT_FALSE(got.may_be_kept);
    EXPECT_TRUE(turn_until([&] { return session().heard[1].reset_code == NGHTTP2_CANCEL; }));
    EXPECT_EQ(overs_, 0);
}

TEST_F(ClientTest, ResetsAndRefusals) {
    const struct {
        std::uint32_t code;
        ErrorCode error;
        Retry retry;
    } kRows[] = {{NGHTTP2_REFUSED_STREAM, ErrorCode::refused_stream, Retry::yes},
                 {NGHTTP2_INTERNAL_ERROR, ErrorCode::reset, Retry::no},
                 {NGHTTP2_CANCEL, ErrorCode::reset, Retry::no}};
    std::uint32_t code = 0;
    begin({.on_whole = [&](OriginSession& origin, HeardRequest& request) {
        nghttp2_submit_rst_stream(origin.session, 0, request.stream, code);
    }});
    for (const auto& row : kRows) {
        code = row.code;
        const auto got = perform({});
        ASSERT_FALSE(got.head);
        EXPECT_EQ(got.head.error().code, row.error);
        EXPECT_EQ(got.head.error().retry, row.retry);
    }
}

TEST_F(ClientTest, StreamsAboveAGoawaysLastOneMayBeSentAgain) {
    begin({.on_whole = [](OriginSession& origin, HeardRequest& request) {
        if (request.stream == 1) return;
        nghttp2_submit_goaway(origin.session, 0, 1, NGHTTP2_NO_ERROR, nullptr, 0);
        origin.answer(1, {{":status", "200"}}, "late");
    }});
    Got first;
    Got second;
    io::Scope scope;
    scope.spawn(exchange({}, first));
    ASSERT_TRUE(turn_until([&] { return session().heard.contains(1); }));
    scope.spawn(exchange({}, second));
    ASSERT_TRUE(turn_until([&] { return scope.running() == 0; }));
    EXPECT_EQ(first.body, "late");
    ASSERT_FALSE(second.head);
    EXPECT_EQ(second.head.error().retry, Retry::yes);
    EXPECT_FALSE(connection_->may_open());
    EXPECT_TRUE(turn_until([&] { return connection_->is_over(); }));
    EXPECT_EQ(overs_, 1);
}

TEST_F(ClientTest, AConnectionThatBreaksFailsItsExchanges) {
    begin({.on_whole = [](OriginSession& origin, HeardRequest& request) {
        if (request.stream == 1) return origin.keep_open(1), origin.answer(1, {{":status", "200"}}, "half");
        origin.is_cut = true;
    }});
    Got first;
    Got second;
    io::Scope scope;
    scope.spawn(exchange({}, first));
    ASSERT_TRUE(turn_until([&] { return session().heard.contains(1); }));
    scope.spawn(exchange({}, second));
    ASSERT_TRUE(turn_until([&] { return scope.running() == 0; }));
    EXPECT_EQ(first.body, "half");
    ASSERT_FALSE(first.whole);
    EXPECT_EQ(first.whole.error().code, ErrorCode::truncated);
    ASSERT_FALSE(second.head);
    EXPECT_EQ(second.head.error().code, ErrorCode::closed);
    EXPECT_EQ(second.head.error().retry, Retry::no);
    EXPECT_EQ(overs_, 1);
}

TEST_F(ClientTest, ASlowStreamDoesNotStallOthers) {
    const std::string large(1'000'000, 'x');
    begin({.on_whole = answers({{":status", "200"}}, large)}, {.segment_max = 60'000});
    io::Event go_on;
    Got slow;
    io::Scope scope;
    scope.spawn(exchange({.go_on = &go_on}, slow));
    ASSERT_TRUE(turn_until([&] { return slow.status == 200; }));
    for (int i = 0; i < 5; ++i) EXPECT_EQ(perform({}).body.size(), large.size());
    EXPECT_FALSE(slow.is_over);
    go_on.notify();
    ASSERT_TRUE(turn_until([&] { return scope.running() == 0; }));
    EXPECT_EQ(slow.body.size(), large.size());
}

TEST_F(ClientTest, AnOriginThatTakesNothingStallsTheUpload) {
    begin({.on_head = {}, .takes_body = false});
    const auto got = perform({.method = "POST", .body = std::string(1'000'000, 'x')});
    ASSERT_FALSE(got.sent);
    EXPECT_EQ(got.sent.error().code, ErrorCode::timeout);
}

TEST_F(ClientTest, AnEarlyAnswerEndsTheUpload) {
    begin({.on_head = answers({{":status", "413"}, {"content-length", "0"}}), .takes_body = false});
    Got got;
    io::Scope scope;
    scope.spawn(exchange({.method = "POST", .body = std::string(1'000'000, 'x')}, got));
    ASSERT_TRUE(turn_until([&] { return session().heard[1].body.size() > 60'000; }));
    nghttp2_submit_rst_stream(session().session, 0, 1, NGHTTP2_NO_ERROR);
    ASSERT_TRUE(world_.run(session().say()));
    ASSERT_TRUE(turn_until([&] { return scope.running() == 0; }));
    ASSERT_FALSE(got.sent);
    EXPECT_EQ(got.sent.error().code, ErrorCode::closed);
    EXPECT_EQ(got.status, 413);
    EXPECT_TRUE(got.whole);
}

TEST_F(ClientTest, AWebSocketIsAStream) {
    begin({.settings = {{NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1}}, .on_head = answers({{":status", "200"}}, "welcome")});
    EXPECT_TRUE(connection_->takes_extended_connect());
    const auto got = perform({.target = "/chat",
                              .fields = {{"Host", "a"}, {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}, {"Sec-WebSocket-Version", "13"}},
                              .upgrade = "websocket"});
    EXPECT_EQ(got.status, 101);
    EXPECT_EQ(got.field("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    EXPECT_EQ(got.body, "welcome");
    EXPECT_EQ(session().heard.at(1).fields, (Pairs{{":method", "CONNECT"},
                                                   {":protocol", "websocket"},
                                                   {":scheme", "http"},
                                                   {":authority", "a"},
                                                   {":path", "/chat"},
                                                   {"sec-websocket-version", "13"}}));
    EXPECT_FALSE(session().heard.at(1).is_whole);
}

TEST_F(ClientTest, FloodsEndTheConnection) {
    const std::string ping{"\0\0\x08\x06\x01\0\0\0\0", 9};  // an answer to a PING that nobody has sent
    const std::string empty{"\0\0\0\0\0\0\0\0\x01", 9};
    std::string continuation{"\0\0\0\x01\0\0\0\0\x01", 9};
    for (int i = 0; i < 20'000; ++i) continuation += std::string{"\0\0\0\x09\0\0\0\0\x01", 9};
    std::string pings, settings;
    for (int i = 0; i < 12'000; ++i) pings += ping + std::string(8, 'x'), settings += std::string{"\0\0\0\x04\0\0\0\0\0", 9};
    const std::pair<const char*, std::string> kRows[] = {{"ping", pings}, {"settings", settings}, {"continuation", continuation}};
    for (const auto& [what, octets] : kRows) {
        SCOPED_TRACE(what);
        begin({.on_whole = [&](OriginSession& origin, HeardRequest&) { origin.octets(octets); }}, {.segment_max = 30'000});
        const auto got = perform({});
        ASSERT_FALSE(got.head);
        EXPECT_TRUE(got.head.error().code == ErrorCode::abuse || got.head.error().code == ErrorCode::malformed) << got.head.error().detail;
        EXPECT_TRUE(connection_->is_over());
        TearDown();
        origin_.reset();
    }
}

TEST_F(ClientTest, WhoSpeaksNoHttp2IsFoundOutBeforeARequestIsSent) {
    auto listener = std::make_unique<net::Listener>(*net::listen(kAt, {}));
    std::vector<std::unique_ptr<net::Stream>> taken;
    io::Stop stop;
    io::Scope scope;
    scope.spawn(listener->run(
        [&](net::Accepted accepted) {
            taken.push_back(std::make_unique<net::SocketStream>(accepted.handle));
            auto part = net::iovec_of("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            taken.back()->write({&part, 1});
        },
        stop));
    ASSERT_TRUE(world_.run(connect()));
    ASSERT_FALSE(opened_);
    EXPECT_EQ(opened_.error().code, ErrorCode::malformed);
    EXPECT_EQ(opened_.error().retry, Retry::yes);
    stop.request();
    EXPECT_TRUE(turn_until([&] { return scope.running() == 0; }));
}

TEST_F(ClientTest, OctetsMayComeInAnyPieces) {
    for (std::uint64_t seed = 1; seed < 6; ++seed) {
        begin({.on_whole = answers({{":status", "200"}}, std::string(20'000, 'y'), {{"x", "y"}})},
              {.segment_max = 1 + 2 * seed, .short_write = 0.5});
        const auto got = perform({.method = "POST", .body = std::string(2000, 'z')});
        EXPECT_EQ(got.body.size(), 20'000U);
        EXPECT_EQ(session().heard.at(1).body.size(), 2000U);
        TearDown();
        origin_.reset();
    }
}

}  // namespace
}  // namespace weir::http::h2
